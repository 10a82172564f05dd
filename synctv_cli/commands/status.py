"""`synctv status`: what runs on this installation, and where."""

from __future__ import annotations

from typing import Any

import typer

from synctv_cli.commands import single_command
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result

app = single_command()


@app.command()
def status(ctx: typer.Context) -> Result:
    """Show what runs on this data directory, and where; exit 0 also when nothing does."""
    from synctv_cli.admin import is_answering, request
    from synctv_cli.setup_link import find_setup_url
    from synctv_server import __version__
    from synctv_server.supervisor.control_socket import control_socket_path
    from synctv_server.supervisor.lock import InstallationLock

    invocation = Invocation.of(ctx)
    settings = invocation.load().settings
    path = control_socket_path(settings.server.control_socket, invocation.environ)
    value: dict[str, Any] = {
        "running": is_answering(path),
        "version": __version__,
        "control_socket": str(path),
        "data_dir": str(invocation.data_dir),
        "database": "sqlite" if settings.database.is_sqlite else "postgres",
    }
    if value["running"]:
        value |= request(invocation, "GET", "/status")
        if holder := InstallationLock(invocation.data_dir).find_holder():
            value |= {"pid": holder.pid, "url": holder.url}
    if setup_url := find_setup_url(invocation.data_dir):
        value["setup_url"] = setup_url
    return Result(value, _view(value, is_installed=invocation.data_dir.is_dir()))


def _view(value: dict[str, Any], *, is_installed: bool) -> Fields:
    if value["running"]:
        state = f"running, pid {value.get('pid', '?')}, for {_span(value['uptime_seconds'])}"
    else:
        state = "not running" if is_installed else "not installed; `synctv serve` does it all"
    pairs = [
        ("server", state),
        ("version", value["version"]),
        ("address", value.get("url")),
        ("set-up link", value.get("setup_url")),
        ("database", value["database"]),
        ("rooms live", _number(value.get("rooms_live"))),
        ("connections", _number(value.get("connections"))),
        ("data", value["data_dir"]),
        ("control socket", value["control_socket"]),
    ]
    return Fields(pairs)


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _span(seconds: float) -> str:
    """A span in its two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    told = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(told[:2]) or "0 s"
