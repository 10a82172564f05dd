"""`synctv backup …`: one file with database, configuration and keys; checked, restored, and cleared away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synctv_cli.commands import YES, command_group
from synctv_cli.context import Invocation
from synctv_cli.failures import BROKEN_STATE
from synctv_cli.views import Fields, Lines, Result, Table, when

if TYPE_CHECKING:
    from synctv_server.supervisor.restoring import Restored, RestorePlan
    from synctv_server.upkeep.backup.creating import Backup
    from synctv_server.upkeep.backup.shelf import Kept

app = command_group("Save the installation to one file, check such a file, and restore it.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A file whose first line is the passphrase of the keys.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")]


@app.command()
def create(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; a folder gives it a name of its own.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    _yes: YES = False,
) -> Result:
    """Save everything at one moment, also beside a running server. The keys are in it with a passphrase only."""
    import asyncio

    from synctv_cli.operator import operator
    from synctv_cli.passphrases import read_passphrase
    from synctv_server.supervisor.backups import create_backup

    invocation = Invocation.of(ctx)
    secret = None if passphrase_file is None else read_passphrase(invocation.output, passphrase_file)
    made = asyncio.run(
        create_backup(
            invocation.load_installed(),
            operator(),
            output=output,
            secret=secret,
            progress=invocation.tell_table,
        )
    )
    return _made(made)


@app.command("list")
def list_backups(ctx: typer.Context) -> Result:
    """List the backups in the data directory, the newest first."""
    from synctv_server.domain.times import to_rfc3339
    from synctv_server.upkeep.backup import installed, shelf

    folder = installed.folder_of(Invocation.of(ctx).load_installed())
    items = []
    for kept in shelf.list_backups(folder):
        manifest = shelf.describe(kept)
        items.append(
            {
                **_item(kept),
                "created_at": to_rfc3339(kept.made_at),
                "database": manifest.database if manifest else None,
                "schema": manifest.schema if manifest else None,
                "version": manifest.version if manifest else None,
                "keys": manifest.has_secrets if manifest else None,
            }
        )
    rows = [
        [
            when(str(item["created_at"])),
            str(item["kind"]),
            _size(item["size_bytes"]),
            Path(str(item["path"])).name,
        ]
        for item in items
    ]
    columns = ("MADE", "KIND", "SIZE", "FILE")
    return Result(
        {"folder": str(folder), "items": items},
        Table(columns, rows, "There are no backups.", frozenset(columns)),
    )


@app.command()
def verify(ctx: typer.Context, file: File, *, passphrase_file: PassphraseFile = None) -> Result:
    """Check every byte, and restore into a scratch place. Needs no installation; exit 4 for a bad one."""
    import asyncio

    from synctv_cli.passphrases import read_passphrase
    from synctv_server.upkeep.backup.verifying import verify as verify_backup

    invocation = Invocation.of(ctx)
    secret = None if passphrase_file is None else read_passphrase(invocation.output, passphrase_file)
    found = asyncio.run(verify_backup(file.expanduser(), secret=secret, progress=invocation.tell_table))
    manifest = found.manifest
    value: dict[str, object] = {
        "ok": found.ok,
        "database": manifest.database if manifest else None,
        "counts": manifest.counts if manifest else {},
        "created_at": manifest.created_at if manifest else None,
        "version": manifest.version if manifest else None,
        "schema": manifest.schema if manifest else None,
        "keys": found.keys,
        "problem": found.problem,
    }
    if found.problem is not None:
        return Result(value, Lines([f"The backup is bad: {found.problem}"]), BROKEN_STATE)
    return Result(value, Fields([("backup", "good"), *_described(value), ("keys", _KEYS[found.keys])]))


@app.command()
def restore(
    ctx: typer.Context,
    file: File,
    *,
    passphrase_file: PassphraseFile = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is there, after a backup of it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the backup, say what would be replaced, change nothing.")
    ] = False,
    yes: YES = False,
) -> Result:
    """Put a backup into the data directory, and its rows into the database of its configuration."""
    import asyncio

    from synctv_cli.asking import confirm
    from synctv_cli.operator import operator
    from synctv_cli.passphrases import passphrase_of
    from synctv_server.config.places import config_path
    from synctv_server.supervisor.restoring import Order, plan_restore, restore_backup

    invocation = Invocation.of(ctx)
    data_dir, path = invocation.data_dir, file.expanduser()
    place = config_path(invocation.config_flag, data_dir, invocation.environ)
    order = Order(path, data_dir, place, passphrase_of(invocation.output, path, passphrase_file), replace)
    if dry_run:
        return _planned(
            data_dir, asyncio.run(plan_restore(order, invocation.load_with, invocation.tell_table))
        )
    question = f"Restore {path.name} into {data_dir}?"
    if replace:
        question += " It takes the place of what is there."
    confirm(invocation.output, question, is_given=yes)
    return _restored(
        data_dir, asyncio.run(restore_backup(order, invocation.load_with, operator(), invocation.tell_table))
    )


@app.command()
def prune(
    ctx: typer.Context,
    *,
    keep: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many to keep; else backup.keep says it.")
    ] = None,
    dry_run: DryRun = False,
    yes: YES = False,
) -> Result:
    """Remove the oldest backups, and the oldest copies from before migrations."""
    import asyncio

    from synctv_cli.asking import confirm
    from synctv_cli.operator import operator
    from synctv_server.supervisor.backups import remove_backups
    from synctv_server.upkeep.backup import installed, shelf

    invocation = Invocation.of(ctx)
    loaded = invocation.load_installed()
    surplus = shelf.surplus(installed.folder_of(loaded), keep or loaded.settings.backup.keep)
    if surplus and not dry_run:
        confirm(invocation.output, f"Remove {len(surplus)} old backups?", is_given=yes)
        asyncio.run(remove_backups(loaded, operator(), surplus))
    value = {"removed": [] if dry_run else [_item(kept) for kept in surplus], "dry_run": dry_run}
    if dry_run:
        value["surplus"] = [_item(kept) for kept in surplus]
    verb = "would be removed" if dry_run else "removed"
    return Result(value, Lines([f"{verb}: {kept.path.name}" for kept in surplus] or ["Nothing to remove."]))


_KEYS = {
    "opened": "the master key in it opens the key ring",
    "wrapped": "in it; --passphrase-file tries the passphrase too",
    "absent": "not in it: the master key must come from elsewhere",
}


def _made(made: Backup) -> Result:
    value = {
        "path": str(made.path),
        "size_bytes": made.size_bytes,
        "sha256": made.sha256,
        "counts": made.manifest.counts,
        "keys": made.manifest.has_secrets,
    }
    keys = (
        "wrapped by the passphrase"
        if made.manifest.has_secrets
        else "not in it: keep the master key elsewhere, or give a passphrase"
    )
    pairs = [
        ("backup", str(made.path)),
        ("size", _size(made.size_bytes)),
        ("sha256", made.sha256),
        ("rows", str(sum(made.manifest.counts.values()))),
        ("keys", keys),
    ]
    return Result(value, Fields(pairs))


def _restored(data_dir: Path, restored: Restored) -> Result:
    problem = restored.keys_problem
    value = {
        "data_dir": str(data_dir),
        "restored": restored.counts,
        "created_at": restored.created_at,
        "database": restored.database,
        "before": str(restored.before) if restored.before else None,
        "keys_problem": problem,
    }
    pairs = [
        ("data", str(data_dir)),
        ("from", when(restored.created_at)),
        ("rows", str(sum(restored.counts.values()))),
        ("before", f"what was there is in {restored.before}" if restored.before else None),
        ("keys", f"{problem}; put the master key back before you start" if problem else "they open"),
        ("next", "`synctv serve`"),
    ]
    return Result(value, Fields(pairs))


def _planned(data_dir: Path, plan: RestorePlan) -> Result:
    value = {
        "data_dir": str(data_dir),
        "restored": {},
        "counts": plan.counts,
        "created_at": plan.created_at,
        "database": plan.database,
        "replaces": plan.replaces,
        "keys": plan.keys,
        "dry_run": True,
    }
    pairs = [
        ("backup", "good"),
        ("would go into", str(data_dir)),
        ("from", when(plan.created_at)),
        ("rows", f"{sum(plan.counts.values())} into {plan.database}"),
        ("would replace", ", ".join(plan.replaces) or "nothing"),
        ("keys", _KEYS[plan.keys]),
    ]
    return Result(value, Fields(pairs))


def _item(kept: Kept) -> dict[str, object]:
    return {"path": str(kept.path), "kind": kept.kind, "size_bytes": kept.size_bytes}


def _described(value: dict[str, object]) -> list[tuple[str, str | None]]:
    made_at, counts = value["created_at"], value["counts"]
    rows = sum(counts.values()) if isinstance(counts, dict) else 0
    return [
        ("made", f"{when(str(made_at))} by SyncTV {value['version']}"),
        ("database", f"{value['database']} at migration {value['schema']}"),
        ("rows", str(rows)),
    ]


def _size(size_bytes: object) -> str:
    size = float(str(size_bytes))
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1_000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1_000
    return ""
