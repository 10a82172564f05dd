"""Files, functions and folders stay small enough to be read (design: sizes)."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tests.structure.source import ROOT, functions, lines, name_of, production, suite

FILE_LINES = 400
TEST_FILE_LINES = 600
FUNCTION_LINES = 45
NESTING = 3
PARAMETERS = 5
FOLDER_FILES = 24

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)


def test_files_are_short() -> None:
    limits = [*((path, FILE_LINES) for path in production()), *((path, TEST_FILE_LINES) for path in suite())]
    limits += [(path, FILE_LINES) for path in client_files()]
    assert [f"{name_of(path)}: {len(lines(path))}" for path, most in limits if len(lines(path)) > most] == []


def test_functions_are_short() -> None:
    long = [
        f"{name_of(path)}:{function.lineno} {function.name}: {size}"
        for path in (*production(), *suite())
        for function in functions(path)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert long == []


def test_functions_are_flat() -> None:
    deep = [
        f"{name_of(path)}:{function.lineno} {function.name}: {depth}"
        for path in production()
        for function in functions(path)
        if (depth := nesting(function.body)) > NESTING
    ]
    assert deep == []


def test_functions_take_few_parameters() -> None:
    many = [
        f"{name_of(path)}:{function.lineno} {function.name}: {count}"
        for path in production()
        if "synctv_cli/commands" not in name_of(path)  # Typer reads a command's options from its parameters
        for function in functions(path)
        if (count := positional(function)) > PARAMETERS
    ]
    assert many == []


def test_folders_have_few_files() -> None:
    folders = Counter(path.parent for path in (*production(), *suite(), *client_files()))
    assert [f"{name_of(folder)}: {count}" for folder, count in folders.items() if count > FOLDER_FILES] == []


def client_files() -> list[Path]:
    """The web client's own source."""
    found = [path for pattern in ("*.ts", "*.svelte", "*.css") for path in (ROOT / "web/src").rglob(pattern)]
    return [path for path in found if "generated" not in path.parts]


def nesting(body: list[ast.stmt]) -> int:
    """How deep blocks stand in blocks; `elif` is a branch of its `if`, and a function inside counts for itself."""
    return max((_depth(statement) for statement in body), default=0)


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Parameters that a caller has to keep in order: without `self`, `cls` and named options."""
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    return len(names[1:] if names[:1] in (["self"], ["cls"]) else names)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    if (
        isinstance(statement, ast.If)
        and len(statement.orelse) == 1
        and isinstance(statement.orelse[0], ast.If)
    ):
        return max(1 + nesting(statement.body), _depth(statement.orelse[0]))
    return 1 + max(nesting(branch) for branch in _branches(statement))


def _branches(statement: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(statement, ast.Match):
        return [case.body for case in statement.cases]
    branches = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
    return [*branches, *(handler.body for handler in getattr(statement, "handlers", []))]
