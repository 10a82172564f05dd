"""Installations to back up: a database with something in every kind of column, files and a secret."""

from __future__ import annotations

from pathlib import Path

from synctv_server.store import open_database
from synctv_server.store.chat import MessageStore
from synctv_server.store.media import MediaStore
from synctv_server.store.rooms import RoomStore
from synctv_server.store.users import UserStore
from synctv_server.upkeep.backup import catalogue, rows
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.rows import Content
from synctv_server.upkeep.migrate import MigrationTarget
from tests.support import samples

PASSPHRASE = "correct horse battery"
MASTER = "bWFzdGVyIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="
NAMES = ("Ann", "Bérénice", "朱莉", "zoë", "Zed")


def installed(url: str, folder: Path) -> Installed:
    """An installation whose data directory is `folder`, with a configuration and a master key."""
    folder.mkdir(exist_ok=True)
    (folder / "synctv.toml").write_text('[auth]\nregistration = "invite"\n')
    target = MigrationTarget.from_url(url, backups=folder / "backups")
    return Installed(folder, folder / "synctv.toml", target, {"keys.master": MASTER})


async def furnish(url: str, *, messages: int = 20) -> None:
    """Accounts with names of all alphabets, a room, an item and its chat."""
    async with open_database(url) as database:
        for name in NAMES:
            await UserStore(database).create(samples.user(name), "hash")
        ann = samples.user("Owner")
        await UserStore(database).create(ann, None)
        room = samples.room(samples.person_of(ann), "Film “night” \\ one\n")
        await RoomStore(database).create(room)
        await MediaStore(database).add(samples.item(room, order_key=1.0 / 3.0))
        for n in range(messages):
            await MessageStore(database).keep(samples.message(room, samples.person_of(ann), f"line {n} é"))


async def contents(target: MigrationTarget) -> dict[str, Content]:
    """What each table holds, the same on both databases when the rows are."""
    async with target.connect(create=False) as session:
        assert session is not None
        async with session.snapshot():
            return {
                table.name: await rows.content(session, table) for table in await catalogue.tables(session)
            }
