"""Fields of a PATCH that were left out, as the domain's commands have them: None."""

from __future__ import annotations

from typing import TypeVar

from msgspec import UnsetType

T = TypeVar("T")


def given(value: T | UnsetType) -> T | None:
    """The value that was sent, None where the field was left out."""
    return None if isinstance(value, UnsetType) else value
