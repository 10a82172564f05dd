"""Which database a migration works on, and with what: built by the command line from the settings."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from synctv_server.domain.times import Now
from synctv_server.store.address import DatabaseAddress, Kind
from synctv_server.upkeep.migrate import files
from synctv_server.upkeep.migrate.postgres import PostgresSession
from synctv_server.upkeep.migrate.session import MigrationSession
from synctv_server.upkeep.migrate.sqlite import SQLiteSession


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class MigrationTarget:
    """A database, the folder of migrations, and where copies of a SQLite file go."""

    address: DatabaseAddress
    backups: Path
    takes_backup: bool = True
    folder: Path = field(default_factory=files.folder)
    now: Now = _wall_clock
    save: Callable[[], Awaitable[Path]] | None = None
    """Makes a verified backup before existing data is touched, where the database has no copy of its own."""

    @classmethod
    def from_url(
        cls, url: str, password: str | None = None, *, backups: Path | None = None, takes_backup: bool = True
    ) -> MigrationTarget:
        """The target of `database.url`; ConfigurationInvalid where that is none.

        `backups` is `<data-dir>/backups`, which for SQLite is beside the file where nothing else is said.
        """
        address = DatabaseAddress.parse(url, password)
        return cls(address, backups or address.path.parent / "backups", takes_backup)

    @property
    def kind(self) -> Kind:
        return self.address.kind

    def migrations(self) -> tuple[files.Migration, ...]:
        """All that this program knows, in order."""
        return files.load(self.folder, self.kind)

    @asynccontextmanager
    async def connect(self, *, create: bool) -> AsyncIterator[MigrationSession | None]:
        """A session on the database, closed at the end; None where it is a file that does not exist.

        `create` makes the file. Raises Unavailable when the database cannot be reached.
        """
        if self.kind == "sqlite" and not create and not self.address.path.exists():
            yield None
            return
        session: MigrationSession = (
            SQLiteSession(self.address.path) if self.kind == "sqlite" else PostgresSession(self.address)
        )
        await session.open()
        try:
            yield session
        finally:
            await session.close()
