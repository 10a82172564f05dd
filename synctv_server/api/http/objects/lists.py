"""Lists as they travel: items and the cursor of the page after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from synctv_server.domain.pages import Page

T = TypeVar("T")
S = TypeVar("S")

LIMIT_DEFAULT = 50
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=500, description="`next_cursor` of the page before; none for the first."),
]


class ListOf(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


def listed(page: Page[S], shown: Callable[[S], T]) -> ListOf[T]:
    """A page with each item as it travels."""
    return ListOf([shown(item) for item in page.items], page.next_cursor)
