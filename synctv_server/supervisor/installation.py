"""Makes an installation whole: folders, configuration, database, keys. Called by `init`, and by `serve` at each start.

Every step makes only what is missing, so it may be killed anywhere and run again. The caller holds `synctv.lock`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synctv_server.config.places import AUDIT_CHECKPOINTS_FILE_NAME, AUDIT_HEAD_FILE_NAME
from synctv_server.config.presentation import template
from synctv_server.config.private_files import write_private
from synctv_server.config.secrets import secret_file
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import BrokenState, ConfigurationInvalid, Forbidden
from synctv_server.domain.sessions import SYSTEM
from synctv_server.realtime.clock import ServerClock
from synctv_server.security.sealing import new_key, read_master_key, write_master_key
from synctv_server.services.keys import KeyService
from synctv_server.store import open_database
from synctv_server.store.keys import KeyStore
from synctv_server.store.trail import AuditTrail
from synctv_server.supervisor.database import migration_target, require_current_schema
from synctv_server.supervisor.migrations import tell
from synctv_server.upkeep import migrate

_PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Made:
    """What was missing and is there now, and the copy that was taken before the database was changed."""

    created: list[str]
    backup: Path | None = None


def lay_out(data_dir: Path, config_file: Path) -> list[str]:
    """Makes the data directory, `keys/` and the configuration file where they are missing, and names them.

    Raises Forbidden where one cannot be made.
    """
    created = []
    try:
        for folder in (data_dir, data_dir / "keys"):
            if not folder.is_dir():
                folder.mkdir(mode=_PRIVATE_FOLDER, parents=True)
                created.append(_name(folder, data_dir))
        if not config_file.exists():
            write_private(config_file, template())
            created.append(_name(config_file, data_dir))
    except OSError as error:
        raise Forbidden(
            f"{error.filename} cannot be made: {(error.strerror or 'error').lower()}",
            code="forbidden.data_dir",
            hint="Run synctv as a user who may write there, or name another place with --data-dir.",
        ) from error
    return created


async def make_whole(
    loaded: LoadedSettings, *, may_migrate: bool, progress: Callable[[migrate.Done], None]
) -> Made:
    """The database at this program's newest migration, the keys, and the media folder.

    An empty database is filled, without progress lines, unless this installation has had another. Raises
    ActionNeeded where one is behind and `may_migrate` is false, BrokenState and IncompatibleVersion as migrations do.
    """
    target = migration_target(loaded)
    found = await migrate.status(target)
    if not found.applied:
        _require_new(loaded.data_dir)
    elif not may_migrate:
        await require_current_schema(target)
    outcome = await migrate.up(target, progress=progress if found.applied else None)
    await tell(loaded, SYSTEM, outcome)
    created = [] if found.applied else ["database"]
    return Made([*created, *await ensure_keys(loaded), *ensure_library(loaded)], outcome.backup)


def _require_new(data_dir: Path) -> None:
    """The audit log is remembered outside of the database: with it this directory has had one that was whole."""
    head = AuditTrail(data_dir / AUDIT_HEAD_FILE_NAME).read()
    if head is None or head.count:
        raise BrokenState(
            "the database is empty, and this installation has had one that was not",
            hint="Check database.url, or put the rows back with `synctv backup restore`. "
            f"To begin anew all the same, take {AUDIT_HEAD_FILE_NAME} and {AUDIT_CHECKPOINTS_FILE_NAME} "
            f"out of {data_dir}.",
        )


async def ensure_keys(loaded: LoadedSettings) -> list[str]:
    """The first keys where there are none, and their names.

    The master key comes from its setting, else a new one is written to the data directory. Raises
    ConfigurationInvalid where the database has keys and the master key over them is missing.
    """
    settings = loaded.settings
    master = settings.keys.master
    file = secret_file(loaded.data_dir, "keys.master")
    password = settings.database.password
    created = []
    async with open_database(
        settings.database.url, password=password.reveal() if password else None, pool_size=1
    ) as database:
        if await KeyStore(database).list_keys():
            if master is None:
                raise ConfigurationInvalid(
                    "keys.master: the database has keys, and the master key that opens them is missing",
                    hint=f"Put {file} back from a backup, or name its file in SYNCTV__KEYS__MASTER_FILE.",
                )
            return []
        if master is None:
            write_private(file, f"{write_master_key(new_key())}\n")
            created.append(_name(file, loaded.data_dir))
        text = master.reveal() if master else file.read_text(encoding="utf-8")
        service = KeyService(
            database, read_master_key(text), settings.auth.signing_algorithm, ServerClock().now
        )
        created += [f"{record.purpose.value} key {record.kid}" for record in await service.ensure()]
    return created


def ensure_library(loaded: LoadedSettings) -> list[str]:
    """The media folder, so that there is a place to put films into."""
    library = loaded.settings.media.library
    if library.is_dir() or not library.is_relative_to(loaded.data_dir):
        return []
    library.mkdir(parents=True)
    return [_name(library, loaded.data_dir)]


def _name(path: Path, data_dir: Path) -> str:
    """How a thing is called to people: from the data directory where it is in there."""
    return (
        str(path.relative_to(data_dir)) if path.is_relative_to(data_dir) and path != data_dir else str(path)
    )
