"""`synctv config …`: what the installation is set to, where each value comes from, and whether it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Lines, Result, Table

if TYPE_CHECKING:
    from synctv_server.config.presentation import Shown

app = command_group("Show, check and change the configuration.")


@app.command()
def show(ctx: typer.Context) -> Result:
    """Show every setting with its value and where that comes from; secrets are masked."""
    from synctv_server.config.presentation import show as show_settings

    settings = show_settings(Invocation.of(ctx).load())
    rows = [
        [f"{section}.{key}", _value(shown), f"{shown['origin'].replace('_', ' ')} {shown['at']}".rstrip()]
        for section, keys in settings.items()
        for key, shown in keys.items()
    ]
    return Result(
        {"settings": settings}, Table(("SETTING", "VALUE", "ORIGIN"), rows, "", frozenset({"SETTING"}))
    )


@app.command()
def check(ctx: typer.Context) -> Result:
    """Say whether the configuration can be used; exit 5 names every problem and its cure."""
    loaded = Invocation.of(ctx).load_silently()
    warnings = [
        {"setting": each.setting, "message": each.message, "fix": each.fix} for each in loaded.warnings
    ]
    source = loaded.config_file or "no file: the defaults, the environment and the flags"
    text = [f"The configuration is valid ({source})."]
    text += [f"Warning: {each.setting}: {each.text}" for each in loaded.warnings]
    return Result({"warnings": warnings}, Lines(text))


@app.command("set")
def set_value(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The setting, like server.port.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The new value.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    _yes: YES = False,
) -> Result:
    """Write a setting into the configuration file, if it can be used then. Comments stay."""
    from synctv_cli.configuration_file import write_value

    written = write_value(Invocation.of(ctx), name, value, is_dry_run=dry_run)
    shown = [f"{'Would write' if dry_run else 'Wrote'} {name} into {written.file}.", *written.notes]
    result: dict[str, object] = {
        "setting": name,
        "before": written.before,
        "after": written.after,
        "config": str(written.file),
        "takes_effect": written.takes_effect,
        "dry_run": dry_run,
    }
    return Result(result, Lines(shown))


@app.command()
def path(ctx: typer.Context) -> Result:
    """Show where the configuration file and the data directory are."""
    from synctv_server.config.places import config_path

    invocation = Invocation.of(ctx)
    file = config_path(invocation.config_flag, invocation.data_dir, invocation.environ)
    value = {"config": str(file), "exists": file.is_file(), "data_dir": str(invocation.data_dir)}
    note = None if file.is_file() else "There is no such file yet; `synctv init` writes one."
    return Result(value, Fields([("config", str(file)), ("", note), ("data_dir", str(invocation.data_dir))]))


@app.command()
def reference() -> Result:
    """Show every setting that there is: its type, its default, its environment variable, what it does."""
    from textwrap import wrap

    from synctv_server.config.settings import reference as all_settings
    from synctv_server.config.settings import toml_text

    settings = all_settings()
    value = [
        {
            "name": each.name,
            "type": each.type,
            "default": str(each.default) if each.is_path and each.default else each.default,
            "environment": each.environment,
            "secret": each.is_secret,
            "description": each.description,
        }
        for each in settings
    ]
    text: list[str] = []
    for each in settings:
        default = toml_text(each.default)
        kind = f"{each.type}, default {default}" if default else each.type
        text += [
            each.name,
            f"  {kind}; {each.environment}",
            *wrap(each.description, 76, initial_indent="  ", subsequent_indent="  "),
            "",
        ]
    return Result({"settings": value}, Lines(text))


def _value(shown: Shown) -> str:
    if shown["secret"]:
        return "-" if shown["origin"] == "default" else "***"
    value = shown["value"]
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return (
        str(value).lower() if isinstance(value, bool) else "-" if value is None or value == "" else str(value)
    )
