"""`synctv completion`: the file by which a shell completes commands and options."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from synctv_cli.commands import single_command
from synctv_cli.views import Lines, Result

app = single_command()


@app.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="For which shell.")],
) -> Result:
    """Print the completions for a shell, to be saved where it looks for them."""
    from synctv_cli.completion import script

    text = script(shell)
    return Result({"shell": shell, "script": text}, Lines(text.splitlines()))
