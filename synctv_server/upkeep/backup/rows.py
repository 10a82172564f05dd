"""Rows in a form that both databases share: JSON lines in the order of the primary key, the columns in the first line.

The same rows give the same bytes on SQLite and on PostgreSQL: their SHA-256 is that of the content.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synctv_server.domain.errors import BrokenState
from synctv_server.store.engine import Row
from synctv_server.upkeep.backup.catalogue import Kind, Table
from synctv_server.upkeep.migrate.session import MigrationSession

PAGE_ROWS = 500


def head(table: Table) -> bytes:
    """The first line."""
    return _line(table.names)


def encode(table: Table, rows: Iterable[Row]) -> bytes:
    """The lines of these rows. BrokenState where a value is not of the type of its column."""
    columns = [(column.name, _WRITES[column.kind]) for column in table.columns]
    lines = []
    for row in rows:
        try:
            lines.append(_line([write(row[name]) for name, write in columns]))
        except (TypeError, ValueError) as error:
            raise BrokenState(f"a row of {table.name} holds a value of the wrong type: {error}") from error
    return b"".join(lines)


def decode(table: Table, lines: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """The values of these lines, in the order of the columns. BrokenState where they are none of this table."""
    reads = [_READS[column.kind] for column in table.columns]
    try:
        return [
            tuple(read(value) for read, value in zip(reads, json.loads(line), strict=True)) for line in lines
        ]
    except (TypeError, ValueError, binascii.Error) as error:
        raise BrokenState(f"the rows of {table.name} in the backup cannot be read: {error}") from error


async def pages(session: MigrationSession, table: Table) -> AsyncIterator[Sequence[Row]]:
    """All rows in their order, some at a time. Of one moment only inside `session.snapshot()`."""
    async for page in session.pages(table.select(session.kind), PAGE_ROWS):
        yield page


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, and the SHA-256 of them in this form."""

    count: int
    sha256: str


async def content(session: MigrationSession, table: Table) -> Content:
    """The content of a table as it is now."""
    digest, count = hashlib.sha256(head(table)), 0
    async for page in pages(session, table):
        digest.update(await asyncio.to_thread(encode, table, page))
        count += len(page)
    return Content(count, digest.hexdigest())


def _line(values: Sequence[object]) -> bytes:
    return (
        json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    )


def _or_none(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else change(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where text belongs")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} where an integer belongs")
    return value


def _base64(value: Any) -> str:
    return base64.b64encode(value).decode()


_WRITES: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _or_none(_text),
    "integer": _or_none(_integer),
    "real": _or_none(float),
    "boolean": _or_none(bool),
    "bytes": _or_none(_base64),
}
_READS: Mapping[Kind, Callable[[Any], Any]] = {**_WRITES, "bytes": _or_none(base64.b64decode)}
