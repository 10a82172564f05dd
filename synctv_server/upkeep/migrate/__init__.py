"""Brings the schema of a database up and down. Called by `synctv migrate`, `synctv serve` and `synctv init`.

The SQL is written by hand for each database (`migrations/`), the ledger is `schema_migrations`. Works on the
database itself, without the store, so that it also works when the store cannot open it.
"""

from __future__ import annotations

from synctv_server.upkeep.migrate.files import Migration
from synctv_server.upkeep.migrate.ledger import AppliedMigration, MigrationState, MigrationStatus
from synctv_server.upkeep.migrate.runner import Done, Outcome, down, status, up
from synctv_server.upkeep.migrate.scaffold import scaffold
from synctv_server.upkeep.migrate.target import MigrationTarget
from synctv_server.upkeep.migrate.verify import Difference, Verification, verify

__all__ = [
    "AppliedMigration",
    "Difference",
    "Done",
    "Migration",
    "MigrationState",
    "MigrationStatus",
    "MigrationTarget",
    "Outcome",
    "Verification",
    "down",
    "scaffold",
    "status",
    "up",
    "verify",
]
