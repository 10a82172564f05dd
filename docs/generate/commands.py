"""docs/reference/commands.md, from the help of every command."""

from __future__ import annotations

from typer.core import TyperCommand, TyperGroup

from docs.generate.markdown import document
from synctv_cli.tree import command_paths

_INTRODUCTION = """\
Results go to stdout, everything else to stderr; `--json` prints exactly one document. Exit codes: 0 done; 1
the work failed; 2 usage or invalid input; 3 action needed; 4 broken state; 5 configuration invalid; 6
server or database out of reach; 7 not permitted; 8 not found; 9 conflict, locked or in use; 10 incompatible
version; 70 a bug; 130 interrupted. `health` uses 0 and 1 only."""

_WIDTH = 100


def page() -> str:
    """The help of every command, the root first."""
    return document("Commands", _INTRODUCTION, *(_section(*entry) for entry in command_paths()))


def _section(path: str, command: TyperCommand | TyperGroup) -> str:
    context = command.make_context(path, [], resilient_parsing=True)
    context.terminal_width = context.max_content_width = _WIDTH
    return f"## `{path}`\n\n```text\n{command.get_help(context).rstrip()}\n```"
