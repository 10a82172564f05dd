"""What migrations mean for the audit log: entries in it, or its end. Called by `synctv migrate` and at the start."""

from __future__ import annotations

from pathlib import Path

from synctv_server.config.places import AUDIT_CHECKPOINTS_FILE_NAME, AUDIT_HEAD_FILE_NAME
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.sessions import Actor
from synctv_server.supervisor.audit_entry import LOG, enter
from synctv_server.upkeep.migrate import Done, Outcome


async def tell(loaded: LoadedSettings, actor: Actor, outcome: Outcome) -> list[Path]:
    """Write into the audit log which migrations ran. Of a new database there is nothing to tell.

    Where the log has gone down with its own migration, the files beside it are given other names, which are the
    answer: the next log begins anew, and what proves the old one stays.
    """
    done = outcome.applied
    if any(each.name == LOG and each.direction == "down" for each in done):
        return _set_aside(loaded.data_dir)
    if done and not _is_first(done[0]):
        await enter(loaded, actor, *map(_deed, done))
    return []


def _is_first(done: Done) -> bool:
    return done.direction == "up" and int(done.id) == 1


def _deed(done: Done) -> Deed:
    action = "migration.applied" if done.direction == "up" else "migration.reverted"
    return Deed(action, Party("migration", done.id, done.name))


def _set_aside(data_dir: Path) -> list[Path]:
    moved = []
    for name in (AUDIT_HEAD_FILE_NAME, AUDIT_CHECKPOINTS_FILE_NAME):
        file = data_dir / name
        if file.exists():
            number = len(list(data_dir.glob(f"{name}.old-*"))) + 1
            moved.append(file.rename(data_dir / f"{name}.old-{number}"))
    return moved
