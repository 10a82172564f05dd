"""Where the database is: the setting `database.url` taken apart.

Used by the Database, the migration runner and the lock of the one server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from synctv_server.domain.errors import ConfigurationInvalid

Kind = Literal["sqlite", "postgres"]

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A SQLite file, or a PostgreSQL URL with the password beside it, so that no repr shows one."""

    kind: Kind
    path: Path = Path()
    dsn: str = field(default="", repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, password: str | None = None) -> DatabaseAddress:
        """`sqlite:///<path>` or `postgresql://user@host:port/name`; ConfigurationInvalid on anything else."""
        if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
            return cls("sqlite", path=Path(url.removeprefix(_SQLITE)))
        if url.startswith(_POSTGRES) and _is_well_formed(url):
            return cls("postgres", dsn=url, password=password)
        raise ConfigurationInvalid(
            "database.url: must be sqlite:///<path> or postgresql://<user>@<host>:<port>/<name>"
        )


def _is_well_formed(url: str) -> bool:
    try:
        urlsplit(url).port  # noqa: B018  (reading it is the check: a port that is none raises)
    except ValueError:
        return False
    return True
