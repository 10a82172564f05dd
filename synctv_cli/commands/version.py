"""`synctv version`."""

from __future__ import annotations

import sys

from synctv_cli.commands import single_command
from synctv_cli.views import Fields, Result
from synctv_server import __version__

app = single_command()


@app.command()
def version() -> Result:
    """Show the versions of synctv and of what it runs on."""
    import platform
    import sqlite3

    value = {
        "version": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "platform": platform.platform(terse=True),
        "executable": sys.executable,
    }
    return Result(value, Fields(list(value.items())))
