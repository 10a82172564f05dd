"""`synctv audit log …`: who did what to this installation, and whether the log of it still holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.failures import BROKEN_STATE
from synctv_cli.views import Fields, Lines, Result, Table, when

app = command_group("Read and check the audit log, which shows when it was tampered with.")

_PATIENCE_SECONDS = 600.0
"""For a reading of the whole log: half a minute for a million entries."""

Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", help="Not before: a span like 2h or 7d, or a moment like 2026-11-24T07:00:00Z."
    ),
]
Actor = Annotated[
    str | None,
    typer.Option(metavar="WHO", help="By this name, id, or type: user, operator, system, stranger."),
]
Action = Annotated[
    str | None, typer.Option(metavar="WHAT", help="Like user.banned, or the noun alone: user.")
]


@app.command("list")
def list_entries(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(metavar="N", help="How many at most, 1 to 100.")] = 50,
    since: Since = None,
    actor: Actor = None,
    action: Action = None,
    cursor: Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on where a list ended.")] = None,
) -> Result:
    """List the entries, the newest first."""
    page = _page(ctx, limit=limit, since=_moment(since), actor=actor, action=action, cursor=cursor)
    if page["next_cursor"]:
        Invocation.of(ctx).output.note(f"There are more: --cursor {page['next_cursor']}")
    return _listed(page["items"], page["next_cursor"])


@app.command()
def tail(
    ctx: typer.Context,
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", metavar="N", help="How many, 1 to 100.")] = 10,
) -> Result:
    """Show the last entries, the newest at the end."""
    page = _page(ctx, limit=lines)
    return _listed(page["items"][::-1], page["next_cursor"])


@app.command()
def verify(
    ctx: typer.Context,
    *,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Write the faults that are found into the log, so that it goes on."),
    ] = False,
    _yes: YES = False,
) -> Result:
    """Check every entry, the file that remembers the end, and the signed checkpoints; exit 4 when they do not hold."""
    from synctv_cli.admin import Document, Server, converse

    async def check(server: Server) -> Document:
        body = {"accept": accept}
        return await server.ask("POST", "/audit/verify", body=body, timeout_seconds=_PATIENCE_SECONDS)

    found = converse(Invocation.of(ctx), check)
    value = {name: part for name, part in found.items() if name != "fault" or part is not None}
    pairs = [
        ("log", "holds" if found["ok"] else "was tampered with"),
        ("entries", str(found["entries"])),
        ("checkpoints", str(found["checkpoints"])),
        *((f"{fault['kind']}", _place(fault)) for fault in found["faults"]),
        *((f"accepted {fault['kind']}", _place(fault)) for fault in found["accepted"]),
        ("not proved yet", None if found["remembered"] or not found["entries"] else "the last entries"),
    ]
    return Result(value, Fields(pairs), 0 if found["ok"] else BROKEN_STATE)


@app.command()
def export(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write to this file, which must be new.")
    ],
    format_: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="One JSON object or one row for each entry.")
    ] = "jsonl",
    _yes: YES = False,
) -> Result:
    """Write the whole log to FILE, and what proves it to FILE.proof.json."""
    from synctv_cli.audit_export import export as write

    value = write(Invocation.of(ctx), output, format_)
    lines = [f"Wrote {value['entries']} entries to {value['path']}, and their proof to {value['proof']}."]
    return Result(value, Lines(lines))


def _page(ctx: typer.Context, **query: str | int | None) -> dict[str, Any]:
    from synctv_cli.admin import request

    return request(Invocation.of(ctx), "GET", "/audit", query=query)


def _moment(text: str | None) -> str | None:
    """A span counts back from now."""
    if text is None or ":" in text or "-" in text:
        return text
    from datetime import UTC, datetime, timedelta

    from synctv_cli.spans import seconds_of

    began = datetime.now(UTC) - timedelta(seconds=seconds_of("--since", text))
    return began.isoformat(timespec="milliseconds")


def _listed(entries: list[dict[str, Any]], next_cursor: str | None) -> Result:
    rows = [
        [
            str(entry["seq"]),
            when(entry["at"]),
            _named(entry["actor"]),
            entry["action"],
            _named(entry["target"]),
            entry["address"] or "-",
            entry["outcome"],
        ]
        for entry in entries
    ]
    columns = ("SEQ", "WHEN", "WHO", "WHAT", "WHOM", "FROM", "OUTCOME")
    value = {"entries": entries, "next_cursor": next_cursor}
    keep = frozenset({"SEQ", "WHEN", "WHAT"})
    return Result(value, Table(columns, rows, "The audit log has no such entry.", keep))


def _named(party: dict[str, str]) -> str:
    if not party["type"]:
        return "-"
    return " ".join(part for part in (party["type"], party["name"] or party["id"]) if part)


def _place(fault: dict[str, Any]) -> str:
    return (
        f"at {fault['seq']}" if fault["seq"] == fault["until"] else f"from {fault['seq']} to {fault['until']}"
    )
