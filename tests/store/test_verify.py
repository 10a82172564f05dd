"""`migrate verify`: a schema that somebody has touched is found, thing by thing, on both databases."""

from __future__ import annotations

import dataclasses

import pytest

from synctv_server.upkeep.migrate import MigrationState, MigrationTarget, down, up, verify

PLANTED = {
    "a table": ("CREATE TABLE planted (id BIGINT)", "table", "planted"),
    "a column": ("ALTER TABLE users ADD COLUMN planted TEXT", "column", "users.planted"),
    "an index": ("CREATE INDEX planted ON users (status)", "index", "planted"),
    "a partial index": ("CREATE INDEX planted ON users (status) WHERE status = 'x'", "index", "planted"),
    "a view": ("CREATE VIEW planted AS SELECT id FROM users", "view", "planted"),
}


@pytest.fixture
def target(url: str) -> MigrationTarget:
    """A database at the newest migration."""
    return MigrationTarget.from_url(url)


async def execute(target: MigrationTarget, *statements: str) -> None:
    async with target.connect(create=False) as session:
        assert session is not None
        for statement in statements:
            await session.execute(statement)


async def found(target: MigrationTarget) -> list[tuple[str, str]]:
    return [(each.object, each.name) for each in (await verify(target)).differences]


async def test_what_the_migrations_made_is_as_they_make_it(target: MigrationTarget) -> None:
    verification = await verify(target)
    assert verification.status.state is MigrationState.CURRENT
    assert verification.differences == ()


@pytest.mark.parametrize("what", PLANTED)
async def test_planted_thing_is_found(target: MigrationTarget, what: str) -> None:
    sql, kind, name = PLANTED[what]
    await execute(target, sql)
    assert (kind, name) in await found(target)


async def test_missing_index_says_what_it_should_be(target: MigrationTarget) -> None:
    await execute(target, "DROP INDEX users_name_key")
    [difference] = (await verify(target)).differences
    assert (difference.object, difference.name, difference.found) == ("index", "users_name_key", None)
    assert difference.expected is not None
    assert "UNIQUE" in difference.expected


async def test_index_of_the_same_name_on_another_column_is_found(target: MigrationTarget) -> None:
    await execute(target, "DROP INDEX users_name_key", "CREATE INDEX users_name_key ON users (username)")
    [difference] = (await verify(target)).differences
    assert "UNIQUE" not in str(difference.found)
    assert "UNIQUE" in str(difference.expected)


async def test_dropped_check_is_found(target: MigrationTarget, kind: str) -> None:
    columns = "token_hash {0} NOT NULL, created_at {1} NOT NULL, expires_at {1} NOT NULL"
    columns = columns.format(*(("BLOB", "INTEGER") if kind == "sqlite" else ("BYTEA", "BIGINT")))
    await execute(
        target,
        "DROP TABLE setup_links",
        f"CREATE TABLE setup_links (id INTEGER PRIMARY KEY NOT NULL, {columns})",
    )
    [difference] = (await verify(target)).differences
    assert difference.object == "constraint"
    assert difference.found is None
    assert "id = 1" in str(difference.expected)


async def test_reference_that_lost_its_cascade_is_found(target: MigrationTarget, kind: str) -> None:
    key = "BLOB" if kind == "sqlite" else "BYTEA"
    number = "INTEGER" if kind == "sqlite" else "BIGINT"
    await execute(
        target,
        "DROP TABLE refresh_tokens",
        f"CREATE TABLE refresh_tokens (hash {key} PRIMARY KEY NOT NULL,"
        f" session_id TEXT NOT NULL REFERENCES sessions (id), used_at {number} NOT NULL)",
        "CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id)",
    )
    differences = (await verify(target)).differences
    assert {each.object for each in differences} == {"constraint"}
    assert any("CASCADE" in str(each.expected) for each in differences)


async def test_database_that_is_behind_is_compared_with_where_it_is(target: MigrationTarget) -> None:
    await down(target, to="0003")
    verification = await verify(target)
    assert verification.status.state is MigrationState.PENDING
    assert verification.differences == ()
    await execute(target, "ALTER TABLE rooms ADD COLUMN planted TEXT")
    [difference] = (await verify(target)).differences
    assert (difference.object, difference.name, difference.expected) == ("column", "rooms.planted", None)


async def test_every_step_down_and_up_gives_the_schema_of_its_version(target: MigrationTarget) -> None:
    plain = dataclasses.replace(target, takes_backup=False)
    versions = [migration.version for migration in target.migrations()]
    for _ in versions[1:]:
        await down(plain)
        assert await found(target) == []
    assert (await verify(target)).status.current == "0001"
    for _ in versions[1:]:
        await up(plain, steps=1)
        assert await found(target) == []
    assert (await verify(target)).status.state is MigrationState.CURRENT


async def test_empty_database_waits_and_has_nothing_to_compare(empty_url: str) -> None:
    verification = await verify(MigrationTarget.from_url(empty_url))
    assert (verification.status.state, verification.differences) == (MigrationState.PENDING, ())


async def test_comparing_leaves_nothing_behind(target: MigrationTarget, kind: str) -> None:
    await verify(target)
    assert (await verify(target)).differences == ()
    if kind == "postgres":
        async with target.connect(create=False) as session:
            assert session is not None
            assert await session.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'synctv%'") == []
