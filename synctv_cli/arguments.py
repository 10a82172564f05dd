"""The global flags: one table for `--help` and for the reading of them, before the command or behind it.

Read here and not by Typer, which loads its whole validation for the first option with a value (200 ms of CPU).
Called by `main`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from synctv_cli.failures import Usage


@dataclass(frozen=True, slots=True)
class GlobalFlag:
    """One flag. With a `metavar` it takes a value; where it is not given, the settings read `variable`."""

    name: str
    help: str
    metavar: str = ""
    variable: str = ""


GLOBAL_FLAGS = {
    flag.name: flag
    for flag in (
        GlobalFlag("--data-dir", "Where the installation lives.", "DIR", "SYNCTV_DATA_DIR"),
        GlobalFlag("--config", "Read this instead of DIR/synctv.toml.", "FILE", "SYNCTV_CONFIG"),
        GlobalFlag("--json", "Answer with exactly one JSON document."),
        GlobalFlag("--quiet", "No progress, no notes."),
        GlobalFlag("--verbose", "Say more, and show the stack of a crash."),
        GlobalFlag("--no-color", "No colours; so does NO_COLOR."),
    )
}


@dataclass(slots=True)
class CommandLine:
    """A command line taken apart: the switches that are on, the values given, and the rest in its order."""

    switches: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is on, told before anything can go wrong with the other arguments."""
    return "--json" in takewhile(lambda argument: argument != "--", arguments)


def read_global_flags(arguments: Sequence[str]) -> CommandLine:
    """Takes the global flags out, wherever they stand.

    Raises Usage on a value that is missing or too much, and on an argument that is no text.
    What stands behind `--` is never a flag. A value that looks like one is written `--reason=--json`.
    """
    line = CommandLine()
    waiting = iter(_readable(arguments))
    for argument in waiting:
        name, equals, value = argument.partition("=")
        flag = GLOBAL_FLAGS.get(name)
        if argument == "--":
            line.rest += [argument, *waiting]
        elif flag is None:
            line.rest.append(argument)
        elif flag.metavar:
            line.values[name] = _needed(flag, value if equals else next(waiting, ""))
        else:
            line.switches.add(_without_value(flag, equals))
    if line.rest == ["--version"]:
        line.rest = ["version"]
    return line


def _readable(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments, where all are text: Python takes other bytes in as lone surrogates, which nothing can print."""
    if any("\ud800" <= character <= "\udfff" for argument in arguments for character in argument):
        raise Usage("an argument is no valid UTF-8 text")
    return arguments


def _needed(flag: GlobalFlag, value: str) -> str:
    if not value:
        raise Usage(f"{flag.name} needs a value: {flag.name} {flag.metavar}")
    return value


def _without_value(flag: GlobalFlag, equals: str) -> str:
    if equals:
        raise Usage(f"{flag.name} takes no value")
    return flag.name
