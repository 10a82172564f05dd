"""The OpenAPI 3.1 document of the HTTP door, made from the routes alone: no server has to run for it.

Served by `description`, written into `docs/reference` by the generator, fuzzed by the tests.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag

from synctv_server.api.call import Call
from synctv_server.api.http.routes import described_routes
from synctv_server.api.problems import MEDIA_TYPE, Problem

_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete"})
_TAGS = {
    "server": "The server itself.",
    "accounts": "Getting in, staying in, one's own account.",
    "rooms": "Rooms.",
    "members": "Who is in a room, and who may not be.",
    "media": "The playlist of a room and the server's own films.",
    "playback": "What a room plays.",
    "chat": "What is said in a room.",
    "realtime": "The way into the socket of a room; its protocol is in `docs/reference/realtime.md`.",
    "administration": "For administrators; over the control socket for the operator.",
}
_LIST_NAME = re.compile(rb"ListOf_[\w.]+\.(\w+)_")
_REPEAT_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A retry with the same key within a day is answered the same, and nothing happens twice.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
_PROBLEM = {"$ref": "#/components/responses/Problem"}


def document(version: str) -> dict[str, Any]:
    """The document. Every operation answers errors with a `Problem`."""
    described = Litestar(
        route_handlers=described_routes(),
        request_class=Call,
        openapi_config=OpenAPIConfig(
            title="SyncTV",
            version=version,
            description="Watch the same video at the same moment.",
            use_handler_docstrings=True,
            license=License(name="MIT", identifier="MIT"),
            tags=[Tag(name=name, description=text) for name, text in _TAGS.items()],
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
        ),
    )
    schema = _with_short_names(described.openapi_schema.to_schema())
    _add_problem(schema)
    _leave_enumerations_bare(schema)
    repeatable = _repeatable(described)
    for path in schema["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                _finish(operation["responses"])
            if operation["operationId"] in repeatable:
                operation.setdefault("parameters", []).append(_REPEAT_KEY)
    return schema


def _repeatable(described: Litestar) -> set[str]:
    """The operations that take an `Idempotency-Key`: every POST but those whose answer is a secret."""
    handlers = (handler for route in described.routes for handler in getattr(route, "route_handlers", ()))
    return {
        handler.operation_id
        for handler in handlers
        if "POST" in handler.http_methods and not handler.opt.get("not_repeated")
    }


def _with_short_names(schema: dict[str, Any]) -> dict[str, Any]:
    """`RoomObjectList` instead of a name that tells where in our code a list's items are defined."""
    text = _LIST_NAME.sub(rb"\1List", msgspec.json.encode(schema))
    short: dict[str, Any] = msgspec.json.decode(text)
    return short


def _leave_enumerations_bare(schema: dict[str, Any]) -> None:
    """Litestar describes one by the field that it happens to meet first, which is another in every process."""
    for component in schema["components"]["schemas"].values():
        if "enum" in component:
            component.pop("description", None)


def _add_problem(schema: dict[str, Any]) -> None:
    (reference,), models = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    components = schema["components"]
    components["schemas"] |= models
    components["responses"] = {
        "Problem": {
            "description": "What went wrong (RFC 9457).",
            "headers": {"X-Request-ID": {"schema": {"type": "string"}}},
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
    }


def _finish(responses: dict[str, Any]) -> None:
    """Problems instead of Litestar's own body for 400, which this server never sends; 204 without any body."""
    responses.pop("400", None)
    responses.get("204", {}).pop("content", None)  # there is none, whatever the handler's annotation says
    responses["4XX"] = _PROBLEM
    responses["5XX"] = _PROBLEM
    responses.get("204", {}).pop("content", None)
