"""The file of a SQLite database, as seen without opening it.

Nobody but SQLite may open a database that is in use: with the close of any other descriptor the process loses all its
locks on the file (POSIX advisory locks; https://www.sqlite.org/howtocorrupt.html, section 2.2). The next program that
closes the database then takes itself for the last, and removes the write-ahead log under the server: what the server
writes from then on is gone when it ends.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from synctv_server.domain.errors import Unavailable

_PRIVATE = 0o600


def require(path: Path) -> None:
    """Raises Unavailable unless a database can be opened here.

    A connection of aiosqlite that fails to open would leave a thread with a traceback.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise Unavailable(f"there is no database at {path}", hint="make one with `synctv init`") from error
    except OSError as error:
        raise _not_to_be_opened(path, error.strerror) from error
    if not stat.S_ISREG(mode):
        raise _not_to_be_opened(path, "it is not a file")
    if not os.access(path, os.R_OK | os.W_OK):
        raise _not_to_be_opened(path, "this user may not read and write it")


def make(path: Path) -> None:
    """An empty file, if there is none. Raises Unavailable where it cannot be made or opened."""
    try:
        make_new(path)
    except FileExistsError:
        require(path)
    except OSError as error:
        raise _not_to_be_opened(path, error.strerror) from error


def make_new(path: Path) -> None:
    """An empty file for its owner alone: SQLite would make one for everybody. Raises OSError where there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, _PRIVATE))


def _not_to_be_opened(path: Path, reason: str | None) -> Unavailable:
    return Unavailable(f"the database {path} cannot be opened: {reason}")
