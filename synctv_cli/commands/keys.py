"""`synctv keys …`: which keys there are, never what they are."""

from __future__ import annotations

import typer

from synctv_cli.commands import command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Result, table_of

app = command_group("Show the keys of this installation.")


@app.command("list")
def list_keys(ctx: typer.Context) -> Result:
    """List the master, sealing and signing keys with their states."""
    from synctv_cli.admin import request

    value = request(Invocation.of(ctx), "GET", "/keys")
    columns = {
        "PURPOSE": "purpose",
        "ALGORITHM": "algorithm",
        "STATE": "state",
        "ACTIVE SINCE": "activated_at",
        "KEY ID": "kid",
    }
    return Result(value, table_of(value["keys"], columns, empty="There are no keys.", keep=("ACTIVE SINCE",)))
