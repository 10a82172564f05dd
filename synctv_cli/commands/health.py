"""`synctv health`: the probes, for people and for container health checks. Exit 0 or 1, nothing else.

Needs nothing but the standard library: a container runs it every few seconds.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from synctv_cli.commands import single_command
from synctv_cli.context import Invocation
from synctv_cli.failures import FAILED
from synctv_cli.views import Lines, Result
from synctv_server.domain.errors import Unavailable

app = single_command()

_TIMEOUT_SECONDS = 5.0


@app.command()
def health(
    ctx: typer.Context,
    probe: Annotated[
        Literal["live", "ready", "startup"], typer.Argument(metavar="live|ready|startup", help="Which probe.")
    ] = "ready",
    *,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of another server, like https://tv.example.org.")
    ] = None,
) -> Result:
    """Ask a running server how it is: exit 0 when well, 1 when not."""
    status, report = _asked(url or _local_url(Invocation.of(ctx)), probe)
    checks: dict[str, Any] = report.get("checks", {})
    lines = [f"{probe}: {report['status']}"]
    for name, check in checks.items():
        message = check.get("message", "")
        lines.append(f"  {name:12} {check['status']:4} {check['latency_ms']:.1f} ms  {message}".rstrip())
    view = Lines(lines)
    return Result(report, view, 0 if status == 200 else FAILED)


def _local_url(invocation: Invocation) -> str:
    """Where the server of this data directory answers this machine, without any proxy."""
    from synctv_server.supervisor.lock import InstallationLock

    holder = InstallationLock(invocation.data_dir).find_holder()
    if holder is None or not holder.is_server:
        raise Unavailable(f"no server runs on {invocation.data_dir}", hint="--url asks one elsewhere.")
    if not holder.local_url:
        raise Unavailable(f"the server on {invocation.data_dir} (pid {holder.pid}) is starting")
    return holder.local_url


def _asked(base: str, probe: str) -> tuple[int, dict[str, Any]]:
    import json
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unavailable(f"--url: {base!r} is no address like http://127.0.0.1:8080")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health/{probe}")
        response = connection.getresponse()
        report = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(f"{base} does not answer: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    if not isinstance(report, dict) or "status" not in report:
        raise Unavailable(f"{base} is no SyncTV server")
    return response.status, report
