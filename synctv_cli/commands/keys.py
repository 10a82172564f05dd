"""`synctv keys …`: which keys there are, never what they are; and a new one that signs."""

from __future__ import annotations

from typing import Annotated

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result, Table, when

app = command_group("Show the keys of this installation, and replace them.")


@app.command("list")
def list_keys(ctx: typer.Context) -> Result:
    """List the master, sealing and signing keys with their states."""
    from synctv_cli.admin import request

    value = request(Invocation.of(ctx), "GET", "/keys")
    rows = [
        [key["purpose"], key["state"], when(key["activated_at"]).partition(" ")[0], key["kid"]]
        for key in value["keys"]
    ]
    columns = ("PURPOSE", "STATE", "SINCE", "KEY ID")
    return Result(value, Table(columns, rows, "There are no keys.", frozenset(columns)))


@app.command()
def rotate(
    ctx: typer.Context,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Do not wait until every server knows the new key.")
    ] = False,
    _yes: YES = False,
) -> Result:
    """Sign with a new key from now on. Nobody is signed out."""
    from synctv_cli.admin import request

    value = request(Invocation.of(ctx), "POST", "/keys/rotate", body={"force": force})
    return Result(value, Fields([("New key", value["new_kid"]), ("Old key", value["old_kid"])]))
