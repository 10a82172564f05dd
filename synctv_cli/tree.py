"""Every command with its options, read from the program itself: what completions, man pages and tests are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from synctv_cli.arguments import GLOBAL_FLAGS
from synctv_cli.main import app


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option with its `names`, or an argument without; `value` is what it takes, empty for a switch."""

    names: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...] = ()
    is_path: bool = False
    default: str = ""

    @property
    def is_option(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True, slots=True)
class Command:
    """One command or group; `path` is how it is called, without `synctv`."""

    path: tuple[str, ...]
    help: str
    parameters: tuple[Parameter, ...]
    children: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The first sentence of its help."""
        return self.help.split(". ")[0].split("\n")[0].removesuffix(".")

    @property
    def options(self) -> tuple[Parameter, ...]:
        return tuple(each for each in self.parameters if each.is_option)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        return tuple(each for each in self.parameters if not each.is_option)


GLOBAL_OPTIONS = tuple(
    Parameter((flag.name,), flag.metavar, flag.help, is_path=bool(flag.metavar))
    for flag in GLOBAL_FLAGS.values()
)
HELP_OPTION = Parameter(("-h", "--help"), "", "Show the help and exit.")


def commands() -> list[Command]:
    """All commands, each group before what is below it; the first is `synctv` itself."""
    return [_described(tuple(path.split(" ")[1:]), command) for path, command in command_paths()]


def command_paths() -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Every command of Typer with its path: `synctv`, `synctv user`, `synctv user list`, …"""
    yield from _below("synctv", get_command(app))


def _below(path: str, command: object) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    if not isinstance(command, TyperCommand | TyperGroup):
        raise TypeError(f"{path} is no command of Typer")
    yield path, command
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            if not child.hidden:
                yield from _below(f"{path} {name}", child)


def _described(path: tuple[str, ...], command: TyperCommand | TyperGroup) -> Command:
    children = (
        tuple(name for name, child in command.commands.items() if not child.hidden)
        if isinstance(command, TyperGroup)
        else ()
    )
    return Command(
        path=path,
        help=" ".join((command.help or "").split()),
        parameters=tuple(_parameter(each) for each in command.params if "--help" not in each.opts),
        children=children,
    )


def _parameter(given: Any) -> Parameter:
    kind = given.type_descriptor.annotation
    choices = tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()
    is_option = given.opts[0].startswith("-")
    is_switch = bool(getattr(given, "is_flag", False))
    value = given.metavar or "|".join(choices) or ("" if is_switch else given.name.upper().strip("_"))
    shown = given.default is not None and not is_switch and is_option
    return Parameter(
        names=tuple(given.opts) if is_option else (),
        value=value,
        help=given.help or "",
        choices=choices,
        is_path=kind is Path,
        default=str(given.default) if shown else "",
    )
