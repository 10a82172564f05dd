"""`synctv reload`: a running server reads its configuration, secrets and log settings anew."""

from __future__ import annotations

import typer

from synctv_cli.commands import YES, single_command
from synctv_cli.context import Invocation
from synctv_cli.views import Lines, Result
from synctv_server.domain.errors import Unavailable

app = single_command()


@app.command()
def reload(ctx: typer.Context, *, _yes: YES = False) -> Result:
    """Have the running server read its configuration anew; a bad one changes nothing and is exit 5."""
    from synctv_cli.admin import is_answering, request
    from synctv_server.supervisor.control_socket import control_socket_path

    invocation = Invocation.of(ctx)
    settings = invocation.load_installed().settings
    if not is_answering(control_socket_path(settings.server.control_socket, invocation.environ)):
        raise Unavailable(
            f"no server runs on {invocation.data_dir}", hint="`synctv serve` reads the configuration itself."
        )
    value = request(invocation, "POST", "/reload")
    changed, waiting = value["changed"], value["needs_restart"]
    lines = [f"Reloaded. Changed: {', '.join(changed) or 'nothing'}."]
    if waiting:
        lines.append(f"At the next start: {', '.join(waiting)}.")
    lines += [f"Warning: {each['setting']}: {each['message']}; {each['fix']}" for each in value["warnings"]]
    return Result(value, Lines(lines))
