"""Files that are whole or not there: written beside their place, on the disk, then renamed. Disk errors are ours."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synctv_server.domain.errors import Forbidden, SyncTVError, Unavailable

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Errors of the disk in the block are told as ours, about `path`: Forbidden, or Unavailable when it is full."""
    try:
        yield
    except OSError as error:
        raise of(error, path) from error


def of(error: OSError, path: Path) -> SyncTVError:
    """What an error of the disk means to people."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Unavailable(
            f"there is no space left for {path}; nothing half-done is left there",
            code="unavailable.disk_full",
            hint="Free some space, or name another place.",
        )
    reason = (error.strerror or str(error)).lower()
    if error.errno in _REFUSED:
        return Forbidden(f"{path} may not be written: {reason}", hint="Run synctv as the user who owns it.")
    return Unavailable(f"{path} cannot be written: {reason}")


def make_folder(path: Path) -> None:
    """The folder, for its owner alone where it is new."""
    with told(path):
        path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """A new file for its owner alone, on the disk when this returns."""
    with told(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def sync(path: Path) -> None:
    """What stands in this file, or which names stand in this folder, is on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put(source: Path, target: Path) -> None:
    """Rename over `target`, on the disk when this returns."""
    source.replace(target)
    sync(target.parent)
