"""What runs, with which power, and what would be left if it were lost."""

from __future__ import annotations

from pathlib import Path

from synctv_server.domain.errors import SyncTVError
from synctv_server.upkeep.posture.finding import Rule, Seen, Weakness
from synctv_server.upkeep.premises import NotExaminable, Premises


def root(premises: Premises) -> Seen:
    """The server is not run by root."""
    if premises.server is None:
        raise NotExaminable("no server runs")
    if Path(f"/proc/{premises.server.pid}").stat().st_uid != 0:
        return []
    return [
        Weakness(
            "medium",
            f"the server (pid {premises.server.pid}) runs as root: a fault in it is a fault in everything",
            "run it as a user of its own, who owns the data directory",
        )
    ]


async def database_power(premises: Premises) -> Seen:
    """The role in PostgreSQL owns a database, not the server."""
    if premises.database.kind != "postgres":
        return []
    [row] = await premises.database.execute("SELECT current_setting('is_superuser') AS value")
    if row["value"] != "on":
        return []
    return [
        Weakness(
            "medium",
            "SyncTV is a superuser of PostgreSQL: it could read and change every other database there",
            "make a role without powers that owns the database, and name it in database.url",
            "database.url",
        )
    ]


def closed(premises: Premises) -> Seen:
    """A database that does not open cannot be judged."""
    if not isinstance(premises.opened_database, SyncTVError):
        return []
    message = f"accounts and keys were not judged: {premises.opened_database.message}"
    return [Weakness("medium", message, "`synctv doctor`, then `synctv audit` again", "database.url")]


def backups(premises: Premises) -> Seen:
    """There is a copy."""
    folder = premises.data_dir / "backups"
    if folder.is_dir() and any(folder.iterdir()):
        return []
    return [
        Weakness(
            "info" if premises.settings.backup.every_hours else "medium",
            "no copy of this installation was ever made here",
            "run `synctv backup create --passphrase-file FILE`, and keep its file on another disk",
        )
    ]


def dependencies(premises: Premises) -> Seen:  # noqa: ARG001  (there is nothing on the premises to ask)
    """No library with a known fault is installed."""
    raise NotExaminable("no database of advisories is at hand (`make audit` in a checkout asks one)")


RULES = (
    Rule("program.root", "The server is not run by root.", root),
    Rule("database.closed", "The database can be opened, to be judged.", closed),
    Rule("database.superuser", "SyncTV is no superuser of PostgreSQL.", database_power),
    Rule("backups.none", "There is a backup of the installation.", backups),
    Rule("dependencies.advisories", "No library with a known fault is installed.", dependencies),
)
