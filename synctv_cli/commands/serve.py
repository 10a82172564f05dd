"""`synctv serve`: the server, from nothing to running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from synctv_cli.commands import YES, single_command
from synctv_cli.context import Flags, Invocation
from synctv_cli.views import Lines, Result

if TYPE_CHECKING:
    from synctv_server.supervisor.serving import Running

app = single_command()


@app.command()
def serve(
    ctx: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Listen on this address; 0.0.0.0 lets others in.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Listen on this port; 0 takes a free one.")
    ] = None,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring a PostgreSQL database up first (SQLite is always).")
    ] = False,
    _yes: YES = False,
) -> None:
    """Run the server. An empty data directory is initialised first, and the link for the first account shown."""
    import asyncio

    import uvloop

    invocation = Invocation.of(ctx)
    log_level = "debug" if invocation.output.is_verbose else None
    given = {"server.host": host, "server.port": port, "observability.log_level": log_level}
    flags: Flags = {name: value for name, value in given.items() if value is not None}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(invocation, flags, migrate=migrate))


async def _serve(invocation: Invocation, flags: Flags, *, migrate: bool) -> None:
    from synctv_server.config.places import config_path
    from synctv_server.observability import logs
    from synctv_server.supervisor.installation import lay_out, make_whole
    from synctv_server.supervisor.lock import held
    from synctv_server.supervisor.serving import run

    data_dir = invocation.data_dir
    created = lay_out(data_dir, config_path(invocation.config_flag, data_dir, invocation.environ))
    async with held(data_dir, "serve") as lock:
        loaded = invocation.load(flags)
        may_migrate = migrate or loaded.settings.database.is_sqlite
        made = await make_whole(loaded, may_migrate=may_migrate, progress=invocation.tell_step)
        created += made.created
        if "database" in created:
            invocation.output.note(f"Made a new installation in {data_dir}.")
        elif created:
            invocation.output.note(f"Made what was missing: {', '.join(created)}.")
        if made.backup:
            invocation.output.note(f"The database was copied to {made.backup} before it was changed.")

        def tell(running: Running) -> None:
            invocation.output.show(_started(invocation, running, created))

        loaded = invocation.load_silently(flags)  # with the master key that may have been made
        with logs.configured(loaded.settings.observability, stream=invocation.output.streams.stderr):
            await run(
                loaded,
                lock,
                invocation.environ,
                on_ready=tell,
                reread=lambda: invocation.load_silently(flags),
            )


def _started(invocation: Invocation, running: Running, created: list[str]) -> Result:
    from synctv_server.config.places import SETUP_LINK_FILE_NAME

    value: dict[str, object] = {
        "url": running.url,
        "pid": running.pid,
        "data_dir": str(invocation.data_dir),
        "control_socket": str(running.control_socket),
        "created": created,
    }
    # Without a terminal this goes to a file or a journal, and whoever reads that must not become root by it.
    link_file = str(invocation.data_dir / SETUP_LINK_FILE_NAME)
    if running.setup_url:
        shown = (
            {"setup_url": running.setup_url} if invocation.output.is_terminal else {"setup_link": link_file}
        )
        value |= shown
    return Result(value, _panel(invocation, running, link_file))


def _panel(invocation: Invocation, running: Running, link_file: str) -> Lines:
    from synctv_server import __version__

    title = f"SyncTV {__version__} is running on {running.url}"
    if not invocation.output.is_terminal:
        waiting = [f"The link for the first account is in {link_file}."] if running.setup_url else []
        return Lines([title, *waiting])
    text = ["", title, ""]
    if running.setup_url:
        text += [
            "Make the owner's account with this link. It works once, for 24 hours:",
            "",
            running.setup_url,
            "",
        ]
    text += [*_how_others_come_in(running), f"Data: {invocation.data_dir}. Ctrl-C stops the server.", ""]
    return Lines(text, strong={title, running.setup_url or ""})


def _how_others_come_in(running: Running) -> list[str]:
    """What to do where only this machine reaches the server."""
    from urllib.parse import urlsplit

    from synctv_server.config.check import is_loopback
    from synctv_server.net.reach import find_lan_address

    own = urlsplit(running.url)
    if not is_loopback(own.hostname or ""):
        return []
    lan = find_lan_address()
    they_open = f", and they open http://{lan}:{own.port}" if lan else ""
    return [
        "Only this machine reaches it. To let friends in,",
        f"- at home: `synctv serve --host 0.0.0.0`{they_open}",
        "- from the internet: put a proxy with https in front, and set server.public_url",
        "",
    ]
