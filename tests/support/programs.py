"""The programs of other people that the tests drive, how they are found, and the Debian package of each.

Used by fixtures, and by `python -m tests.support.install`. A test never skips for want of one: it fails and says so.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """A program by the names it goes by, with folders beside PATH where distributions put it."""

    names: tuple[str, ...]
    package: str
    folders: tuple[str, ...] = ()

    def find(self) -> Path | None:
        """The program, or None where it is not installed."""
        for name in self.names:
            if found := shutil.which(name):
                return Path(found)
            for pattern in self.folders:
                if in_folder := sorted(Path("/").glob(f"{pattern}/{name}")):
                    return in_folder[-1]
        return None


PROGRAMS = {
    "chromium": Program(
        ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"), "chromium"
    ),
    "postgres": Program(("initdb",), "postgresql", folders=("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")),
    "ffmpeg": Program(("ffmpeg",), "ffmpeg"),
    "gcc": Program(("gcc", "cc"), "build-essential"),
}
"""By name; `make test` wants them all, `make bench` and `make load` gcc alone."""


def find_program(name: str) -> Path:
    """The path of one of `PROGRAMS`. Raises FileNotFoundError saying what to install."""
    found = PROGRAMS[name].find()
    if found is None:
        raise FileNotFoundError(
            f"{name} is not installed, and the tests need it: `make test` installs it on Debian and Ubuntu, "
            f"elsewhere install what your system calls {PROGRAMS[name].package!r}"
        )
    return found
