"""What holds for every command that there is: help, one JSON document for success and error, flags of its kind."""

from __future__ import annotations

import pytest

from synctv_cli.tree import Command, commands
from tests.cli.conftest import Synctv

TREE = commands()
LEAVES = [each for each in TREE if not each.children]
READERS = {
    "audit",
    "audit log export",
    "audit log list",
    "audit log tail",
    "audit log verify",
    "backup list",
    "backup verify",
    "completion",
    "config check",
    "config path",
    "config reference",
    "config show",
    "doctor",
    "health",
    "keys jwks",
    "keys list",
    "migrate plan",
    "migrate status",
    "migrate verify",
    "room list",
    "room show",
    "secrets check",
    "secrets list",
    "settings get",
    "settings list",
    "status",
    "user list",
    "user sessions",
    "user show",
    "version",
}
"""Commands that change nothing. Every other takes `--yes`."""

CHANGE_MUCH = {
    "backup prune",
    "config set",
    "database move",
    "keys revoke",
    "migrate down",
    "migrate up",
    "settings import",
    "settings set",
    "settings unset",
}
"""Commands that take `--dry-run`."""


def name_of(command: Command) -> str:
    return " ".join(command.path)


def test_every_command_option_and_argument_has_a_help_text() -> None:
    mute = [f"synctv {name_of(each)}" for each in TREE if not each.help]
    mute += [
        f"synctv {name_of(command)}: {parameter.names or parameter.value}"
        for command in TREE
        for parameter in command.parameters
        if not parameter.help
    ]
    assert mute == []


def test_every_command_that_writes_takes_yes() -> None:
    flags = {name_of(each): {name for option in each.options for name in option.names} for each in LEAVES}
    assert [name for name, names in flags.items() if "--yes" not in names and name not in READERS] == []


def test_every_command_that_changes_much_can_be_tried_first() -> None:
    flags = {name_of(each): {name for option in each.options for name in option.names} for each in LEAVES}
    assert [name for name in CHANGE_MUCH & flags.keys() if "--dry-run" not in flags[name]] == []


@pytest.mark.parametrize("command", TREE, ids=lambda each: name_of(each) or "synctv")
def test_help_and_a_mistake_are_one_document_each(synctv: Synctv, command: Command) -> None:
    helped = synctv(*command.path, "--help", "--json")
    assert helped.code == 0
    assert helped.result["help"].startswith("Usage: ")
    mistaken = synctv(*command.path, "--no-such-option", "--json")
    assert mistaken.code == (1 if command.path[:1] == ("health",) else 2)
    assert mistaken.error["code"] == "usage"
