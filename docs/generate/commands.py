"""docs/reference/commands.md, from the help of every command."""

from __future__ import annotations

from collections.abc import Iterator

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from docs.generate.markdown import document
from synctv_cli.main import app

_INTRODUCTION = """\
Results go to stdout, everything else to stderr; `--json` prints exactly one document. Exit codes: 0 done; 1
the work failed; 2 usage or invalid input; 3 action needed; 4 broken state; 5 configuration invalid; 6
server or database out of reach; 7 not permitted; 8 not found; 9 conflict, locked or in use; 10 incompatible
version; 70 a bug; 130 interrupted. `health` uses 0 and 1 only."""

_WIDTH = 100


def page() -> str:
    """The help of every command, the root first."""
    return document("Commands", _INTRODUCTION, *(_section(*entry) for entry in command_paths()))


def command_paths() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command with its path: `synctv`, `synctv user`, `synctv user list`, …"""
    yield from _below("synctv", get_command(app))


def _below(path: str, command: object) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    if not isinstance(command, TyperCommand | TyperGroup):
        raise TypeError(f"{path} is no command of Typer")
    yield path, command
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            if not child.hidden:
                yield from _below(f"{path} {name}", child)


def _section(path: str, command: TyperCommand | TyperGroup) -> str:
    context = command.make_context(path, [], resilient_parsing=True)
    context.terminal_width = context.max_content_width = _WIDTH
    return f"## `{path}`\n\n```text\n{command.get_help(context).rstrip()}\n```"
