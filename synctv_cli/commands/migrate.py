"""`synctv migrate …`: the schema of the database, up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
    outcome = asyncio.run(
        migrate.up(target, to=to, steps=steps, dry_run=dry_run, progress=invocation.tell_step)
    )
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
        return await migrate.down(target, to=to, steps=steps, dry_run=dry_run, progress=invocation.tell_step)

    outcome = asyncio.run(undo() if dry_run else _alone(invocation, undo))
    return _outcome(outcome, nothing="There is nothing to undo.", dry_run=dry_run)


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


def _target(invocation: Invocation, *, takes_backup: bool) -> MigrationTarget:
    from dataclasses import replace

    from synctv_server.supervisor.database import migration_target

    return replace(migration_target(invocation.load_installed()), takes_backup=takes_backup)


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
