"""Cursors: where the next page of a list begins, as opaque URL-safe text. Used by every `list_x` of the stores.

A cursor holds the order key of the last row of its page, so that rows which come or go between two pages move
nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from synctv_server.domain.pages import Page
from synctv_server.domain.text import invalid
from synctv_server.store.engine import Row

T = TypeVar("T")
K = TypeVar("K")


def encode(key: Sequence[str | int | float]) -> str:
    """The cursor after the row with this order key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).decode().rstrip("=")


def decode(cursor: str, shape: type[K]) -> K:
    """The order key in `cursor`, a tuple of the type `shape`; Invalid, field `cursor`, when it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=shape)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise invalid("cursor", "is not one that this server has given; begin without it") from error


def page(
    rows: Sequence[Row],
    limit: int,
    make: Callable[[Row], T],
    key: Callable[[Row], Sequence[str | int | float]],
) -> Page[T]:
    """The first `limit` of `rows`, which were asked for with one more to see whether there is a next page."""
    here = rows[:limit]
    return Page(tuple(make(row) for row in here), encode(key(here[-1])) if len(rows) > limit else None)
