"""The command line as a person or a script meets it: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synctv_cli.main import run
from synctv_cli.output import Streams


class Terminal(io.StringIO):
    """A stream that a person sits at."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Answer:
    """What one command line gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; fails where there is more or less than one."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def result(self) -> Any:
        assert self.document["ok"] is True, self.document
        return self.document["result"]

    @property
    def error(self) -> Any:
        assert self.document["ok"] is False, self.document
        return self.document["error"]


class Synctv:
    """Runs command lines on one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environ: dict[str, str] = {"HOME": str(data_dir.parent)}

    def __call__(
        self, *arguments: str, typed: str | None = None, environ: Mapping[str, str] | None = None
    ) -> Answer:
        """`typed` is what a person at a terminal types; without it there is no terminal."""
        kind = io.StringIO if typed is None else Terminal
        streams = Streams(kind(typed or ""), kind(), kind())
        words = ["--data-dir", str(self.data_dir), *arguments]
        code = run(words, streams, {**self.environ, **(environ or {})})
        return Answer(code, streams.stdout.getvalue(), streams.stderr.getvalue())  # type: ignore[attr-defined]

    def piped(self, stdin: str, *arguments: str) -> Answer:
        """With `stdin` in a pipe."""
        streams = Streams(io.StringIO(stdin), io.StringIO(), io.StringIO())
        code = run(["--data-dir", str(self.data_dir), *arguments], streams, self.environ)
        return Answer(code, streams.stdout.getvalue(), streams.stderr.getvalue())  # type: ignore[attr-defined]


@pytest.fixture
def synctv(tmp_path: Path) -> Synctv:
    """A command line whose data directory does not exist yet."""
    return Synctv(tmp_path / "data")


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new installation, to be copied: a data directory works wherever it is."""
    synctv = Synctv(tmp_path_factory.mktemp("original") / "data")
    assert synctv("init", "--yes", "--json").code == 0
    return synctv.data_dir


@pytest.fixture
def installed(synctv: Synctv, original: Path) -> Synctv:
    shutil.copytree(original, synctv.data_dir)
    return synctv
