"""Where a value came from, as `config show` and messages name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OriginKind = Literal["default", "runtime", "file", "environment", "flag", "secret_file"]


@dataclass(frozen=True, slots=True)
class Origin:
    """`kind` is the word that scripts read; `at` is the file and line, the variable or the flag."""

    kind: OriginKind
    at: str = ""

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.at}".rstrip()


DEFAULT = Origin("default")
