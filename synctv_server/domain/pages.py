"""A page of a list: what every `list_x` gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items in order, and the opaque cursor of the page after them, None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None
