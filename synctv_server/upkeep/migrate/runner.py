"""Status, up and down: which steps are to be taken, and each of them with its line in the ledger.

A step and its line are one transaction: killed at any point, the database is at the step before or after.
Where a step cannot be in a transaction, its line says `applying` or `reverting` until it is through; `up`
mends such a one by its way down, then goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Literal

from synctv_server import __version__
from synctv_server.domain.errors import BrokenState, IncompatibleVersion, Invalid
from synctv_server.upkeep.migrate import data, files, ledger
from synctv_server.upkeep.migrate.files import Migration
from synctv_server.upkeep.migrate.ledger import AppliedMigration, MigrationState, MigrationStatus, StepState
from synctv_server.upkeep.migrate.session import MigrationSession
from synctv_server.upkeep.migrate.target import MigrationTarget

_LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a migration forwards, or a line of the ledger backwards; `data` is the file of a data step."""

    direction: Literal["up", "down"]
    version: int
    name: str
    sql: str
    migration: Migration | None = None
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """One step that was taken (or would be, in a dry run): number `place` of `total`."""

    direction: Literal["up", "down"]
    id: str
    name: str
    sql: str
    took_ms: int
    place: int
    total: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and the copy that was taken before, where one was."""

    applied: tuple[Done, ...]
    backup: Path | None = None


Progress = Callable[[Done], None]


async def status(target: MigrationTarget) -> MigrationStatus:
    """Where the database stands. Changes nothing, makes no file."""
    known = target.migrations()
    async with target.connect(create=False) as session:
        applied = () if session is None else await session.applied()
    return ledger.judge(applied, known)


async def up(
    target: MigrationTarget,
    *,
    to: str | None = None,
    steps: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Apply what is pending, at most to `to` or `steps` of them; on SQLite after a checked copy of what is there.

    Raises IncompatibleVersion on a database newer than this program, BrokenState on one whose applied
    migrations are not those of this program, Conflict while another runner works, Invalid on an unknown id.
    """
    known = target.migrations()
    run = _Run(target, dry_run=dry_run, progress=progress)
    return await run(
        lambda applied: _steps_up(target, ledger.judge(applied, known), known, _Limit(to, steps))
    )


async def down(
    target: MigrationTarget,
    *,
    to: str | None = None,
    steps: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Undo the last migration, or `steps` of them, or all above `to` (`0000`: all), by the SQL in the ledger.

    Works on a database that is newer than this program too. Raises as `up` does; IncompatibleVersion also where
    the way down of a data step is not in this program.
    """
    known = target.migrations()
    run = _Run(target, dry_run=dry_run, progress=progress)
    return await run(lambda applied: _steps_down(applied, known, _Limit(to, steps)))


@dataclass(frozen=True, slots=True)
class _Limit:
    """How far to go: to an id (with or without its name), or a number of steps."""

    to: str | None
    steps: int | None

    def version(self, among: Sequence[int]) -> int | None:
        if self.to is None:
            return None
        number = self.to.split("_")[0]
        if not number.isdecimal() or int(number) not in among:
            ids = ", ".join(files.id_of(version) for version in among)
            raise Invalid(f"there is no migration {self.to!r} to go to; there are {ids or 'none'}")
        return int(number)


def _steps_up(
    target: MigrationTarget, found: MigrationStatus, known: Sequence[Migration], limit: _Limit
) -> list[Step]:
    if found.state is MigrationState.NEWER:
        raise IncompatibleVersion(
            f"{found.problem}; this is SyncTV {__version__}, which knows {found.latest}",
            hint=f"install that version again, or `synctv migrate down --to {found.latest}`{_copies(target)}",
        )
    if found.state is MigrationState.DRIFTED:
        raise BrokenState(f"{found.problem}", hint="reinstall the version of SyncTV that made this database")
    cut_off = [one for one in found.applied if one.state is not StepState.APPLIED]
    whole = len(found.applied) - len(cut_off)
    wanted = list(known[whole:])
    last = limit.version([migration.version for migration in known])
    if last is not None:
        wanted = [migration for migration in wanted if migration.version <= last]
    if limit.steps is not None:
        wanted = wanted[: limit.steps]
    mended = [_step_down(one, known) for one in reversed(cut_off)]
    return mended + [Step("up", one.version, one.name, one.up_sql, one, one.data) for one in wanted]


def _steps_down(applied: Sequence[AppliedMigration], known: Sequence[Migration], limit: _Limit) -> list[Step]:
    last = limit.version([0, *(one.version for one in applied)])
    if last is None:
        last = applied[-1].version - (limit.steps or 1) if applied else 0
    undone = [one for one in applied if one.version > last]
    return [_step_down(one, known) for one in reversed(undone)]


def _step_down(one: AppliedMigration, known: Sequence[Migration]) -> Step:
    if not files.is_data_step(one.down_sql):
        return Step("down", one.version, one.name, one.down_sql)
    own = [migration for migration in known if migration.checksum == one.checksum]
    if not own:
        raise IncompatibleVersion(
            f"the way down of {one.id}_{one.name} is Python, and not the one of this SyncTV {__version__}",
            hint=f"take it down with SyncTV {one.app_version}, which applied it",
        )
    return Step("down", one.version, one.name, one.down_sql, data=own[0].data)


def _copies(target: MigrationTarget) -> str:
    """Where the newest copy from before a migration is, for the one who has to go back."""
    copies = sorted(target.backups.glob("before-*.db")) if target.kind == "sqlite" else []
    return f"; the copy from before is {copies[-1]}" if copies else ""


class _Run:
    """One call of `up` or `down`: the lock, the copy, the steps in order."""

    def __init__(self, target: MigrationTarget, *, dry_run: bool, progress: Progress | None) -> None:
        self._target = target
        self._dry_run = dry_run
        self._progress = progress

    async def __call__(self, plan: Callable[[Sequence[AppliedMigration]], list[Step]]) -> Outcome:
        async with self._target.connect(create=not self._dry_run) as session:
            if session is None or self._dry_run:
                steps = plan(() if session is None else await session.applied())
                return Outcome(
                    tuple(_done(step, 0, place, len(steps)) for place, step in enumerate(steps, 1))
                )
            async with session.locked(wait_seconds=_LOCK_SECONDS):
                applied = await session.applied()
                steps = plan(applied)
                copy = await self._copy(session, applied) if steps else None
                return Outcome(await self._take(session, steps), copy)

    async def _copy(self, session: MigrationSession, applied: Sequence[AppliedMigration]) -> Path | None:
        if not self._target.takes_backup or not applied:
            return None
        moment = datetime.fromtimestamp(self._target.now() / 1000, UTC)
        path = self._target.backups / f"before-{moment:%Y%m%dT%H%M%S.%fZ}-at-{applied[-1].id}.db"
        if await session.backup(path):
            return path
        is_whole = all(one.state is StepState.APPLIED for one in applied)
        return await self._target.save() if self._target.save is not None and is_whole else None

    async def _take(self, session: MigrationSession, steps: Sequence[Step]) -> tuple[Done, ...]:
        if steps:
            await session.execute(ledger.CREATE)
        done = []
        for place, step in enumerate(steps, start=1):
            began = perf_counter()
            await self._take_one(session, step, began)
            done.append(_done(step, _millis_since(began), place, len(steps)))
            if self._progress is not None:
                self._progress(done[-1])
        return tuple(done)

    async def _take_one(self, session: MigrationSession, step: Step, began: float) -> None:
        if files.needs_no_transaction(step.sql):
            await self._mark(session, step, StepState.APPLYING if step.migration else StepState.REVERTING)
            await session.run(step.sql)
            async with session.kept_together():
                await self._write(session, step, began)
            return
        async with session.kept_together():
            if step.data is None:
                await session.run_inside(step.sql)
            else:
                await data.run(session, step.data, step.direction)
            await self._write(session, step, began)

    async def _mark(self, session: MigrationSession, step: Step, state: StepState) -> None:
        if step.migration is not None:
            await session.enter(step.migration, state, self._target.now())
        else:
            await session.execute(ledger.MARK, state.value, step.version)

    async def _write(self, session: MigrationSession, step: Step, began: float) -> None:
        if step.migration is not None:
            await session.enter(step.migration, StepState.APPLIED, self._target.now(), _millis_since(began))
        else:
            await session.execute(ledger.REMOVE, step.version)


def _done(step: Step, took_ms: int, place: int, total: int) -> Done:
    return Done(step.direction, files.id_of(step.version), step.name, step.sql, took_ms, place, total)


def _millis_since(began: float) -> int:
    return round((perf_counter() - began) * 1000)
