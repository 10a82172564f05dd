"""The migration files: `NNNN_name.{sqlite,postgres}.{up,down}.sql`, numbered from 0001 without gaps.

A step that has to compute is one `NNNN_name.py` for both databases (see `data.py`). They lie in the wheel as
`synctv_server/migrations`, in a checkout beside the package.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import synctv_server
from synctv_server.domain.errors import BrokenState
from synctv_server.store.address import Kind

_UP_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.(?P<kind>sqlite|postgres)\.up\.sql")
_DATA_NAME = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.py")
_NO_TRANSACTION = "-- synctv: no-transaction"
_DATA_STEP = "-- synctv: data step"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, with the way back; of a data step `up_sql` is the source, `data` the file."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    data: Path | None = None

    @property
    def id(self) -> str:
        return id_of(self.version)

    @property
    def checksum(self) -> str:
        """SHA-256 over both ways, line ends and trailing blanks aside. Kept in every ledger: never change it."""
        text = f"{_normalised(self.up_sql)}\n-- down --\n{_normalised(self.down_sql)}\n"
        return hashlib.sha256(text.encode()).hexdigest()


def id_of(version: int) -> str:
    """How a migration is called on the command line: `0003`."""
    return f"{version:04d}"


def needs_no_transaction(sql: str) -> bool:
    """Whether it says that it cannot run inside one (CREATE INDEX CONCURRENTLY).

    Such a file must go through from any point in the middle: its down says IF EXISTS.
    """
    return any(line.strip() == _NO_TRANSACTION for line in sql.splitlines())


def is_data_step(down_sql: str) -> bool:
    """Whether a way down is Python, which the ledger names and does not hold: it is never code that we run."""
    return down_sql.startswith(_DATA_STEP)


def folder() -> Path:
    """Where the files of this program are."""
    package = Path(synctv_server.__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def load(path: Path, kind: Kind) -> tuple[Migration, ...]:
    """All migrations for one kind of database, in order; BrokenState on a gap or a missing way back."""
    names = sorted(file.name for file in path.iterdir())
    found = [
        _read(path, match) for name in names if (match := _UP_NAME.fullmatch(name)) and match["kind"] == kind
    ]
    found += [_read_data_step(path / name, match) for name in names if (match := _DATA_NAME.fullmatch(name))]
    migrations = tuple(sorted(found, key=lambda migration: migration.version))
    if [migration.version for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise BrokenState(
            f"the migrations of {path} are not numbered 0001, 0002 and on; reinstall the program"
        )
    return migrations


def statements(sql: str) -> Iterator[str]:
    """The single statements of a file; each begins on a line of its own, none holds a dollar-quoted body."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in pending.splitlines()):
        raise BrokenState(f"a statement of the migration has no end: {pending.strip()[:80]}")


def _read(path: Path, match: re.Match[str]) -> Migration:
    down = path / match.string.replace(".up.sql", ".down.sql")
    if not down.exists():
        raise BrokenState(f"{down.name} is missing: every migration must have its way back")
    up_sql = (path / match.string).read_text(encoding="utf-8")
    return Migration(int(match["version"]), match["name"], up_sql, down.read_text(encoding="utf-8"))


def _read_data_step(path: Path, match: re.Match[str]) -> Migration:
    source = path.read_text(encoding="utf-8")
    return Migration(int(match["version"]), match["name"], source, f"{_DATA_STEP} {path.name}", path)


def _normalised(sql: str) -> str:
    return "\n".join(line.rstrip() for line in sql.strip().splitlines())
