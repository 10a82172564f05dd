"""The tables of a database with what is needed to copy their rows: columns, kinds, keys, and a fitting order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from synctv_server.domain.errors import BrokenState
from synctv_server.store import address
from synctv_server.upkeep.migrate import MigrationTarget
from synctv_server.upkeep.migrate.building import build
from synctv_server.upkeep.migrate.session import MigrationSession

Kind = Literal["text", "integer", "real", "boolean", "bytes"]

_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "integer": "integer",
    "bigint": "integer",
    "double precision": "real",
    "boolean": "boolean",
    "blob": "bytes",
    "bytea": "bytes",
}
_LEDGER = "schema_migrations"
_COLUMNS = {
    "sqlite": (
        "SELECT m.name AS table_name, c.name AS name, lower(c.type) AS type, c.pk AS place"
        " FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT GLOB 'sqlite_*' ORDER BY m.name, c.name"
    ),
    "postgres": (
        "SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, NULL) AS type,"
        " COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS place"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
        ' ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"'
    ),
}
_REFERENCES = {
    "sqlite": (
        'SELECT m.name AS table_name, f."table" AS target FROM sqlite_master m, pragma_foreign_key_list(m.name) f'
        " WHERE m.type = 'table'"
    ),
    "postgres": (
        "SELECT c.relname AS table_name, t.relname AS target FROM pg_constraint r"
        " JOIN pg_class c ON c.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid"
        " WHERE r.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
    ),
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `key` are the columns of its primary key, in the order of that."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The columns by name, in alphabetical order: the one that both databases share."""
        return [column.name for column in self.columns]

    def select(self, kind: address.Kind) -> str:
        """All rows in the order of the key, texts by their bytes on either database."""
        texts = {column.name for column in self.columns if column.kind == "text"}
        collation = ' COLLATE "C"' if kind == "postgres" else ""
        order = ", ".join(f'"{name}"{collation if name in texts else ""}' for name in self.key)
        columns = ", ".join(f'"{name}"' for name in self.names)
        return f'SELECT {columns} FROM "{self.name}" ORDER BY {order}'  # noqa: S608  (names of the catalogue)


async def own_tables(session: MigrationSession, target: MigrationTarget, version: int) -> list[Table]:
    """The tables that our migrations up to `version` make, and none that somebody has put beside them.

    BrokenState where one of them is not there.
    """
    with TemporaryDirectory(prefix="synctv-scratch-") as folder:
        scratch = replace(target, address=address.DatabaseAddress("sqlite", path=Path(folder) / "scratch.db"))
        async with scratch.connect(create=True) as other:
            if other is None:
                return []
            async with other.kept_together():
                await build(other, scratch.migrations()[:version], target.now)
            names = {table.name for table in await tables(other)}
    found = await tables(session, names)
    if missing := names - {table.name for table in found}:
        raise BrokenState(
            f"the database has no table {', '.join(sorted(missing))}",
            hint="`synctv migrate verify` shows how its schema differs",
        )
    return found


async def tables(session: MigrationSession, names: Collection[str] | None = None) -> list[Table]:
    """All tables but the ledger, or those of `names`; those that are referred to before those that refer."""
    rows = await session.execute(_COLUMNS[session.kind])
    found = {}
    for name, columns in groupby(rows, key=lambda row: str(row["table_name"])):
        if name == _LEDGER or (names is not None and name not in names):
            continue
        listed = list(columns)
        key = sorted((row["place"], row["name"]) for row in listed if row["place"])
        kinds = tuple(Column(row["name"], _kind(name, row["name"], row["type"])) for row in listed)
        found[name] = Table(name, kinds, tuple(column for _, column in key))
    graph = TopologicalSorter({name: set[str]() for name in found})
    for row in await session.execute(_REFERENCES[session.kind]):
        if row["table_name"] in found and row["table_name"] != row["target"]:
            graph.add(row["table_name"], row["target"])
    return [found[name] for name in graph.static_order()]


def _kind(table: str, column: str, declared: str) -> Kind:
    kind = _KINDS.get(declared)
    if kind is None:
        raise BrokenState(f"{table}.{column} is of the type {declared}, which no backup can hold")
    return kind
