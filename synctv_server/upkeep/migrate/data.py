"""Steps that SQL cannot say: `NNNN_name.py` with `async def up(db)` and `async def down(db)`, for both databases.

Run by the runner inside the transaction of the step. The file imports nothing of ours: it must still do in years
what it does today.
"""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from synctv_server.domain.errors import BrokenState
from synctv_server.store.address import Kind
from synctv_server.store.engine import Row
from synctv_server.upkeep.migrate.session import MigrationSession


class DataConnection:
    """The `db` of a data step: statements inside the transaction of the step, and which database it is."""

    def __init__(self, session: MigrationSession) -> None:
        self._session = session

    @property
    def kind(self) -> Kind:
        return self._session.kind

    async def execute(self, sql: str, *arguments: Any) -> Sequence[Row]:
        """The rows of one statement; `{}` stands for the next argument."""
        return await self._session.execute(sql, *arguments)


async def run(session: MigrationSession, path: Path, direction: Literal["up", "down"]) -> None:
    """One way of the data step in this file; BrokenState where the file has no such way."""
    way = runpy.run_path(str(path)).get(direction)
    if way is None:
        raise BrokenState(f"{path.name} has no `async def {direction}(db)`; reinstall the program")
    await way(DataConnection(session))
