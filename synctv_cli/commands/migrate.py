"""`synctv migrate …`: the schema of the database, up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.failures import ACTION_NEEDED, BROKEN_STATE, INCOMPATIBLE
from synctv_cli.views import Fields, Lines, Result

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from synctv_server.upkeep.migrate import MigrationTarget, Outcome

app = command_group("Bring the database to another version, up or down.")

To = Annotated[str | None, typer.Option(metavar="ID", help="Stop at this migration, like 0003.")]
Steps = Annotated[int | None, typer.Option(metavar="N", min=1, help="Take at most so many steps.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the steps, take none.")]
Backup = Annotated[bool, typer.Option("--backup/--no-backup", help="Copy a SQLite database first.")]


@app.command()
def status(ctx: typer.Context) -> Result:
    """Show where the database stands; exit 3 when migrations wait, 4 when it is broken."""
    import asyncio

    from synctv_server.domain.times import to_rfc3339
    from synctv_server.upkeep import migrate

    found = asyncio.run(migrate.status(_target(Invocation.of(ctx), takes_backup=False)))
    value = {
        "state": found.state.value,
        "current": found.current,
        "latest": found.latest,
        "applied": [
            {"id": each.id, "name": each.name, "applied_at": to_rfc3339(each.applied_at)}
            for each in found.applied
        ],
        "pending": [{"id": each.id, "name": each.name} for each in found.pending],
        "problem": found.problem,
    }
    pairs = [
        ("state", found.state.value),
        ("database", found.current or "empty"),
        ("program", found.latest),
        ("applied", str(len(found.applied))),
        ("pending", ", ".join(f"{each.id}_{each.name}" for each in found.pending) or "none"),
        ("problem", found.problem),
        ("", _NEXT.get(found.state.value)),
    ]
    return Result(value, Fields(pairs), _EXIT_CODES.get(found.state.value, 0))


@app.command()
def up(
    ctx: typer.Context,
    *,
    to: To = None,
    steps: Steps = None,
    dry_run: DryRun = False,
    backup: Backup = True,
    _yes: YES = False,
) -> Result:
    """Apply what is pending; a SQLite database is copied and the copy checked first."""
    import asyncio

    from synctv_server.upkeep import migrate

    invocation = Invocation.of(ctx)
    target = _target(invocation, takes_backup=backup)

    async def apply() -> Outcome:
        outcome = await migrate.up(target, to=to, steps=steps, dry_run=dry_run, progress=invocation.tell_step)
        return outcome if dry_run else await _told(invocation, outcome)

    outcome = asyncio.run(apply())
    return _outcome(outcome, nothing="The database is current; nothing to apply.", dry_run=dry_run)


@app.command()
def down(
    ctx: typer.Context,
    *,
    to: To = None,
    steps: Steps = None,
    dry_run: DryRun = False,
    backup: Backup = True,
    yes: YES = False,
) -> Result:
    """Undo the last migration, or all above --to (0000: all). Never beside a running server."""
    import asyncio

    from synctv_cli.asking import confirm
    from synctv_server.upkeep import migrate

    invocation = Invocation.of(ctx)
    target = _target(invocation, takes_backup=backup)
    if not dry_run:
        confirm(invocation.output, "Undo migrations? What they added is lost.", is_given=yes)

    async def undo() -> Outcome:
        outcome = await migrate.down(
            target, to=to, steps=steps, dry_run=dry_run, progress=invocation.tell_step
        )
        return outcome if dry_run else await _told(invocation, outcome)

    outcome = asyncio.run(undo() if dry_run else _alone(invocation, undo))
    return _outcome(outcome, nothing="There is nothing to undo.", dry_run=dry_run)


@app.command()
def plan(
    ctx: typer.Context,
    direction: Annotated[
        Literal["up", "down"], typer.Argument(metavar="[up|down]", help="Which way.")
    ] = "up",
    *,
    to: To = None,
    steps: Steps = None,
) -> Result:
    """Show the SQL that `up` or `down` would run; nothing is run."""
    import asyncio

    from synctv_server.upkeep import migrate

    way = migrate.up if direction == "up" else migrate.down
    target = _target(Invocation.of(ctx), takes_backup=False)
    planned = asyncio.run(way(target, to=to, steps=steps, dry_run=True)).applied
    value = [
        {"id": each.id, "name": each.name, "direction": each.direction, "sql": each.sql} for each in planned
    ]
    titles = [f"-- {each.direction} {each.id}_{each.name} ({each.place} of {each.total})" for each in planned]
    lines = [
        line
        for title, each in zip(titles, planned, strict=True)
        for line in (title, *each.sql.strip().splitlines(), "")
    ]
    return Result({"steps": value}, Lines(lines or ["Nothing to do."], strong=titles))


@app.command()
def verify(ctx: typer.Context) -> Result:
    """Compare ledger and schema with the migrations of this program; exit 4 when they differ, 3 when some wait."""
    import asyncio

    from synctv_server.upkeep import migrate

    found = asyncio.run(migrate.verify(_target(Invocation.of(ctx), takes_backup=False)))
    state, differences = found.status.state.value, found.differences
    value = {
        "state": state,
        "current": found.status.current,
        "latest": found.status.latest,
        "problem": found.status.problem,
        "differences": [
            {"object": each.object, "name": each.name, "found": each.found, "expected": each.expected}
            for each in differences
        ],
    }
    lines = [line for line in (found.status.problem, _NEXT.get(state)) if line]
    for each in differences:
        lines += [f"{each.object} {each.name}", f"  found     {each.found or _presence(each.found)}"]
        lines.append(f"  expected  {each.expected or _presence(each.expected)}")
    if not lines:
        lines = [f"The schema is what the migrations up to {found.status.current} make."]
    return Result(value, Lines(lines), BROKEN_STATE if differences else _EXIT_CODES.get(state, 0))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it does, like chat_reactions.")],
    *,
    python: Annotated[
        bool, typer.Option("--python", help="A data step in Python, not SQL for both databases.")
    ] = False,
    _yes: YES = False,
) -> Result:
    """Write the empty files of a new migration; for developers, in a checkout."""
    from synctv_server.upkeep import migrate

    number, created = migrate.scaffold(name, as_data_step=python)
    paths = [str(path) for path in created]
    return Result({"id": number, "name": name, "created": paths}, Lines(paths))


_EXIT_CODES = {
    "pending": ACTION_NEEDED,
    "dirty": BROKEN_STATE,
    "drifted": BROKEN_STATE,
    "newer": INCOMPATIBLE,
}
_NEXT = {
    "pending": "`synctv migrate up` applies them.",
    "dirty": "`synctv migrate up` mends it.",
    "drifted": "Reinstall the version of synctv that made this database.",
    "newer": "Install that version again, or `synctv migrate down --to` the program's.",
}


def _presence(definition: str | None) -> str:
    return "nothing" if definition is None else "is there"


def _target(invocation: Invocation, *, takes_backup: bool) -> MigrationTarget:
    from dataclasses import replace

    from synctv_server.supervisor.database import migration_target

    return replace(migration_target(invocation.load_installed()), takes_backup=takes_backup)


async def _told(invocation: Invocation, outcome: Outcome) -> Outcome:
    """The outcome, once it is in the audit log."""
    from synctv_cli.operator import operator
    from synctv_server.supervisor.migrations import tell

    for file in await tell(invocation.load_silently(), operator(), outcome):
        invocation.output.warn(f"The audit log went down with its migration; what proves it is in {file}")
    return outcome


async def _alone(invocation: Invocation, work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Carries `work` out while no server runs on the installation, nor on its PostgreSQL database."""
    from synctv_server.supervisor.database import server_lock
    from synctv_server.supervisor.lock import held

    loaded = invocation.load_silently()
    async with held(loaded.data_dir, "migrate down"), server_lock(loaded):
        return await work()


def _outcome(outcome: Outcome, *, nothing: str, dry_run: bool) -> Result:
    steps = [
        {"id": each.id, "name": each.name, "direction": each.direction, "took_ms": each.took_ms}
        for each in outcome.applied
    ]
    value: dict[str, object] = {"applied": [] if dry_run else steps, "dry_run": dry_run}
    if dry_run:
        value["steps"] = steps
    if outcome.backup:
        value["backup"] = str(outcome.backup)
    text = [f"{each.direction:4} {each.id}_{each.name}" for each in outcome.applied] if dry_run else []
    if outcome.applied and not dry_run:
        text = [f"{len(outcome.applied)} done."]
    if outcome.backup:
        text.append(f"The copy from before is {outcome.backup}")
    return Result(value, Lines(text or [nothing]))
