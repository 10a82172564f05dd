"""A setting that changes in a running server is read when it is needed, never copied when a part is built."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from synctv_server.config.settings import reference
from tests.structure.source import functions, name_of, production

CHANGING = {each.key for each in reference() if each.change != "restart"}
FOR_LIFE = {
    "synctv_server/realtime/session.py inbound_per_second": "a connection keeps the rate that its welcome told it",
}
"""What one object keeps for its life on purpose, each with its reason."""


def test_no_part_copies_a_setting_that_changes() -> None:
    assert [
        f"{name_of(path)}:{node.lineno} {node.attr}"
        for path in production()
        if name_of(path).startswith("synctv_server/") and "/config/" not in name_of(path)
        for node in copies(path)
        if f"{name_of(path)} {node.attr}" not in FOR_LIFE
    ] == []


def copies(path: Path) -> Iterator[ast.Attribute]:
    """Reads of such a setting in the making of an object: `self.x = section.key` in `__init__`."""
    for function in functions(path):
        if function.name not in {"__init__", "__post_init__"}:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and node.attr in CHANGING and not is_own(node):
                yield node


def is_own(node: ast.Attribute) -> bool:
    """True for `self.key`, which is an attribute of the part and no setting."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"
