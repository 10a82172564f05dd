"""`synctv settings …`: what an administrator changes in the running server, without touching the configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Lines, Result, Table, when

app = command_group("Change settings of the running server, without a restart.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The setting, like auth.registration.")]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]


@app.command("list")
def list_settings(ctx: typer.Context) -> Result:
    """List the settings that may change in the running server, with where each value comes from."""
    value = _ask(ctx, "GET")
    rows = [[each["name"], _text(each["value"]), _origin(each)] for each in value["settings"]]
    return Result(value, Table(("SETTING", "VALUE", "ORIGIN"), rows, "", frozenset({"SETTING"})))


@app.command("get")
def get_setting(ctx: typer.Context, name: Name) -> Result:
    """Show one setting."""
    from synctv_server.domain.errors import NotFound

    found = [each for each in _ask(ctx, "GET")["settings"] if each["name"] == name]
    if not found:
        raise NotFound(
            f"{name} is no setting that changes in the running server",
            code="settings.unknown",
            hint="`synctv settings list` shows those that do, `synctv config show` all.",
        )
    setting = found[0]
    pairs = [
        ("setting", name),
        ("value", _text(setting["value"])),
        ("origin", _origin(setting)),
        ("default", _text(setting["default"])),
        (
            "changed",
            f"{when(setting['changed_at'])} by {setting['changed_by']}" if setting["changed_by"] else None,
        ),
    ]
    return Result(setting, Fields(pairs))


@app.command("set")
def set_setting(
    ctx: typer.Context,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The new value.")],
    *,
    dry_run: DRY_RUN = False,
    _yes: YES = False,
) -> Result:
    """Give a setting another value, at once and on every server."""
    return _changed(_change(ctx, {name: value}, dry_run=dry_run), dry_run=dry_run)


@app.command()
def unset(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="The settings.")],
    *,
    dry_run: DRY_RUN = False,
    _yes: YES = False,
) -> Result:
    """Take the value of `settings set` back: the default holds again."""
    return _changed(_change(ctx, dict.fromkeys(names), dry_run=dry_run), dry_run=dry_run)


@app.command("export")
def export_settings(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file, which must not exist yet.")
    ] = None,
    _yes: YES = False,
) -> Result:
    """Give the values that were set, as TOML that `settings import` takes."""
    from synctv_server.config.presentation import toml_document

    kept = {each["name"]: each["kept"] for each in _ask(ctx, "GET")["settings"] if each["kept"] is not None}
    text = toml_document(kept)
    value: dict[str, object] = {"settings": kept, "toml": text}
    if output is None:
        return Result(value, Lines(text.splitlines()))
    _write_new(output, text)
    return Result({**value, "path": str(output)}, Lines([f"Settings in {output}: {len(kept)}"]))


@app.command("import")
def import_settings(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML, as `settings export` gives it.")],
    *,
    dry_run: DRY_RUN = False,
    _yes: YES = False,
) -> Result:
    """Set everything that a file says, or nothing where one of it cannot be. Settings it does not name stay."""
    from synctv_server.config.toml_file import read_toml

    values = {entry.name: entry.value for entry in read_toml(file)}
    return _changed(_change(ctx, values, dry_run=dry_run), dry_run=dry_run)


def _ask(ctx: typer.Context, method: str, **content: Any) -> dict[str, Any]:
    from synctv_cli.admin import request

    return request(Invocation.of(ctx), method, "/settings", **content)


def _change(ctx: typer.Context, values: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    return _ask(ctx, "PATCH", body={"settings": values}, query={"dry_run": "true" if dry_run else None})


def _changed(value: dict[str, Any], *, dry_run: bool) -> Result:
    value = {**value, "dry_run": dry_run}
    if not value["changed"]:
        return Result(value, Lines(["Nothing is different."]))
    rows = [[each["name"], _text(each["before"]), _text(each["after"])] for each in value["changed"]]
    heading = "WOULD BE" if dry_run else "IS NOW"
    return Result(value, Table(("SETTING", "WAS", heading), rows, "", frozenset({"SETTING"})))


def _write_new(path: Path, text: str) -> None:
    from synctv_server.domain.errors import Conflict

    try:
        with path.expanduser().open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already", hint="Name a file that does not exist yet.") from error


def _origin(setting: dict[str, Any]) -> str:
    if setting["origin"] == "runtime":
        return f"set by {setting['changed_by']}, {when(setting['changed_at'])}"
    return f"{setting['origin']} {setting['at']}".rstrip()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
