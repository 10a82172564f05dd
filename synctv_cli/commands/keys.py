"""`synctv keys …`: which keys there are, never what they are; new ones, and the end of a compromised one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Lines, Result, Table, when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synctv_cli.admin import Server

app = command_group("Show the keys of this installation, and replace them.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]


@app.command("list")
def list_keys(ctx: typer.Context) -> Result:
    """List the master, sealing and signing keys with their states."""
    value = _ask(ctx, "GET", "/keys")
    rows = [
        [key["purpose"], key["state"], when(key["activated_at"]).partition(" ")[0], key["kid"]]
        for key in value["keys"]
    ]
    columns = ("PURPOSE", "STATE", "SINCE", "KEY ID")
    return Result(value, Table(columns, rows, "There are no keys.", frozenset(columns)))


@app.command()
def jwks(ctx: typer.Context) -> Result:
    """Show the public signing keys as a JSON Web Key Set, as clients get it."""
    import json

    value = _ask(ctx, "GET", "/keys/jwks")
    return Result(value, Lines(json.dumps(value, indent=2).splitlines()))


@app.command()
def generate(
    ctx: typer.Context,
    *,
    algorithm: Annotated[
        Literal["RS256", "ES256", "EdDSA"] | None,
        typer.Option(help="Another algorithm than that of auth.signing_algorithm."),
    ] = None,
    _yes: YES = False,
) -> Result:
    """Publish a new signing key, which signs from the next rotation on."""
    key = _ask(ctx, "POST", "/keys", body={"algorithm": algorithm})
    return Result(key, Fields([("next key", key["kid"]), ("algorithm", key["algorithm"])]))


@app.command()
def rotate(
    ctx: typer.Context,
    *,
    purpose: Annotated[
        Literal["signing", "sealing", "master"], typer.Option(help="Which kind of key to replace.")
    ] = "signing",
    force: Annotated[
        bool, typer.Option("--force", help="Do not wait until every server knows the new key.")
    ] = False,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Of the master key: drop the one before, which is taken until then."),
    ] = False,
    dry_run: DryRun = False,
    _yes: YES = False,
) -> Result:
    """Put a new key into use: sign with it, seal everything anew, or wrap the keys under it. Nobody is signed out."""
    from synctv_cli.admin import converse

    invocation = Invocation.of(ctx)
    body: dict[str, object] = {"purpose": purpose, "force": force, "finish": finish}
    if dry_run:
        return _planned(_ask(ctx, "POST", "/keys/rotate", body={**body, "dry_run": True}))
    if purpose != "master" and not force:
        invocation.output.note("The new key is made known for five seconds before it is used.")
    value = converse(invocation, lambda server: _rotated(server, body, invocation.output.note))
    pairs = [("new key", value["new_kid"]), ("old key", value["old_kid"])]
    if purpose == "sealing":
        pairs.append(("sealed anew", str(value["resealed"])))
    if purpose == "master" and not finish:
        pairs.append(
            ("then", "`synctv keys rotate --purpose master --finish`, once every server runs with it")
        )
    return Result(value, Fields(pairs))


@app.command()
def revoke(
    ctx: typer.Context,
    kid: Annotated[str, typer.Argument(metavar="KID", help="The key's id, as `keys list` shows it.")],
    *,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Somebody else may have the key: needed to revoke it.")
    ] = False,
    dry_run: DryRun = False,
    yes: YES = False,
) -> Result:
    """Refuse at once what a compromised key has signed. Sign-ins stay; their clients fetch new tokens."""
    from synctv_cli.asking import confirm
    from synctv_cli.failures import Usage

    if not compromised:
        raise Usage(
            "only a compromised key is revoked: say so with --compromised",
            hint="To replace a key that nobody else has, use `synctv keys rotate`.",
        )
    if not dry_run:
        confirm(Invocation.of(ctx).output, f"Refuse everything that {kid} has signed?", is_given=yes)
    value = _ask(ctx, "POST", f"/keys/{_quoted(kid)}/revoke", body={"dry_run": dry_run})
    affected = str(value["sessions_affected"])
    pairs = [
        ("would revoke" if dry_run else "revoked", value["kid"]),
        ("signs in its place", value.get("new_kid")),
        ("sign-ins that refresh", affected),
    ]
    return Result({**value, "dry_run": dry_run}, Fields(pairs))


def _planned(plan: dict[str, Any]) -> Result:
    pairs = [
        ("would take over", plan["new_kid"] or f"a new {plan['purpose']} key"),
        ("from", plan["old_kid"]),
        ("which is taken", f"until {_end_of_old(plan)}"),
        ("secrets under the new key", str(plan["values"]) if plan["values"] else None),
    ]
    return Result({**plan, "dry_run": True}, Fields(pairs))


def _end_of_old(plan: dict[str, Any]) -> str:
    if plan["retires_at"]:
        return when(plan["retires_at"])
    return "--finish" if plan["purpose"] == "master" else "nothing is under it any more"


async def _rotated(server: Server, body: Mapping[str, object], tell: Callable[[str], None]) -> dict[str, Any]:
    """The last step of a rotation; what its steps have sealed anew is added up, and told while there is more."""
    resealed, old_kid = 0, None
    while True:
        step = await server.ask("POST", "/keys/rotate", body=body)
        old_kid = step["old_kid"] = old_kid or step["old_kid"]
        if "resealed" in step:
            resealed = step["resealed"] = resealed + step["resealed"]
        if step.pop("done"):
            return step
        body = {**body, "continues": step["new_kid"]}
        tell(f"[{resealed}/{resealed + step['remaining']}] sealed anew")


def _ask(ctx: typer.Context, method: str, path: str, **content: Any) -> dict[str, Any]:
    from synctv_cli.admin import request

    return request(Invocation.of(ctx), method, path, **content)


def _quoted(kid: str) -> str:
    from urllib.parse import quote

    return quote(kid, safe="")
