"""`synctv keys …`: which keys there are, never what they are."""

from __future__ import annotations

import typer

from synctv_cli.commands import command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Result, Table, when

app = command_group("Show the keys of this installation.")


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
