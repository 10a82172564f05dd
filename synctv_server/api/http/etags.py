"""Versions as entity tags, so that two who edit the same thing do not overwrite each other (RFC 9110 §13)."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from litestar import Response
from litestar.params import HeaderParameter

from synctv_server.domain.errors import PreconditionFailed

T = TypeVar("T")

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", description="The `ETag` that the change rests on; 412 when it is no longer so."
    ),
]
_TAG = re.compile(r'"(\d{1,18})"')


def tagged(body: T, version: int, *, status_code: int = 200) -> Response[T]:
    """An answer with the version of what it shows."""
    return Response(
        body, status_code=status_code, headers={"ETag": f'"{version}"', "Cache-Control": "no-store"}
    )


def expected_version(if_match: str | None) -> int | None:
    """The version that `If-Match` names, None for any. PreconditionFailed on a tag that was never ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise PreconditionFailed('If-Match must hold the ETag of an answer of this server, such as "3"')
    return int(match[1])
