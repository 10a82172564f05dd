"""A real installation to examine: made once by `synctv init`, copied for each test, which may break it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Synctv

Snapshot = dict[str, tuple[int, int, int, bytes]]


@dataclass
class Install:
    """An installation that can be broken; `environ` is what the next command finds in its environment."""

    synctv: Synctv
    environ: dict[str, str] = field(default_factory=dict)
    open_things: list[Any] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.synctv.data_dir

    def __call__(self, *arguments: str) -> Answer:
        return self.synctv(*arguments, environ=self.environ)

    def set(self, name: str, value: object) -> None:
        """Gives a setting by the environment."""
        section, key = name.split(".")
        self.environ[f"SYNCTV__{section}__{key}".upper()] = str(value)

    def sql(self, statement: str, *arguments: object) -> None:
        """Changes the database behind everybody's back."""
        with closing(sqlite3.connect(self.home / "synctv.db")) as database, database:
            database.execute(statement, arguments)

    def verdict(self, check: str, *arguments: str) -> dict[str, str]:
        """What `doctor` says of one check."""
        checks: list[dict[str, str]] = self("doctor", "--json", *arguments).result["checks"]
        [found] = [each for each in checks if each["id"] == check]
        return found

    def findings(self) -> dict[str, str]:
        """The ids of what `audit` finds, with their severities."""
        found: list[dict[str, str]] = self("audit", "--json").result["findings"]
        return {each["id"]: each["severity"] for each in found}

    def snapshot(self) -> Snapshot:
        """Everything there is: modes, owners, contents; without the memory that SQLite's readers share."""
        return {
            str(path.relative_to(self.home)): (
                path.lstat().st_mode,
                path.lstat().st_uid,
                path.lstat().st_mtime_ns if path.is_file() else 0,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in sorted(self.home.rglob("*"))
            if not path.name.endswith("-shm")
        }


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `synctv init` makes, and one thing done that the audit log tells of."""
    synctv = Synctv(tmp_path_factory.mktemp("original") / "data")
    assert synctv("init", "--yes").code == 0
    assert synctv("user", "invite", "--yes").code == 0
    return synctv.data_dir


@pytest.fixture
def install(original: Path, tmp_path: Path) -> Iterator[Install]:
    """A copy of it, with nothing wrong."""
    shutil.copytree(original, tmp_path / "data", symlinks=True)
    (tmp_path / "data").chmod(0o700)
    made = Install(Synctv(tmp_path / "data"), {"SYNCTV__SERVER__PORT": "0"})
    yield made
    for thing in made.open_things:
        thing.close()
