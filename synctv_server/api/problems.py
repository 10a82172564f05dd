"""Errors as answers: one translation of every exception into a problem document (RFC 9457).

Called by Litestar's exception handlers of `http` and `control`, by the edge around them, by the web client's
files and by a refused WebSocket handshake.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from synctv_server.domain.errors import FieldError, Invalid, Malformed, NotFound, SyncTVError, TooLarge
from synctv_server.observability.logs import request_id

MEDIA_TYPE = "application/problem+json"
_FIELD = re.compile(r"(?P<fault>unknown|missing required) field `(?P<name>[^`]+)`")
_FAULTS = {"unknown": "is not known here", "missing required": "is missing"}
_NO_BODY = "'data'"
_HUNG_UP = "client disconnected prematurely"
"""Litestar's words for a visitor who is gone before the end of the body: nobody's fault here."""
_log = logging.getLogger("synctv.http")


class FieldProblem(msgspec.Struct, frozen=True):
    """One thing wrong with one field of the input."""

    field: Annotated[
        str, msgspec.Meta(description="A path like `settings.max_members`; `body` for the whole.")
    ]
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every error looks like (RFC 9457, `application/problem+json`)."""

    type: Annotated[
        str, msgspec.Meta(description="A stable name of the kind of error, `urn:synctv:error:<code>`.")
    ]
    title: str
    status: int
    detail: Annotated[str, msgspec.Meta(description="What happened and what to do next, for people.")]
    code: Annotated[
        str, msgspec.Meta(description="A stable word for programs, like `conflict` or `room.full`.")
    ]
    request_id: Annotated[str, msgspec.Meta(description="The `X-Request-ID` of the answer, as in the log.")]
    hint: str | msgspec.UnsetType = msgspec.UNSET
    errors: tuple[FieldProblem, ...] | msgspec.UnsetType = msgspec.UNSET
    retry_after: Annotated[int, msgspec.Meta(description="Seconds.")] | msgspec.UnsetType = msgspec.UNSET


class MethodNotAllowed(Invalid):
    """The path exists, the method does not; `allow` lists those that do."""

    http_status = 405

    def __init__(self, allow: str) -> None:
        super().__init__(f"this path takes {allow}", code="invalid.method")
        self.allow = allow


_encode = msgspec.json.Encoder().encode


def problem_of(error: SyncTVError) -> Problem:
    """The document of one of our errors. The text of an internal one never leaves the server."""
    is_internal = _is_internal(error)
    code = SyncTVError.kind if is_internal else error.code
    return Problem(
        type=f"urn:synctv:error:{code}",
        title=HTTPStatus(error.http_status).phrase,
        status=error.http_status,
        detail="something went wrong here; the log has it under this request id"
        if is_internal
        else error.message,
        code=code,
        request_id=request_id.get() or "",
        hint=error.hint or msgspec.UNSET,
        errors=tuple(FieldProblem(e.field, e.message) for e in error.errors) or msgspec.UNSET,
        retry_after=_whole_seconds(error.retry_after_seconds),
    )


def answer_of(error: SyncTVError) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the answer to an error, for those who speak plain ASGI."""
    problem = problem_of(error)
    return problem.status, _encode(problem), {"Content-Type": MEDIA_TYPE, **_headers_of(error, problem)}


def error_of(exception: Exception) -> SyncTVError:
    """Any exception as one of ours; the unknown is logged here and becomes `internal`."""
    if isinstance(exception, SyncTVError) and not _is_internal(exception):
        return exception
    if isinstance(exception, HTTPException) and exception.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _error_of_framework(exception)
    if isinstance(exception, HTTPException) and exception.detail == _HUNG_UP:
        return Malformed("the body ended before all of it had come")
    _log.error("request failed", exc_info=exception)
    return SyncTVError(type(exception).__name__)


def _error_of_framework(exception: HTTPException) -> SyncTVError:
    match exception:
        case ValidationException():
            return _invalid(exception)
        case MethodNotAllowedException():
            return MethodNotAllowed((exception.headers or {}).get("allow", "another method"))
        case NotFoundException():
            return NotFound("there is nothing at this address")
        case HTTPException(status_code=413):
            return TooLarge("the body is too large; send at most 1 MiB")
        case _:
            return Malformed(exception.detail)


def handle(_request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    status, body, headers = answer_of(error_of(exception))
    media_type = headers.pop("Content-Type")
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _is_internal(error: SyncTVError) -> bool:
    return error.http_status == HTTPStatus.INTERNAL_SERVER_ERROR


def _invalid(exception: ValidationException) -> Invalid:
    found = exception.extra if isinstance(exception.extra, list) else []
    errors = [_field_error(each) for each in found if isinstance(each, Mapping)]
    return Invalid("; ".join(f"{e.field}: {e.message}" for e in errors) or exception.detail, errors=errors)


def _field_error(found: Mapping[str, Any]) -> FieldError:
    """Litestar's key and message in our words: `data` is its name for the body as a whole."""
    message, field = str(found.get("message", "is not valid")), str(found.get("key", "body"))
    if message == _NO_BODY:
        return FieldError("body", "is missing; send a JSON object")
    if named := _FIELD.search(message):
        path = named["name"] if field == "data" else f"{field}.{named['name']}"
        return FieldError(path, _FAULTS[named["fault"]])
    return FieldError("body" if field == "data" else field, message)


def _headers_of(error: SyncTVError, problem: Problem) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="synctv"'
    if isinstance(problem.retry_after, int):
        headers["Retry-After"] = str(problem.retry_after)
    return headers


def _whole_seconds(seconds: float | None) -> int | msgspec.UnsetType:
    return msgspec.UNSET if seconds is None else max(1, math.ceil(seconds))
