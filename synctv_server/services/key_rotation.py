"""The life of the signing keys: another one takes over, and the old one verifies for a while before it retires.

Called by the operator's route and by the job that looks after the keys.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from synctv_server.cluster.notices import KeysChanged, Notices
from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.errors import BrokenState
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import DAY, SECOND, Millis
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.keys import KeyService
from synctv_server.store.keys import KeyStore

PROPAGATION: Millis = 5 * SECOND
"""For how long a key is published before it signs, so that whoever verifies knows it by then."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which key has taken over from which."""

    purpose: KeyPurpose
    old_kid: str
    new_kid: str


class KeyRotation:
    """One rotation at a time. One that was interrupted is finished by the next, with the key that it made."""

    def __init__(self, accounts: Accounts, keys: KeyService, notices: Notices, section: AuthSection) -> None:
        self._database = accounts.database
        self._store = KeyStore(accounts.database)
        self._now = accounts.now
        self._keys = keys
        self._notices = notices
        self._due_after: Millis = section.key_rotation_days * DAY
        self._grace: Millis = section.key_grace_days * DAY
        self._rotating = asyncio.Lock()

    async def rotate(self, actor: Actor, *, force: bool = False) -> Rotation:
        """Have another key sign; it does when this returns. `force` does not wait for the propagation.

        For administrators. No token is refused for it: the old key verifies until its grace is over.
        """
        actor.require_administrator()
        async with self._rotating:
            coming = await self._publish_next()
            rest = coming.created_at + PROPAGATION - self._now()
            if rest > 0 and not force:
                await asyncio.sleep(rest / SECOND)
            return await self._activate(coming)

    async def look_after(self) -> None:
        """One step, without waiting: retire keys whose grace is over, publish one when the signer is due, use it."""
        async with self._rotating:
            await self._retire()
            records = await self._store.list_keys(KeyPurpose.SIGNING)
            coming = next((record for record in records if record.state is KeyState.NEXT), None)
            if coming is not None:
                if self._now() >= coming.created_at + PROPAGATION:
                    await self._activate(coming)
            elif self._now() >= (_signer(records).activated_at or 0) + self._due_after:
                await self._publish_next()

    async def _publish_next(self) -> KeyRecord:
        for record in await self._store.list_keys(KeyPurpose.SIGNING):
            if record.state is KeyState.NEXT:
                return record
        coming = await self._keys.make_signing_key()
        async with self._database.transaction(durable=True):
            await self._store.add(coming)
        await self._tell()
        return coming

    async def _activate(self, coming: KeyRecord) -> Rotation:
        now = self._now()
        async with self._database.transaction(durable=True):
            records = await self._store.list_keys(KeyPurpose.SIGNING)
            old = _signer(records)
            for record in records:
                if record.state is KeyState.ACTIVE:
                    retiring = replace(record, state=KeyState.RETIRING, retires_at=now + self._grace)
                    await self._store.update(retiring)
            await self._store.update(replace(coming, state=KeyState.ACTIVE, activated_at=now))
        await self._tell()
        return Rotation(KeyPurpose.SIGNING, old.kid, coming.kid)

    async def _retire(self) -> None:
        over = [
            record
            for record in await self._store.list_keys(KeyPurpose.SIGNING)
            if record.state is KeyState.RETIRING and (record.retires_at or 0) <= self._now()
        ]
        if not over:
            return
        async with self._database.transaction(durable=True):
            for record in over:
                await self._store.update(replace(record, state=KeyState.RETIRED))
        await self._tell()

    async def _tell(self) -> None:
        await self._notices.publish(KeysChanged())
        await self._keys.refresh()


def _signer(records: list[KeyRecord]) -> KeyRecord:
    active = [record for record in records if record.state is KeyState.ACTIVE]
    if not active:
        raise BrokenState("the database holds no signing key that is active", hint="restore a backup")
    return max(active, key=lambda record: record.activated_at or record.created_at)
