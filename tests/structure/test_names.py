"""Names come from the field, not from the furniture of programs (design: names)."""

from __future__ import annotations

import ast
import re

from tests.structure.source import name_of, production, tree

_EMPTY_WORDS = {"manager", "helper", "helpers", "util", "utils", "common", "misc", "core", "info", "impl"}


def test_no_module_is_called_by_an_empty_word() -> None:
    named = [name_of(path) for path in production() if _EMPTY_WORDS & set(words(path.stem))]
    assert named == []


def test_no_class_is_called_by_an_empty_word() -> None:
    named = [
        f"{name_of(path)}: {node.name}"
        for path in production()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and _EMPTY_WORDS & set(words(node.name))
    ]
    assert named == []


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in production() if not ast.get_docstring(tree(path))] == []


def words(name: str) -> list[str]:
    """The words of a name: `room_helper` and `RoomHelper` have two."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
