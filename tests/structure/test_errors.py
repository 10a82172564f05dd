"""Only an edge may catch everything: it logs or counts what it caught, and answers for the program."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tests.structure.source import name_of, production, tree

EDGES = {
    "synctv_cli/main.py": "the edge of the command line: an exit code for every fault",
    "synctv_server/api/edge.py": "the edge of HTTP: a problem for every fault",
    "synctv_server/api/ws/handler.py": "the edge of a handshake: a status for every fault",
    "synctv_server/jobs.py": "a job that failed is logged, and comes again at its hour",
    "synctv_server/observability/health.py": "a check may fail in any way, the probe must answer",
    "synctv_server/upkeep/doctor/examination.py": "a check may fail in any way, the others are taken",
    "synctv_server/upkeep/posture/review.py": "a rule may fail in any way, the others are applied",
    "synctv_server/realtime/hub.py": "work of one room on its own: a fault must not end the others'",
    "synctv_server/services/turns.py": "work that waited together: what failed is told to each who wanted it",
    "synctv_server/store/engine.py": "work that waited together: a fault of one must not end the others",
    "synctv_server/store/engines/sqlite.py": "work that waited together: a fault of one must not end the others",
    "synctv_server/realtime/session.py": "the edge of a command on the socket: an answer for every fault",
}
"""The files that may catch `Exception`, each with its reason."""


def test_everything_is_caught_at_the_edges_alone() -> None:
    found = Counter(
        name_of(path) for path in production() for handler in handlers(path) if catches_all(handler)
    )
    assert {name: count for name, count in found.items() if name not in EDGES} == {}


def test_every_edge_still_is_one() -> None:
    files = {name_of(path): path for path in production()}
    assert [name for name in EDGES if not any(map(catches_all, handlers(files[name])))] == []


def handlers(path: Path) -> list[ast.ExceptHandler]:
    """The `except` clauses of a file."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]


def catches_all(handler: ast.ExceptHandler) -> bool:
    """True for a clause that takes any exception and does not raise it again."""
    if handler.type is None:
        names = {"BaseException"}
    else:
        names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    raises_again = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    return bool(names & {"Exception", "BaseException"}) and not raises_again
