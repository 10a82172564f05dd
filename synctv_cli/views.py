"""How a result looks to people: a few plain shapes that commands fill and `output` draws."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lines:
    """Text as it is, line by line; those in `strong` stand out on a terminal.

    With `hang` a line that is wider than the terminal is folded, and goes on so many columns in; without, it is
    the terminal that folds it, in a way in which a link can still be copied.
    """

    lines: Sequence[str]
    strong: Collection[str] = ()
    hang: int | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """One thing, with a name before each of its values; a value of None is left out."""

    pairs: Sequence[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Table:
    """Many things of one kind.

    Columns in `keep` are never wrapped; `empty` is said where there are no rows.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str
    keep: frozenset[str] = field(default_factory=frozenset)


View = Lines | Fields | Table


@dataclass(frozen=True, slots=True)
class Result:
    """What a command answers: the document for scripts, the view for people, and the exit code."""

    value: Mapping[str, object]
    view: View
    exit_code: int = 0


def clean(text: str) -> str:
    """`text` without the control characters by which a stored value could steer a terminal."""
    return "".join("\ufffd" if unicodedata.category(character) == "Cc" else character for character in text)


def when(moment: str | None) -> str:
    """An RFC 3339 moment in the reader's own time zone, to the minute; `-` for none."""
    if not moment:
        return "-"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def table_of(
    items: Iterable[Mapping[str, object]], columns: Mapping[str, str], *, empty: str, keep: Iterable[str] = ()
) -> Table:
    """A table of objects: `columns` maps a heading to the key whose text stands under it."""
    rows = [[_cell(key, item.get(key)) for key in columns.values()] for item in items]
    return Table(tuple(columns), rows, empty, frozenset(keep))


def _cell(key: str, value: object) -> str:
    if key.endswith("_at") and (value is None or isinstance(value, str)):
        return when(value)
    return "-" if value is None or value == "" else str(value)
