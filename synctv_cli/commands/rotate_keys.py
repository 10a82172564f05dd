"""`synctv rotate-keys`: another name of `synctv keys rotate`."""

from __future__ import annotations

from synctv_cli.commands import single_command
from synctv_cli.commands.keys import rotate

app = single_command()
app.command("rotate-keys")(rotate)
