"""`synctv secrets …`: where each secret comes from, what is wrong with it, and a new value; never the value itself.

Works on the files of the installation alone, whatever else is broken.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.failures import ACTION_NEEDED
from synctv_cli.views import Fields, Result, Table

if TYPE_CHECKING:
    from synctv_server.config.secrets import SecretSources
    from synctv_server.upkeep.secrets import KeptSecret, SecretState

app = command_group("Show where secrets come from, check them, and replace them; never show them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The setting, like observability.metrics_token.")]


@app.command("list")
def list_secrets(ctx: typer.Context) -> Result:
    """List every secret with its source."""
    from synctv_server.upkeep.secrets import secret_states

    states = secret_states(_sources(Invocation.of(ctx)))
    rows = [[state.setting.name, _source(state)] for state in states]
    return Result(
        {"secrets": [_document(state) for state in states]},
        Table(("SECRET", "SOURCE"), rows, "", frozenset({"SECRET"})),
    )


@app.command("set")
def set_secret(
    ctx: typer.Context,
    name: Name,
    *,
    value_stdin: Annotated[bool, typer.Option("--value-stdin", help="Read the value from stdin.")] = False,
    value_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the value from a file.")
    ] = None,
    _yes: YES = False,
) -> Result:
    """Put a value into the secret's file in the data directory. Without an option it asks for it."""
    from synctv_cli.asking import read_secret
    from synctv_server.upkeep.secrets import get_secret_setting, keep_secret

    invocation = _installed(ctx)
    get_secret_setting(name)  # before anybody types it
    value = read_secret(invocation.output, from_stdin=value_stdin, file=value_file)
    kept = keep_secret(_sources(invocation), name, value, still_loads=invocation.load_silently)
    return _kept(invocation, kept, "set")


@app.command()
def rotate(ctx: typer.Context, name: Name, *, _yes: YES = False) -> Result:
    """Put a new random value into the file of a secret that is this installation's own."""
    from synctv_server.upkeep.secrets import rotate_secret

    invocation = _installed(ctx)
    kept = rotate_secret(_sources(invocation), name, still_loads=invocation.load_silently)
    return _kept(invocation, kept, "replaced")


@app.command()
def check(ctx: typer.Context) -> Result:
    """Look at every secret: there, strong, private, not too old, not used twice. Exit 3 when one needs you."""
    from synctv_server.realtime.clock import ServerClock
    from synctv_server.upkeep.secret_review import Weight, review_secrets

    found = review_secrets(_sources(_installed(ctx)), ServerClock().now())
    value = [
        {"setting": each.setting, "severity": each.severity.value, "message": each.message, "fix": each.fix}
        for each in found
    ]
    rows = [[each.severity.value, each.setting, f"{each.message}; {each.fix}"] for each in found]
    table = Table(("SEVERITY", "SECRET", "WHAT IS WRONG"), rows, "All secrets are in order.")
    is_urgent = any(each.severity is not Weight.LOW for each in found)
    return Result({"findings": value}, table, ACTION_NEEDED if is_urgent else 0)


def _installed(ctx: typer.Context) -> Invocation:
    """The invocation, where there is an installation; its configuration may be refused."""
    invocation = Invocation.of(ctx)
    invocation.require_installation()
    return invocation


def _sources(invocation: Invocation) -> SecretSources:
    from synctv_server.config.secrets import SecretSources

    return SecretSources(invocation.data_dir, invocation.environ)


def _document(state: SecretState) -> dict[str, object]:
    origin = state.origin
    return {
        "name": state.setting.name,
        "origin": origin.kind if origin else None,
        "at": origin.at if origin else None,
        "length": len(state.secret.reveal()) if state.secret else None,
        "problem": state.problem,
    }


def _source(state: SecretState) -> str:
    if state.problem is not None:
        return f"refused: {state.problem}"
    return str(state.origin) if state.origin else "-"


def _kept(invocation: Invocation, kept: KeptSecret, verb: str) -> Result:
    """What has been done, once it is in the audit log."""
    from synctv_cli.operator import write_down
    from synctv_server.domain.audit import Deed, Party

    write_down(invocation, Deed("secret.set", Party("setting", kept.setting.name, kept.setting.name)))
    takes_effect = "restart" if kept.setting.change == "restart" else "reload"
    value = {"name": kept.setting.name, "path": str(kept.path), "takes_effect": takes_effect}
    how = "`synctv reload`" if takes_effect == "reload" else "the next start of the server"
    pairs = [(verb, kept.setting.name), ("file", str(kept.path)), ("takes effect by", how)]
    return Result(value, Fields(pairs))
