"""The schema that the migrations make is the one that the code builds its queries for."""

from __future__ import annotations

from synctv_server.store import tables
from tests.support import schemas


async def test_columns_of_the_migrations_are_those_of_the_tables(url: str, kind: str) -> None:
    """Piccolo knows names, types and NULL. Keys of several columns, indexes and references are SQL's alone."""
    made = await schemas.of_database(url)
    del made["schema_migrations"]
    assert made == await schemas.of_tables(kind, tables.ALL)


async def test_key_that_piccolo_knows_is_part_of_the_primary_key(url: str) -> None:
    keys = await schemas.primary_keys(url)
    for table in tables.ALL:
        assert table._meta.primary_key._meta.db_column_name in keys[table._meta.tablename]


async def test_both_databases_have_the_same_tables_columns_and_indexes() -> None:
    assert await schemas.outline("sqlite") == await schemas.outline("postgres")
