"""Driver errors as ours, in one place for each driver. Used by the engines and the migration runner.

A statement that is wrong in itself (no such column, a null where none may be) is a bug and stays what it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid, Conflict, SyncTVError, Unavailable
from synctv_server.store.address import Kind

SQLITE_ERRORS: tuple[type[BaseException], ...] = (sqlite3.Error,)
POSTGRES_ERRORS: tuple[type[BaseException], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,  # a deadline that has passed is among them
)
_RETRY_AFTER_SECONDS = 1.0


class UniqueViolated(Conflict):
    """Another row has this value already. Stores turn it into a Conflict with a code of their noun."""

    def __init__(self, target: str) -> None:
        super().__init__("there is such an entry already")
        self._target = target

    def concerns(self, column: str) -> bool:
        """Whether the broken rule is about `column`; index names hold the names of their columns."""
        return column in self._target


class ReferenceViolated(Conflict):
    """The row refers to one that is gone."""


def away(message: str) -> Unavailable:
    """The database cannot be asked now; the caller may come back in a second."""
    return Unavailable(message, retry_after_seconds=_RETRY_AFTER_SECONDS)


@contextmanager
def translated(kind: Kind, heard: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Errors of the driver of this kind of database leave as ours, with the driver's as their cause.

    One of a wrong statement leaves as it is. `heard` is called for both.
    """
    errors, ours = (SQLITE_ERRORS, _of_sqlite) if kind == "sqlite" else (POSTGRES_ERRORS, _of_postgres)
    try:
        yield
    except errors as error:
        heard()
        if (known := ours(error)) is not None:
            raise known from error
        raise


def _of_sqlite(error: BaseException) -> SyncTVError | None:
    known: SyncTVError | None = None
    match getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_"):
        case ["CONSTRAINT", "UNIQUE" | "PRIMARYKEY"]:
            known = UniqueViolated(str(error))
        case ["CONSTRAINT", "FOREIGNKEY"]:
            known = ReferenceViolated("it refers to something that is gone")
        case ["BUSY" | "LOCKED", *_]:
            known = away("the database is busy: another program holds it for writing")
        case ["FULL", *_]:
            known = away("the disk that holds the database is full; free some space")
        case ["IOERR" | "CANTOPEN" | "READONLY" | "PERM" | "AUTH", *_]:
            known = away(f"the database file cannot be used: {error}; check the disk, the owner, the modes")
        case ["CORRUPT" | "NOTADB", *_]:
            known = BrokenState(f"the database file is damaged: {error}; restore a backup")
    return known


def _of_postgres(error: BaseException) -> SyncTVError | None:
    known: SyncTVError | None = None
    match error:
        case asyncpg.exceptions.ClientConfigurationError():
            known = ConfigurationInvalid(f"database.url: {error}")
        case asyncpg.PostgresError():
            known = _of_sqlstate(error)
        case asyncpg.InterfaceError() if _is_about_closing(error):
            known = away("the connection to PostgreSQL is gone")
        case asyncpg.InternalClientError() | OSError():
            known = away(f"PostgreSQL does not answer: {error or type(error).__name__}")
    return known


def _is_about_closing(error: BaseException) -> bool:
    """One class of asyncpg means a closed connection and a wrong call; only the text tells them apart."""
    return any(word in str(error) for word in ("closed", "closing", "released"))


def _of_sqlstate(error: asyncpg.PostgresError) -> SyncTVError | None:
    known: SyncTVError | None = None
    state = error.sqlstate or ""
    match state[:2], state[2:]:  # class and rest: PostgreSQL's Appendix A
        case ("23", "505"):
            known = UniqueViolated(error.constraint_name or "")
        case ("23", "503"):
            known = ReferenceViolated("it refers to something that is gone")
        case ("28", _) | ("3D", _):
            known = Unavailable(
                f"PostgreSQL refuses: {error}",
                hint="Check database.url, and the password with `synctv secrets list`.",
            )
        case ("08", _) | ("57", "P01" | "P02" | "P03" | "P05"):
            known = away("PostgreSQL is away: it stops, starts or has dropped the connection")
        case ("53", _) | ("40", _) | ("55", "P03") | ("57", "014") | ("25", "006"):
            known = away(f"PostgreSQL could not do this now: {error}")
    return known
