"""The life of the sealing keys: another one takes over, and what the old one has sealed is sealed anew.

In steps that may be killed anywhere: the database says how far it has come, and every value opens at all times. Called
by the operator's route, again and again until nothing remains, and by the job that finishes what was left behind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synctv_server.cluster.notices import Notices
from synctv_server.domain.errors import BrokenState
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import SYSTEM, Actor
from synctv_server.domain.times import SECOND
from synctv_server.security.sealing import Place
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.keys.changing import PROPAGATION, KeyChanges, RotationPlan, next_of
from synctv_server.services.keys.opening import newest_active
from synctv_server.services.keys.service import KeyService
from synctv_server.store.keys import SEALED_COLUMNS, SealedColumn, SealedStore, SealedValue

_SEALING = KeyPurpose.SEALING
_BATCH = 100
_STEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Resealing:
    """How far a rotation of the sealing key is: it is done when the old key is dropped."""

    old_kid: str
    new_kid: str
    resealed: int
    remaining: int
    is_done: bool


class SealingKeys:
    """One step at a time."""

    def __init__(self, accounts: Accounts, keys: KeyService, notices: Notices) -> None:
        self._changes = KeyChanges(accounts.database, keys, notices)
        self._database = accounts.database
        self._store = self._changes.store
        self._values = SealedStore(accounts.database)
        self._now = accounts.now
        self._keys = keys
        self._stepping = asyncio.Lock()

    async def rotate(self, actor: Actor, *, force: bool = False, continues: str | None = None) -> Resealing:
        """Go on with the rotation under way, or begin one: about a second of work, to be called until it is done.

        `continues` is the new key of the rotation that the caller goes on with: where the job has finished that
        meanwhile, no other is begun. For administrators. `force` does not wait until every server knows the new key.
        """
        actor.require_administrator()
        async with self._stepping:
            if not await self._old_keys():
                if continues is not None:
                    return Resealing(continues, (await self._current()).kid, 0, 0, is_done=True)
                await self._put_next_into_use(actor, force=force)
            return await self._step(actor, force=force)

    async def plan_rotation(self, actor: Actor) -> RotationPlan:
        """What `rotate` would do, or has yet to do; refuses as that does."""
        actor.require_administrator()
        await self._keys.follow()
        current = await self._current()
        if old := await self._old_keys():
            remaining = await self._values.count_others(self._keys.sealing.sealer.head)
            return RotationPlan(_SEALING, old[0].kid, current.kid, remaining)
        coming = next_of(await self._store.list_keys(_SEALING))
        if coming is None:
            await self._keys.new_sealing_record()  # not kept: only to hear whether one can be made
        values = await self._values.count()
        return RotationPlan(_SEALING, current.kid, coming.kid if coming else None, values)

    async def look_after(self) -> None:
        """Go on with a rotation that nobody goes on with."""
        is_done = False
        while not is_done:
            async with self._stepping:  # for one step, so that somebody who waits for it gets between
                is_done = not await self._old_keys() or (await self._step(SYSTEM, force=False)).is_done

    async def _step(self, actor: Actor, *, force: bool) -> Resealing:
        old = await self._old_keys()
        current = await self._current()
        await self._keys.follow()
        resealed = await self._reseal(time.monotonic() + _STEP_SECONDS)
        remaining = await self._values.count_others(self._keys.sealing.sealer.head)
        is_done = remaining == 0 and await self._drop(actor, force=force)
        old_kid = old[0].kid if old else current.kid
        return Resealing(old_kid, current.kid, resealed, remaining, is_done)

    async def _put_next_into_use(self, actor: Actor, *, force: bool) -> None:
        coming = next_of(await self._store.list_keys(_SEALING))
        if coming is None:
            async with self._changes.open(_SEALING, actor):
                coming = await self._keys.new_sealing_record()
                await self._store.add(coming)
        await self._wait_until(coming.created_at + PROPAGATION, force=force)
        async with self._changes.open(_SEALING, actor) as sealing:
            for record in sealing:
                if record.state is KeyState.ACTIVE:
                    await self._store.update(replace(record, state=KeyState.RETIRING))
            await self._store.update(replace(coming, state=KeyState.ACTIVE, activated_at=self._now()))

    async def _reseal(self, until: float) -> int:
        """Seal values under the new key, in batches that are kept one by one; how many there were."""
        count = 0
        for column in SEALED_COLUMNS:
            after = ""
            while time.monotonic() < until:
                batch = await self._values.list_others(
                    column, self._keys.sealing.sealer.head, after=after, limit=_BATCH
                )
                if not batch:
                    break
                count += await self._reseal_batch(column, batch)
                after = batch[-1].row
        return count

    async def _reseal_batch(self, column: SealedColumn, batch: Sequence[SealedValue]) -> int:
        sealer = self._keys.sealing.sealer
        count = 0
        async with self._database.transaction(durable=True):
            for value in batch:
                place = Place(column.table, column.column, value.row)
                anew = sealer.seal(sealer.open(value.sealed, place), place)
                count += await self._values.replace(column, value, anew)
        return count

    async def _drop(self, actor: Actor, *, force: bool) -> bool:
        """Forget the old keys once no value is under them any more, and no server can still seal with them."""
        current = await self._current()
        await self._wait_until((current.activated_at or 0) + PROPAGATION, force=force)
        async with self._changes.open(_SEALING, actor) as sealing:
            if await self._values.count_others(self._keys.sealing.sealer.head):
                return False
            for record in sealing:
                if record.state is KeyState.RETIRING:
                    gone = replace(record, state=KeyState.RETIRED, retires_at=self._now(), sealed=b"")
                    await self._store.update(gone)
        return True

    async def _old_keys(self) -> list[KeyRecord]:
        records = await self._store.list_keys(_SEALING)
        return [record for record in records if record.state is KeyState.RETIRING]

    async def _current(self) -> KeyRecord:
        current = newest_active(await self._store.list_keys(_SEALING))
        if current is None:
            raise BrokenState("the database holds no sealing key that is active", hint="restore a backup")
        return current

    async def _wait_until(self, moment: int, *, force: bool) -> None:
        if not force and (rest := moment - self._now()) > 0:
            await asyncio.sleep(rest / SECOND)
