"""The audit log as administrators read and check it. Called by the admin routes and by the jobs.

Entries are written by the transaction of what they tell of (`Transaction.audit`), never here but for what is done to
the log itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from synctv_server.domain.audit import Deed, Entry, Head, Outcome, Party
from synctv_server.domain.pages import Page
from synctv_server.domain.sessions import SYSTEM, Actor
from synctv_server.domain.times import DAY, MINUTE, Millis, Now
from synctv_server.services.audit_check import ACCEPTED, PAGE, PRUNED, AuditCheck, Verification
from synctv_server.services.audit_checkpoints import Checkpoint, Checkpoints
from synctv_server.services.limits import Repetitions
from synctv_server.store import Database
from synctv_server.store.audit import AuditFilter, AuditStore

CHECKPOINT_EVERY: Millis = 5 * MINUTE
CHECKPOINT_ROWS = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proof:
    """What an export is checked by: the end of the log, the signed checkpoints, and the public keys."""

    head: Head
    checkpoints: tuple[Checkpoint, ...]
    keys: tuple[Mapping[str, Any], ...]


class AuditService:
    """For administrators alone. One reading of the whole log at a time."""

    def __init__(self, database: Database, checkpoints: Checkpoints, now: Now) -> None:
        self._database = database
        self._store = AuditStore(database)
        self._checkpoints = checkpoints
        self._check = AuditCheck(self._store, database.trail, checkpoints)
        self._now = now
        self._last: Checkpoint | None = None
        self._reading = asyncio.Lock()
        self._refusals = Repetitions(now)

    async def list_entries(
        self, actor: Actor, wanted: AuditFilter, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """The newest first."""
        actor.require_administrator()
        return await self._store.list_entries(wanted, cursor, limit)

    async def entries_after(self, actor: Actor, seq: int, limit: int) -> list[Entry]:
        """The entries behind this number, in their order."""
        actor.require_administrator()
        return await self._store.entries_after(seq, limit)

    async def note_refusal(self, actor: Actor, command: str) -> None:
        """Tell that this one was not allowed to give a command; of the same one not more than once a minute."""
        untold = self._refusals.take((actor.user_id, actor.uid, command))
        if untold is None:
            return
        deed = Deed(
            "command.refused",
            Party("command", name=command),
            outcome=Outcome.REFUSED,
            after={"more_before": untold},
        )
        async with self._database.transaction(durable=True) as transaction:
            transaction.audit(actor, deed)

    async def proof(self, actor: Actor) -> Proof:
        """What proves the entries of an export, those at its end too: they get a checkpoint of their own."""
        actor.require_administrator()
        await self._add_checkpoint()
        journal = await self._checkpoints.read()
        return Proof(journal.last.head, journal.checkpoints, tuple(journal.keys.values()))

    async def verify(self, actor: Actor) -> Verification:
        """Whether the log holds, and if not, what was done to it and where."""
        actor.require_administrator()
        async with self._reading:
            return await self._check.run()

    async def accept(self, actor: Actor) -> Verification:
        """Write the faults of the log into it, so that it goes on from where it ends now; what it is after that.

        A log that holds stays as it is. The entry is signed: nobody accepts a fault by writing to the database.
        """
        actor.require_administrator()
        async with self._reading:
            with self._database.trail.going_back() as go_back:
                await self._write_down(actor, go_back)
            after = await self._check.run()
            if after.ok and after.entries:
                await self._checkpoints.add(after.head, self._now())
            return after

    async def _write_down(self, actor: Actor, go_back: Callable[[Head], None]) -> None:
        async with self._database.transaction(durable=True) as transaction:
            await self._store.hold_end()
            found = await self._check.run()
            if found.ok:
                return
            end = await self._store.adopt_end()
            faults = [asdict(fault) for fault in found.faults]
            proof = await self._checkpoints.sign(ACCEPTED, {"found": found.found, "faults": faults})
            transaction.audit(actor, Deed(ACCEPTED, after={"faults": faults, "proof": proof}))
            go_back(end)

    async def prune(self, keep_days: int) -> None:
        """Forget entries that are older, up to a signed checkpoint; 0 forgets nothing. The log itself tells of it.

        A log that does not hold is left as it is.
        """
        if not keep_days:
            return
        async with self._reading:
            found = await self._check.run()
            point = await self._newest_before(self._now() - keep_days * DAY)
            if not found.ok or point is None or point.head.count <= found.start.count:
                return
            through = {"count": point.head.count, "hash": point.head.hash, "at": point.at}
            proof = await self._checkpoints.sign(PRUNED, through)
            async with self._database.transaction(durable=True) as transaction:
                await self._store.delete_through(point.head.count)
                transaction.audit(SYSTEM, Deed(PRUNED, after={**through, "proof": proof}))

    async def _newest_before(self, moment: Millis) -> Checkpoint | None:
        points = (await self._checkpoints.read()).checkpoints
        return next((point for point in points[::-1] if point.is_good and point.at < moment), None)

    async def checkpoint(self) -> None:
        """Sign the end of the log when it is time: five minutes after the last checkpoint or 1,000 entries further."""
        last = self._last = self._last or (await self._checkpoints.read()).last
        end = await self._store.end()
        if end.head is None or end.head == last.head:
            return
        if end.head.count - last.head.count >= CHECKPOINT_ROWS or self._now() >= last.at + CHECKPOINT_EVERY:
            await self._add_checkpoint()

    async def _add_checkpoint(self) -> None:
        last = (await self._checkpoints.read()).last
        end = await self._store.end()
        if end.head is None or end.head == last.head:
            return
        if not await self._leads(last.head, end.head):
            _log.error("the audit log does not hold, so its end is not signed; run `synctv audit log verify`")
            return
        await self._checkpoints.add(end.head, self._now())
        self._last = (await self._checkpoints.read()).last

    async def _leads(self, start: Head, end: Head) -> bool:
        """Whether the chain goes from one head to the other."""
        head = start
        while head.count < end.count:
            page = await self._store.entries_after(head.count, min(PAGE, end.count - head.count))
            if (
                not page
                or page[0].previous != head.hash
                or any(entry.digest() != entry.hash for entry in page)
            ):
                return False
            if any(later.previous != earlier.hash for earlier, later in pairwise(page)):
                return False
            head = page[-1].head
        return head == end
