"""One module per entry of the menu. Each has `app`, and imports what is heavy inside the command that needs it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup, TyperOption

YES = Annotated[bool, typer.Option("--yes", help="Do it without a question.")]
"""Every command that writes takes it; only those that ask look at it."""


class LightGroup(TyperGroup):
    """A group whose `--help`, where it is not asked for, is False and not None.

    For None, Typer loads all of its validation: 200 ms of CPU before the help of any command below.
    """

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option


def single_command() -> typer.Typer:
    """The application of an entry that is one command."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def command_group(help_text: str) -> typer.Typer:
    """The application of an entry with commands below it; named alone it shows them."""
    group = typer.Typer(
        cls=LightGroup, rich_markup_mode=None, add_completion=False, no_args_is_help=True, help=help_text
    )
    group.callback()(lambda: None)  # makes it a group even where it has a single command
    return group
