"""The project's own files, as the structure tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = ("synctv_server", "synctv_cli", "docs/generate")
_NOT_OURS = {"__pycache__", "node_modules", "dist", "generated"}


@cache
def production() -> tuple[Path, ...]:
    """Every Python file that runs outside of tests."""
    return (ROOT / "hatch_build.py", *(path for folder in PRODUCTION for path in _python(folder)))


@cache
def suite() -> tuple[Path, ...]:
    """Every Python file of the tests."""
    return tuple(_python("tests"))


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def name_of(path: Path) -> str:
    """A path as it is written in messages, from the root of the project."""
    return path.relative_to(ROOT).as_posix()


def _python(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not _NOT_OURS & set(path.parts):
            yield path
