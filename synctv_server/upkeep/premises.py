"""One installation as `synctv doctor` and `synctv audit` see it: as far as it can be opened, and no further.

Made by the command line, which also hands in what the parts above this one know. Looking changes nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synctv_server.config.check import findings
from synctv_server.config.runtime import usable
from synctv_server.config.settings import Settings, reference
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import ConfigurationInvalid, FieldError, Forbidden, SyncTVError, Unavailable
from synctv_server.domain.times import Now
from synctv_server.store.address import DatabaseAddress
from synctv_server.store.engine import Row
from synctv_server.upkeep import migrate
from synctv_server.upkeep.migrate import Difference, MigrationState, MigrationStatus, MigrationTarget
from synctv_server.upkeep.migrate.session import MigrationSession

_RUNTIME = "SELECT key, value FROM settings WHERE value IS NOT NULL"


class NotExaminable(Exception):
    """There is nothing here to look at; the text says why."""


def told(error: OSError) -> str:
    """An error of the system in words: which file, and what about it."""
    reason = (error.strerror or type(error).__name__).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


@dataclass(frozen=True, slots=True)
class RunningServer:
    """The server of this data directory: what people open, and what this machine reaches. Empty while it starts."""

    pid: int
    url: str
    local_url: str


@dataclass(frozen=True, slots=True)
class Premises:
    """The place, its settings or why they are refused, and its database or why it does not open.

    `bind` takes a TCP address as the server does and raises as it does; `client` is the folder of the built web
    client; `control_socket` is where the server would put it, or why it cannot. `differences` are between the schema
    and what its migrations make; None where they cannot be compared. `unusable` are settings of the running server that
    are possible no more.
    """

    data_dir: Path
    config_file: Path
    environ: Mapping[str, str]
    now: Now
    server: RunningServer | None
    loaded: LoadedSettings | None
    refusal: ConfigurationInvalid | None
    control_socket: Path | SyncTVError | None
    bind: Callable[[str, int], socket.socket]
    client: Path
    opened_database: MigrationSession | SyncTVError | None = None
    migrations: MigrationStatus | None = None
    differences: tuple[Difference, ...] | None = None
    unusable: tuple[FieldError, ...] = ()

    def require_home(self) -> None:
        """Raises NotExaminable where there is no data directory, which is told once."""
        if not self.data_dir.is_dir():
            raise NotExaminable("there is no data directory")

    @property
    def settings(self) -> Settings:
        """Raises NotExaminable where the configuration is refused."""
        if self.loaded is None:
            raise NotExaminable("the configuration cannot be used")
        return self.loaded.settings

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None with PostgreSQL. Without settings it is where a new installation has it."""
        if self.loaded is None:
            return self.data_dir / "synctv.db"
        address = DatabaseAddress.parse(self.settings.database.url)
        return address.path if address.kind == "sqlite" else None

    @property
    def database(self) -> MigrationSession:
        """The open database, whatever its schema. Raises NotExaminable where it does not open."""
        if not isinstance(self.opened_database, MigrationSession):
            raise NotExaminable("the database does not open")
        return self.opened_database

    async def rows(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """What a statement gives on a database of this program's schema. Raises NotExaminable on any other."""
        database = self.database
        is_current = self.migrations is not None and self.migrations.state is MigrationState.CURRENT
        if not is_current or self.differences:
            raise NotExaminable("the schema of the database is not that of this program")
        return await database.execute(sql, *arguments)

    def target(self) -> MigrationTarget:
        """The database for the migration runner."""
        section = self.settings.database
        password = section.password.reveal() if section.password else None
        return MigrationTarget.from_url(section.url, password, backups=self.data_dir / "backups")


@asynccontextmanager
async def opened(premises: Premises) -> AsyncIterator[Premises]:
    """The same with its database, where that opens; it is closed when the block ends."""
    if premises.loaded is None:
        yield premises
        return
    async with AsyncExitStack() as stack:
        database: MigrationSession | SyncTVError | None
        status: MigrationStatus | None = None
        differences: tuple[Difference, ...] | None = None
        try:
            target = premises.target()
            status, differences = await _compared(target)
            database = await stack.enter_async_context(target.connect(create=False))
        except SyncTVError as error:
            database = error
        if database is None:
            database, status = Unavailable(f"there is no database at {premises.database_file}"), None
        yield await _with_runtime(
            replace(premises, opened_database=database, migrations=status, differences=differences)
        )


async def _with_runtime(premises: Premises) -> Premises:
    """With what administrators have set in the running server, which holds there as the file does (decision 17)."""
    if premises.loaded is None:
        return premises
    try:
        rows = await premises.rows(_RUNTIME)
    except NotExaminable:
        return premises
    live = {setting.name for setting in reference() if setting.change == "live"}
    values = {row["key"]: _value(row["value"]) for row in rows if row["key"] in live}
    loaded, unusable = usable(premises.loaded, values)
    warnings = tuple(finding for finding in findings(loaded.settings) if not finding.stops)
    return replace(premises, loaded=replace(loaded, warnings=warnings), unusable=unusable)


def _value(text: str) -> object:
    """What is kept, as JSON; what is none is left to be refused by its setting."""
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _compared(target: MigrationTarget) -> tuple[MigrationStatus, tuple[Difference, ...] | None]:
    """Where the schema stands, and its differences where there is something to compare it with."""
    try:
        found = await migrate.verify(target)
    except Forbidden:  # no scratch schema may be made in PostgreSQL
        return await migrate.status(target), None
    is_comparable = found.status.state not in {MigrationState.DIRTY, MigrationState.NEWER}
    return found.status, found.differences if is_comparable else None
