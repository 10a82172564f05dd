"""`synctv room …`: rooms, as the operator of this installation."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result, table_of

app = command_group("List, show and close rooms.")

Room = Annotated[str, typer.Argument(metavar="ID", help="The room's id, like room_….")]


@app.command("list")
def list_rooms(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(metavar="N", help="How many at most, 1 to 100.")] = 50,
    cursor: Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on where a list ended.")] = None,
) -> Result:
    """List the rooms, private ones too."""
    page = _ask(ctx, "GET", "/rooms", query={"limit": limit, "cursor": cursor})
    rows = [{**room, "owner_name": room["owner"]["name"]} for room in page["items"]]
    columns = {"NAME": "name", "SEEN BY": "visibility", "STATUS": "status", "OWNER": "owner_name", "ID": "id"}
    if page["next_cursor"]:
        Invocation.of(ctx).output.note(f"There are more: --cursor {page['next_cursor']}")
    return Result(page, table_of(rows, columns, empty="There are no rooms yet.", keep=("ID",)))


@app.command()
def show(ctx: typer.Context, room: Room) -> Result:
    """Show one room."""
    return _shown(_ask(ctx, "GET", f"/rooms/{_quoted(room)}"))


@app.command()
def close(ctx: typer.Context, room: Room, *, yes: YES = False) -> Result:
    """Close a room: everybody in it is sent out, and nobody comes in until it is opened again."""
    from synctv_cli.asking import confirm

    confirm(Invocation.of(ctx).output, f"Close {room} and send everybody in it out?", is_given=yes)
    return _shown(_ask(ctx, "POST", f"/rooms/{_quoted(room)}/close"))


def _ask(ctx: typer.Context, method: str, path: str, **content: Any) -> dict[str, Any]:
    from synctv_cli.admin import request

    return request(Invocation.of(ctx), method, path, **content)


def _quoted(room_id: str) -> str:
    from urllib.parse import quote

    return quote(room_id, safe="")


def _shown(room: dict[str, Any]) -> Result:
    settings = room["settings"]
    pairs = [
        ("name", room["name"]),
        ("description", room["description"] or None),
        ("seen by", room["visibility"]),
        ("status", room["status"]),
        ("password", "yes" if room["has_password"] else "no"),
        ("owner", room["owner"]["name"]),
        ("guests", "may enter" if settings["allow_guests"] else "may not enter"),
        ("control", settings["control"]),
        ("members", f"at most {settings['max_members']}"),
        ("drift", _drift(room.get("drift"))),
        ("id", room["id"]),
    ]
    return Result(room, Fields(pairs))


def _drift(drift: dict[str, Any] | None) -> str | None:
    if drift is None:
        return None
    watching = "viewer" if drift["viewers"] == 1 else "viewers"
    return f"p50 {drift['p50_ms']:.0f} ms, p95 {drift['p95_ms']:.0f} ms of {drift['viewers']} {watching}"
