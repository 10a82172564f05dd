"""`database move`: the locks around it, and the entry in the audit log of the new database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.sessions import Actor
from synctv_server.store import open_database
from synctv_server.store.address import DatabaseAddress, Kind
from synctv_server.supervisor.database import alone_on, migration_target
from synctv_server.supervisor.lock import held
from synctv_server.upkeep.backup.creating import Progress
from synctv_server.upkeep.migrate import MigrationTarget
from synctv_server.upkeep.move import count_rows, move, require_empty


@dataclass(frozen=True, slots=True)
class Moved:
    """From which kind to which, and the rows of each table."""

    source: Kind
    target: Kind
    counts: Mapping[str, int]


async def move_database(
    loaded: LoadedSettings, url: str, password: str | None, actor: Actor, progress: Progress
) -> Moved:
    """Copy and compare, while nobody serves either. The settings still name the old database afterwards.

    Raises as `move` does, and Conflict beside a server.
    """
    source, to = migration_target(loaded), target_of(loaded, url, password)
    async with held(loaded.data_dir, "database move"), alone_on(source), alone_on(to):
        counts = await move(source, to, progress)
        # Without the file that remembers the end of the log: both databases go on from what it says.
        async with (
            open_database(_url(to), password=password, pool_size=1) as database,
            database.transaction(durable=True) as transaction,
        ):
            before, after = {"database": source.kind}, {"database": to.kind}
            transaction.audit(actor, Deed("database.moved", Party("database"), before=before, after=after))
    return Moved(source.kind, to.kind, counts)


async def plan_move(loaded: LoadedSettings, url: str, password: str | None) -> Moved:
    """What would be moved; raises what would stand in the way."""
    source, to = migration_target(loaded), target_of(loaded, url, password)
    await require_empty(to)
    return Moved(source.kind, to.kind, await count_rows(source))


def target_of(loaded: LoadedSettings, url: str, password: str | None) -> MigrationTarget:
    """The database of this URL; a relative path stands in the data directory, as in the settings."""
    address = DatabaseAddress.parse(url, password)
    if address.kind == "sqlite":
        address = DatabaseAddress("sqlite", path=loaded.data_dir / address.path)
    return MigrationTarget(address, loaded.data_dir / "backups")


def _url(target: MigrationTarget) -> str:
    return f"sqlite:///{target.address.path}" if target.kind == "sqlite" else target.address.dsn
