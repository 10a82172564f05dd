"""Reads `synctv.toml` into flat names with the line of each, so that a message can say where a value stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synctv_server.domain.errors import ConfigurationInvalid

_TABLE = re.compile(r"\s*\[\s*([\w.\-]+)\s*\]")
_KEY = re.compile(r"\s*([\w.\-]+)\s*=")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file: `section.key`, or a bare `key` where it stands before the first section."""

    name: str
    value: object
    line: int


def read_toml(path: Path) -> list[Entry]:
    """The entries of the file. Raises ConfigurationInvalid where it cannot be read or is no TOML, naming the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise ConfigurationInvalid(f"{path} cannot be read: {reason}") from error
    except UnicodeDecodeError:
        raise ConfigurationInvalid(f"{path} is not UTF-8 text; save it as UTF-8") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationInvalid(
            f"{path} is not valid TOML: {error}", hint='Text values need quotes: host = "0.0.0.0"'
        ) from error
    lines = dict(_lines(text))
    return [Entry(name, value, lines.get(name, 0)) for name, value in _flat(document)]


def _flat(document: dict[str, object]) -> Iterator[tuple[str, object]]:
    for section, content in document.items():
        if isinstance(content, dict):
            yield from ((f"{section}.{key}", value) for key, value in content.items())
        else:
            yield section, content


def _lines(text: str) -> Iterator[tuple[str, int]]:
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            table = found[1]
            yield table, number
        elif found := _KEY.match(line):
            yield f"{table}.{found[1]}".removeprefix("."), number
