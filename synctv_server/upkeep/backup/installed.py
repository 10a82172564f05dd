"""What of an installation goes into a backup, and where its backups are; made from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from synctv_server.config.secrets import Secret, secret_file
from synctv_server.config.settings import reference
from synctv_server.config.sources import LoadedSettings
from synctv_server.upkeep.migrate import MigrationTarget

MASTER = "keys.master"


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation: its database, its files, and the secrets that are its own, by the name of their setting."""

    data_dir: Path
    config_file: Path | None
    target: MigrationTarget
    secrets: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, loaded: LoadedSettings) -> Installed:
        """As the settings say it. Secrets that the system gives stay with the system, except the master key."""
        database = loaded.settings.database
        password = database.password.reveal() if database.password else None
        target = MigrationTarget.from_url(database.url, password, backups=folder_of(loaded))
        return cls(loaded.data_dir, loaded.config_file, target, dict(_secrets(loaded)))


def folder_of(loaded: LoadedSettings) -> Path:
    """Where backups of this installation are."""
    return loaded.data_dir / "backups"


def _secrets(loaded: LoadedSettings) -> list[tuple[str, str]]:
    found = []
    for setting in reference():
        value = getattr(getattr(loaded.settings, setting.section), setting.key)
        if not setting.is_secret or not isinstance(value, Secret):
            continue
        is_own = value.origin.at == str(secret_file(loaded.data_dir, setting.name))
        if is_own or setting.name == MASTER:
            found.append((setting.name, value.reveal()))
    return found
