"""`synctv database …`: from SQLite to PostgreSQL, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result

app = command_group("Move the database from SQLite to PostgreSQL, or back.")


@app.command()
def move(
    ctx: typer.Context,
    *,
    to: Annotated[
        str, typer.Option(metavar="URL", help="The empty database to fill, written as in database.url.")
    ],
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file that holds the password of the new database.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be moved.")] = False,
    yes: YES = False,
) -> Result:
    """Copy every row into an empty database, and compare. Never beside a running server."""
    import asyncio

    from synctv_cli.asking import confirm
    from synctv_cli.operator import operator
    from synctv_cli.passphrases import read_first_line
    from synctv_server.supervisor.moving import move_database, plan_move

    invocation = Invocation.of(ctx)
    password = None
    if password_file is not None:
        password = read_first_line(invocation.output, password_file, "--password-file")
    _require_no_password_in(to)
    loaded = invocation.load_installed()
    if dry_run:
        moved = asyncio.run(plan_move(loaded, to, password))
    else:
        confirm(invocation.output, f"Copy the database to {to}?", is_given=yes)
        moved = asyncio.run(move_database(loaded, to, password, operator(), invocation.tell_table))
    value = {"from": moved.source, "to": moved.target, "counts": moved.counts, "dry_run": dry_run}
    pairs = [
        ("from", moved.source),
        ("to", moved.target),
        ("rows", f"{sum(moved.counts.values())} in {len(moved.counts)} tables"),
        ("state", "nothing was moved" if dry_run else "moved and compared; the old database is as it was"),
        ("next", None if dry_run else f'write `url = "{to}"` below [database] in synctv.toml, and start'),
    ]
    return Result(value, Fields(pairs))


def _require_no_password_in(url: str) -> None:
    """A command line stands in the process list."""
    from urllib.parse import urlsplit

    from synctv_cli.failures import Usage

    if urlsplit(url).password is not None:
        raise Usage("--to holds a password, which others can see; name its file with --password-file")
