"""Columns as the migrations have them: nothing is defaulted by the database, every value comes from the domain."""

from __future__ import annotations

from typing import TypeVar

from piccolo.columns import Column

C = TypeVar("C", bound=Column)


def primary_key(kind: type[C]) -> C:
    """The row's key; for a key of several columns the last of them, as Piccolo knows only one."""
    return kind(primary_key=True, default=None, null=False)


def required(kind: type[C]) -> C:
    """A value that is always there."""
    return kind(default=None, null=False)


def optional(kind: type[C]) -> C:
    """A value or NULL."""
    return kind(default=None, null=True)
