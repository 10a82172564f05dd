"""The database as a file or a server: it opens, it is whole, its log is short."""

from __future__ import annotations

from synctv_server.domain.errors import SyncTVError
from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises

_MIB = 1_024 * 1_024
_WAL_MOST = 64 * _MIB
"""The server's own checkpoints keep it at 4 MiB; a reader that never ends lets it grow."""
_RESTORE = "stop the server and restore a backup: docs/guides/health-and-posture.md"


def opens(premises: Premises) -> Verdict:
    """The database can be opened."""
    premises.require_home()
    if premises.opened_database is None:
        raise NotExaminable("the configuration cannot be used")
    if isinstance(premises.opened_database, SyncTVError):
        error = premises.opened_database
        return ill(
            error.message,
            error.hint or "`synctv init` makes a new one; else see that it is there and running",
        )
    return well(f"it opens ({premises.database.kind})")


async def integrity(premises: Premises) -> Verdict:
    """Every page of the file is as SQLite wrote it."""
    _require_sqlite(premises)
    try:
        found = await premises.database.execute("PRAGMA quick_check(3)")
    except SyncTVError as error:
        return ill(error.message, _RESTORE)
    complaints = [str(row[0]) for row in found]  # type: ignore[index]  # a pragma's column has no fixed name
    if complaints == ["ok"]:
        return well("the file is whole")
    return ill(f"the database file is damaged: {'; '.join(complaints)}", _RESTORE)


async def references(premises: Premises) -> Verdict:
    """No row refers to one that is not there."""
    _require_sqlite(premises)
    broken = await premises.database.execute("PRAGMA foreign_key_check")
    if not broken:
        return well("every reference leads to a row")
    tables = ", ".join(sorted({row["table"] for row in broken}))
    return ill(f"{len(broken)} rows of {tables} refer to rows that are not there", _RESTORE)


def log_size(premises: Premises) -> Verdict:
    """The write-ahead log of SQLite is short."""
    _require_sqlite(premises)
    database, file = premises.database, premises.database_file
    log = file.with_name(f"{file.name}-wal") if file else None
    size = log.stat().st_size if log and log.exists() else 0
    if size <= _WAL_MOST:
        return well(f"its write-ahead log has {size // _MIB} MiB")
    return doubtful(
        f"its write-ahead log has {size // _MIB} MiB: some program has it open and reads without end",
        "end that program; the log is written back by `synctv doctor --fix`",
        Cure("PRAGMA wal_checkpoint(TRUNCATE)", lambda: database.execute("PRAGMA wal_checkpoint(TRUNCATE)")),
    )


def _require_sqlite(premises: Premises) -> None:
    if premises.database.kind != "sqlite":
        raise NotExaminable("the database is no SQLite file")


CHECKS = (
    Check("database.opens", opens),
    Check("database.integrity", integrity),
    Check("database.references", references),
    Check("database.log", log_size),
)
