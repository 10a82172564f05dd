"""A disk that is full in a moment: a tmpfs that one server alone sees, gone with its process."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Sequence
from pathlib import Path

_WAYS = (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount"))
"""As root; and for everybody where user namespaces are allowed."""
_BLOCK_BYTES = 64 * 1_024


def small_disk(folder: Path, megabytes: int) -> Sequence[str]:
    """The command before a server's own: it mounts so much at `folder`, and becomes the server.

    AssertionError where this machine lets nobody mount anything.
    """
    folder.mkdir(parents=True)
    complaint = ""
    mount = f"mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs '{folder}'"
    for way in _WAYS:
        tried = subprocess.run([*way, "sh", "-c", mount], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return (*way, "sh", "-c", f'{mount} && exec "$@"', "sh")
        complaint = tried.stderr
    raise AssertionError(f"a small disk needs root or user namespaces (unshare): {complaint}")


def fill(folder: Path) -> Path:
    """A file that takes all that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = _BLOCK_BYTES
        while size:
            try:
                file.write(b"\1" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
    return ballast
