"""`synctv init`: everything that a server needs, once."""

from __future__ import annotations

import typer

from synctv_cli.commands import YES, single_command
from synctv_cli.context import Invocation
from synctv_cli.views import Fields, Result

app = single_command()


@app.command()
def init(ctx: typer.Context, *, _yes: YES = False) -> Result:
    """Create configuration, keys and database; what is there already stays as it is."""
    import asyncio

    return asyncio.run(_init(Invocation.of(ctx)))


async def _init(invocation: Invocation) -> Result:
    from synctv_cli.setup_link import find_setup_url
    from synctv_server.config.places import config_path
    from synctv_server.supervisor.installation import lay_out, make_whole
    from synctv_server.supervisor.lock import InstallationLock, held
    from synctv_server.supervisor.opening import open_alone

    data_dir = invocation.data_dir
    holder = InstallationLock(data_dir).find_holder()
    if holder is not None and holder.is_server:
        return _result(invocation, [], find_setup_url(data_dir))
    created = lay_out(data_dir, config_path(invocation.config_flag, data_dir, invocation.environ))
    async with held(data_dir, "init"):
        made = await make_whole(invocation.load(), may_migrate=True, progress=invocation.tell_step)
        async with open_alone(invocation.load_silently()) as application:
            setup_url = await application.setup_url(replace_expired=False)
    if made.backup:
        invocation.output.note(f"The database was copied to {made.backup} before it was changed.")
    return _result(invocation, created + made.created, setup_url)


def _result(invocation: Invocation, created: list[str], setup_url: str | None) -> Result:
    value: dict[str, object] = {"data_dir": str(invocation.data_dir), "created": created}
    if setup_url:
        value["setup_url"] = setup_url
    pairs = [
        ("data", str(invocation.data_dir)),
        ("created", ", ".join(created) or "nothing; it is initialised already"),
        ("next", "`synctv serve`, then open the set-up link" if setup_url else "`synctv serve`"),
        ("set-up link", setup_url),
    ]
    return Result(value, Fields(pairs))
