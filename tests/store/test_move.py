"""A database moves to the other kind and back, and is the same; half of one is never seen."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from synctv_server.domain.errors import ActionNeeded, BrokenState, Conflict, NotFound
from synctv_server.upkeep.backup.catalogue import Table
from synctv_server.upkeep.migrate import MigrationTarget, down, status
from synctv_server.upkeep.move import count_rows, move
from tests.store.furnished import contents, furnish
from tests.support import databases


@pytest.fixture
async def source(tmp_path: Path) -> MigrationTarget:
    """A SQLite database with something in it."""
    url = await databases.migrated("sqlite", tmp_path)
    await furnish(url)
    return MigrationTarget.from_url(url)


@pytest.fixture
async def empty(tmp_path: Path) -> MigrationTarget:
    """A PostgreSQL database without tables."""
    return MigrationTarget.from_url(await databases.empty("postgres", tmp_path))


async def test_there_and_back_every_row_is_the_same(
    source: MigrationTarget, empty: MigrationTarget, tmp_path: Path
) -> None:
    back = MigrationTarget.from_url(f"sqlite:///{tmp_path / 'back' / 'synctv.db'}")
    heard: dict[str, int] = {}
    counts = await move(source, empty, heard.__setitem__)
    assert counts == heard == await count_rows(source)
    assert counts["messages"] == 20
    assert await move(empty, back) == counts
    assert await contents(source) == await contents(empty) == await contents(back)
    assert (await status(back)).current == (await status(source)).current
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["synctv.db"]
    assert back.address.path.stat().st_mode & 0o777 == 0o600


async def test_what_is_there_is_not_overwritten(
    source: MigrationTarget, empty: MigrationTarget, tmp_path: Path
) -> None:
    await move(source, empty)
    with pytest.raises(Conflict, match="not empty"):
        await move(source, empty)
    file = tmp_path / "mine.db"
    file.write_bytes(b"mine")
    with pytest.raises(Conflict):
        await move(empty, MigrationTarget.from_url(f"sqlite:///{file}"))
    assert file.read_bytes() == b"mine"


async def test_source_that_is_behind_or_not_there_is_refused(
    source: MigrationTarget, empty: MigrationTarget, tmp_path: Path
) -> None:
    await down(dataclasses.replace(source, takes_backup=False))
    with pytest.raises(ActionNeeded):
        await move(source, empty)
    with pytest.raises(NotFound):
        await move(MigrationTarget.from_url(f"sqlite:///{tmp_path / 'none.db'}"), empty)
    assert (await status(empty)).current is None


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_move_that_fails_in_the_middle_leaves_nothing(
    source: MigrationTarget, empty: MigrationTarget, kind: str, tmp_path: Path
) -> None:
    """SQLite lets a text stand where a number belongs; it is found when its table is reached."""
    async with source.connect(create=False) as session:
        assert session is not None
        await session.execute(
            "UPDATE messages SET created_at = 'yesterday' WHERE id = (SELECT MIN(id) FROM messages)"
        )
    to = empty if kind == "postgres" else MigrationTarget.from_url(f"sqlite:///{tmp_path / 'to.db'}")
    reached: list[str] = []
    with pytest.raises(BrokenState, match="messages"):
        await move(source, to, lambda name, _: reached.append(name))
    assert "users" in reached
    assert (await status(to)).current is None
    assert not [name for name in os.listdir(tmp_path) if "to.db" in name]  # noqa: PTH208  (a look at the test's folder)


def test_order_of_text_is_that_of_its_bytes() -> None:
    """Locales sort differently; the bytes do not."""
    from synctv_server.upkeep.backup.catalogue import Column

    table = Table("t", (Column("a", "text"), Column("n", "integer")), ("n", "a"))
    assert table.select("sqlite") == 'SELECT "a", "n" FROM "t" ORDER BY "n", "a"'
    assert table.select("postgres") == 'SELECT "a", "n" FROM "t" ORDER BY "n", "a" COLLATE "C"'
