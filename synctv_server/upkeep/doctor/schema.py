"""The schema of the database beside the migrations of this program."""

from __future__ import annotations

from collections.abc import Callable

from synctv_server.upkeep.doctor.check import Check, Verdict, ill, well
from synctv_server.upkeep.migrate import MigrationState, MigrationStatus
from synctv_server.upkeep.premises import NotExaminable, Premises


def pending(premises: Premises) -> Verdict:
    """No migration waits."""
    found = _status(premises)
    if found.state is not MigrationState.PENDING:
        return well("no migration waits")
    waiting = ", ".join(f"{each.id}_{each.name}" for each in found.pending)
    return ill(f"migrations wait: {waiting}", "`synctv migrate up` (on SQLite it takes a copy first)")


def tables(premises: Premises) -> Verdict:
    """Tables and indexes are as the migrations made them."""
    _status(premises)
    if premises.differences is None:
        raise NotExaminable("there is nothing to compare it with")
    if not premises.differences:
        return well("tables and indexes are as the migrations made them")
    told = ", ".join(f"{each.object} {each.name}" for each in premises.differences)
    return ill(
        f"somebody has changed the schema: {told}", "`synctv migrate verify` shows how; undo it by hand"
    )


def _not(state: MigrationState, ok: str, fix: str) -> Callable[[Premises], Verdict]:
    def judged(premises: Premises) -> Verdict:
        found = _status(premises)
        return ill(str(found.problem), fix) if found.state is state else well(ok)

    return judged


def _status(premises: Premises) -> MigrationStatus:
    if premises.migrations is None:
        raise NotExaminable("the database does not open")
    return premises.migrations


CHECKS = (
    Check("schema.pending", pending),
    Check(
        "schema.whole",
        _not(MigrationState.DIRTY, "no migration was cut off", "`synctv migrate up` mends it and goes on"),
        "No migration was cut off.",
    ),
    Check(
        "schema.version",
        _not(
            MigrationState.NEWER,
            "the database is not of a newer program",
            "install that version again, or go back with `synctv migrate down --to` the newest that this one knows",
        ),
        "The database is not of a newer program.",
    ),
    Check(
        "schema.ledger",
        _not(
            MigrationState.DRIFTED,
            "the applied migrations are those of this program",
            "reinstall the version of SyncTV that made this database",
        ),
        "The applied migrations are those of this program.",
    ),
    Check("schema.tables", tables),
)
