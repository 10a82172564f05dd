"""`synctv user …`: accounts, as the operator of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result, table_of, when

app = command_group("Create accounts and look after them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
Role = Literal["user", "admin", "root"]
RoleOption = Annotated[Role, typer.Option(help="What the account may do on the whole site.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]
PasswordFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Read the password from the first line of a file.")
]


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    *,
    email: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The account's e-mail address.")
    ] = None,
    role: RoleOption = "user",
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    _yes: YES = False,
) -> Result:
    """Create an account. Without a password option it asks for one."""
    from synctv_cli.asking import read_password

    password = read_password(Invocation.of(ctx).output, from_stdin=password_stdin, file=password_file)
    body = {"username": name, "password": password, "role": role, "email": email}
    return _user(
        _ask(ctx, "POST", "/users", body={key: value for key, value in body.items() if value is not None})
    )


@app.command()
def invite(
    ctx: typer.Context,
    *,
    role: RoleOption = "user",
    uses: Annotated[int, typer.Option(metavar="N", help="How many accounts it may make.")] = 1,
    expires: Annotated[str, typer.Option(metavar="SPAN", help="How long it is good, like 12h or 7d.")] = "7d",
    _yes: YES = False,
) -> Result:
    """Make a link by which somebody makes an account."""
    from synctv_cli.spans import seconds_of

    body = {"role": role, "uses": uses, "expires_in": seconds_of("--expires", expires)}
    invitation = _ask(ctx, "POST", "/invitations", body=body)
    return Result(
        invitation, Fields([("link", invitation["url"]), ("good until", when(invitation["expires_at"]))])
    )


@app.command("list")
def list_users(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(metavar="N", help="How many at most, 1 to 100.")] = 50,
    cursor: Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on where a list ended.")] = None,
) -> Result:
    """List the accounts."""
    page = _ask(ctx, "GET", "/users", query={"limit": limit, "cursor": cursor})
    columns = {"NAME": "username", "ROLE": "role", "STATUS": "status", "CREATED": "created_at", "ID": "id"}
    if page["next_cursor"]:
        Invocation.of(ctx).output.note(f"There are more: --cursor {page['next_cursor']}")
    empty = "There are no accounts yet: open the set-up link that `synctv status` shows."
    return Result(page, table_of(page["items"], columns, empty=empty, keep=("CREATED", "ID")))


@app.command()
def show(ctx: typer.Context, name: Name) -> Result:
    """Show one account."""
    return _user(_ask(ctx, "GET", f"/users/{_quoted(name)}"))


@app.command()
def set_password(
    ctx: typer.Context,
    name: Name,
    *,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    _yes: YES = False,
) -> Result:
    """Give an account a new password, and end its sessions."""
    from synctv_cli.asking import read_password

    password = read_password(Invocation.of(ctx).output, from_stdin=password_stdin, file=password_file)
    return _user(_ask(ctx, "PUT", f"/users/{_quoted(name)}/password", body={"password": password}))


@app.command()
def set_role(
    ctx: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Argument(help="The new role.")],
    *,
    _yes: YES = False,
) -> Result:
    """Change what an account may do on the whole site."""
    return _user(_ask(ctx, "PUT", f"/users/{_quoted(name)}/role", body={"role": role}))


@app.command()
def ban(
    ctx: typer.Context,
    name: Name,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the account is told.")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Like 2027-01-31T12:00:00Z; without it for good.")
    ] = None,
    _yes: YES = False,
) -> Result:
    """Shut an account out, and end its sessions."""
    body = {"reason": reason} | ({"until": until} if until else {})
    return _user(_ask(ctx, "POST", f"/users/{_quoted(name)}/ban", body=body))


@app.command()
def unban(ctx: typer.Context, name: Name, *, _yes: YES = False) -> Result:
    """Let a banned account in again."""
    return _user(_ask(ctx, "POST", f"/users/{_quoted(name)}/unban"))


@app.command()
def sessions(ctx: typer.Context, name: Name) -> Result:
    """List where an account is signed in."""
    page = _ask(ctx, "GET", f"/users/{_quoted(name)}/sessions")
    columns = {"LAST USED": "last_used_at", "ADDRESS": "address", "CLIENT": "user_agent", "ID": "id"}
    empty = f"{name} is signed in nowhere."
    return Result(page, table_of(page["items"], columns, empty=empty, keep=("LAST USED", "ID")))


@app.command()
def end_session(
    ctx: typer.Context,
    name: Name,
    session: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One session, as `user sessions` shows it.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All sessions of the account.")] = False,
    _yes: YES = False,
) -> Result:
    """Sign an account out: of one session, or of all."""
    from synctv_cli.failures import Usage

    if every == (session is not None):
        raise Usage("name one session, or say --all")
    one = "" if session is None else f"/{_quoted(session)}"
    value = _ask(ctx, "DELETE", f"/users/{_quoted(name)}/sessions{one}")
    return Result(value, Fields([("sessions ended", str(value["ended"]))]))


@app.command()
def recover(
    ctx: typer.Context,
    name: Name,
    *,
    expires: Annotated[str, typer.Option(metavar="SPAN", help="How long it is good, like 30m or 2h.")] = "1h",
    _yes: YES = False,
) -> Result:
    """Make a link by which somebody who lost the password sets a new one. It works once."""
    from synctv_cli.spans import seconds_of

    body = {"expires_in": seconds_of("--expires", expires)}
    link = _ask(ctx, "POST", f"/users/{_quoted(name)}/recover", body=body)
    return Result(link, Fields([("link", link["url"]), ("good until", when(link["expires_at"]))]))


def _ask(ctx: typer.Context, method: str, path: str, **content: Any) -> dict[str, Any]:
    from synctv_cli.admin import request

    return request(Invocation.of(ctx), method, path, **content)


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _user(user: dict[str, Any]) -> Result:
    banned = user.get("ban_reason")
    if banned is not None:
        banned = f"{banned} (until {when(user['banned_until'])})" if user.get("banned_until") else banned
    pairs = [
        ("name", user["username"]),
        ("role", user["role"]),
        ("status", user["status"]),
        ("banned", banned),
        ("e-mail", user.get("email")),
        ("created", when(user["created_at"])),
        ("id", user["id"]),
    ]
    return Result(user, Fields(pairs))
