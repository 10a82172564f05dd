"""Files for their owner alone, written whole or not at all. Called wherever a secret or a configuration is kept."""

from __future__ import annotations

import os
from pathlib import Path

_PRIVATE_FILE = 0o600


def write_private(path: Path, text: str) -> None:
    """Puts the text into a file of mode 0600, in place of one that may be there. A kill leaves the old or the new."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def remove_private(path: Path) -> None:
    """Removes a file that may be there, for good."""
    path.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Keeps what was done to the names in a folder through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
