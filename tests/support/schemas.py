"""Schemas as plain values, read from the catalogue of either database, to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from piccolo.table import Table

from synctv_server.store import Database, open_database
from tests.support import databases

Columns = dict[str, tuple[str, bool]]
"""Type and whether NULL is refused, by the name of the column."""

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    "postgres": (
        "SELECT table_name AS name FROM information_schema.tables"
        ' WHERE table_schema = current_schema() ORDER BY table_name COLLATE "C"'
    ),
}
_COLUMNS = {
    "sqlite": 'SELECT name, type, "notnull" AS required, pk FROM pragma_table_info({}) ORDER BY name',
    "postgres": (
        "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,"
        " COALESCE(a.attnum = ANY (i.indkey), false) AS pk"
        " FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"
        " WHERE a.attrelid = to_regclass({}) AND a.attnum > 0 AND NOT a.attisdropped"
        ' ORDER BY a.attname COLLATE "C"'
    ),
}
_INDEXES = {
    "sqlite": (
        "SELECT name, tbl_name AS table_name FROM sqlite_master"
        " WHERE type = 'index' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ),
    "postgres": (
        "SELECT indexname AS name, tablename AS table_name FROM pg_indexes"
        " WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' ORDER BY indexname COLLATE \"C\""
    ),
}


async def of_database(url: str) -> dict[str, Columns]:
    """All tables of a database with their columns."""
    async with open_database(url) as database:
        return await _read(database)


async def of_tables(kind: str, tables: Sequence[type[Table]]) -> dict[str, Columns]:
    """The same for what Piccolo would make of its tables, in a scratch database."""
    with TemporaryDirectory() as folder:
        url = await databases.empty(kind, Path(folder))
        if kind == "sqlite":
            (Path(folder) / "synctv.db").touch()
        async with open_database(url) as database:
            for table in tables:
                table._meta.db = database._engine
                await table.create_table()
            return await _read(database)


async def primary_keys(url: str) -> dict[str, list[str]]:
    """The columns of each primary key."""
    async with open_database(url) as database:
        return {
            name: [row["name"] for row in await database.fetch(_COLUMNS[database.kind], name) if row["pk"]]
            for name in await _names(database)
        }


async def outline(kind: str) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Tables with the names of their columns, and the named indexes, of a migrated database."""
    with TemporaryDirectory() as folder:
        async with open_database(await databases.migrated(kind, Path(folder))) as database:
            columns = {name: list(found) for name, found in (await _read(database)).items()}
            indexes = await database.fetch(_INDEXES[kind])
            return columns, [(row["name"], row["table_name"]) for row in indexes]


async def _read(database: Database) -> dict[str, Columns]:
    return {
        name: {
            row["name"]: (row["type"], bool(row["required"]))
            for row in await database.fetch(_COLUMNS[database.kind], name)
        }
        for name in await _names(database)
    }


async def _names(database: Database) -> list[str]:
    return [row["name"] for row in await database.fetch(_TABLES[database.kind])]
