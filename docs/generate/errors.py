"""docs/reference/errors.md, from the kinds of `domain/errors.py` and the narrower codes that the code raises."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import synctv_server
from docs.generate.markdown import code, document, table
from synctv_server.domain import errors
from synctv_server.domain.errors import KINDS, SyncTVError

_INTRODUCTION = """\
Every error has a `code`: one of the kinds below, or a narrower word with a dot. HTTP answers it as
`application/problem+json` (RFC 9457), the socket as an `error` frame, the command line as `error.code` of
`--json` and an exit code. The text of an `internal` error never leaves the server: the log has it, with the
request id of the answer."""


def page() -> str:
    """The kinds, those of the command line alone, and the narrower codes."""
    kinds = [kind for kind in _kinds() if "kind" in vars(kind)]
    travelling = [
        (code(kind.kind), str(kind.http_status), str(kind.exit_code), code(kind.grpc_status), _purpose(kind))
        for kind in KINDS
    ]
    local = [(code(kind.kind), str(kind.exit_code), _purpose(kind)) for kind in kinds if kind not in KINDS]
    narrower = [(code(name), code(kind.kind)) for name, kind in sorted(narrow_codes().items())]
    return document(
        "Errors",
        _INTRODUCTION,
        "## Kinds\n\n" + table(("code", "HTTP", "exit code", "gRPC", "meaning"), travelling),
        "## Of the command line alone\n\n" + table(("code", "exit code", "meaning"), local),
        "## Narrower codes\n\n" + table(("code", "kind"), narrower),
    )


def narrow_codes() -> dict[str, type[SyncTVError]]:
    """Every code with a dot that some line of the server raises, and its kind."""
    kinds = {kind.__name__: kind for kind in _kinds()}
    found: dict[str, type[SyncTVError]] = {}
    for path in sorted(Path(synctv_server.__file__).parent.rglob("*.py")):
        for raised, code_ in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            if raised in kinds and "." in code_:
                found[code_] = kinds[raised]
    return found


def _raised(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Every call with a literal `code=`: the name of what is called, and the code."""
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for keyword in call.keywords:
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                yield str(called), str(keyword.value.value)


def _kinds() -> list[type[SyncTVError]]:
    return [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, SyncTVError)]


def _purpose(kind: type[SyncTVError]) -> str:
    if kind is SyncTVError:
        return "A fault of the program."
    return (inspect.getdoc(kind) or "").removesuffix(" Met by the command line only.")
