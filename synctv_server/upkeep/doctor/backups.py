"""Backups: the newest is young enough and whole, and no restore was cut off."""

from __future__ import annotations

import asyncio
from pathlib import Path

from synctv_server.domain.errors import BrokenState
from synctv_server.domain.times import HOUR, Millis
from synctv_server.upkeep.backup import shelf
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.exchange import is_cut_off
from synctv_server.upkeep.backup.shelf import Kept
from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises

_HOURS_OF_A_DAY = 24
_MISSED_MOST = 2
"""How many times `backup.every_hours` the newest may be old: a server that was off makes one when it is back."""


def age(premises: Premises) -> Verdict:
    """The newest backup is not older than `backup.every_hours` asks."""
    hours = premises.settings.backup.every_hours
    if not hours:
        raise NotExaminable("the server makes no backups: backup.every_hours is 0")
    made = _made(premises)
    since = made[0].made_at if made else _installed_at(premises)
    old = (premises.now() - since) // HOUR
    what = "the newest backup" if made else "the installation has no backup, and"
    if old <= _MISSED_MOST * hours:
        return well(f"{what} is {old} hours old")
    return doubtful(
        f"{what} is {old // _HOURS_OF_A_DAY} days old; backup.every_hours is {hours}",
        "`synctv backup create`; a running server makes them by itself, and its log says why it does not",
    )


async def whole(premises: Premises) -> Verdict:
    """The newest backup is as it was written."""
    made = _made(premises)
    if not made:
        raise NotExaminable("no backup was made yet")
    newest = made[0]
    try:
        await asyncio.to_thread(_read, newest.path)
    except BrokenState as error:
        return ill(error.message, "`synctv backup create` makes a good one; then remove the other")
    return well(f"{newest.path.name} is whole; `synctv backup verify` restores it for a test")


def exchange(premises: Premises) -> Verdict:
    """No restore was cut off while it put its files in place."""
    if not is_cut_off(premises.data_dir):
        return well("no restore was cut off")
    return ill(
        "a restore was cut off while it put its files in place",
        "`synctv doctor --fix`, or any command that works on the installation, completes it",
    )


def _made(premises: Premises) -> list[Kept]:
    """The newest first."""
    return [kept for kept in shelf.list_backups(premises.data_dir / "backups") if kept.kind == "backup"]


def _installed_at(premises: Premises) -> Millis:
    if premises.migrations is None or not premises.migrations.applied:
        raise NotExaminable("no backup was made yet, and the database does not say since when it is there")
    return premises.migrations.applied[0].applied_at


def _read(path: Path) -> None:
    with Archive.open(path):
        pass


CHECKS = (
    Check("backups.age", age),
    Check("backups.whole", whole),
    Check("backups.exchange", exchange),
)
