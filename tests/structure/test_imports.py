"""Who may import whom (design: down only)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.structure.source import ROOT, name_of, production, tree

_NOT_IN_PURE_CODE = {
    "asyncio",
    "socket",
    "socketserver",
    "selectors",
    "ssl",
    "threading",
    "subprocess",
    "time",
    "random",
}


def test_layers_and_forbidden_imports_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_domain_knows_the_standard_library_alone_and_neither_clock_nor_io() -> None:
    allowed = sys.stdlib_module_names - _NOT_IN_PURE_CODE
    foreign = [
        f"{name_of(path)}: {module}"
        for path in production()
        if name_of(path).startswith(("synctv_server/domain/", "synctv_server/livestream/protocol/"))
        for module in imported(path)
        if module.partition(".")[0] not in allowed and not module.startswith("synctv_server.domain")
    ]
    assert foreign == []


def test_starting_the_command_imports_nothing_heavy() -> None:
    heavy = {"litestar", "pydantic", "piccolo", "uvicorn", "httpx", "rich", "asyncio", "cryptography"}
    code = f"import sys, synctv_cli.main; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == []


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
