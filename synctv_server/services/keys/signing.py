"""The life of the signing keys: another one takes over, and the old one verifies for a while before it retires.

Called by the operator's routes and by the job that looks after the keys.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from synctv_server.cluster.notices import Notices
from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.errors import BrokenState, Conflict, Invalid
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import SYSTEM, Actor
from synctv_server.domain.times import DAY, SECOND, Millis
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.keys.changing import (
    PROPAGATION,
    KeyChanges,
    Rotation,
    RotationPlan,
    get_key,
    next_of,
)
from synctv_server.services.keys.opening import newest_active
from synctv_server.services.keys.service import KeyService

_SIGNING = KeyPurpose.SIGNING


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key whose signatures are not taken any more, how many sessions must refresh, and the key that signs now."""

    kid: str
    sessions_affected: int
    new_kid: str | None


class SigningKeys:
    """One rotation at a time. One that was interrupted is finished by the next, with the key that it made."""

    def __init__(self, accounts: Accounts, keys: KeyService, notices: Notices, section: AuthSection) -> None:
        self._changes = KeyChanges(accounts.database, keys, notices)
        self._store = self._changes.store
        self._sessions = accounts.sessions
        self._now = accounts.now
        self._keys = keys
        self._section = section
        self._rotating = asyncio.Lock()

    async def generate(self, actor: Actor, algorithm: str | None = None) -> KeyRecord:
        """Publish a key that signs from the next rotation on. Conflict `key.next_exists` when there is one."""
        actor.require_administrator()
        drawn = await self._keys.draw(algorithm)
        async with self._changes.open(_SIGNING, actor) as signing:
            if (waiting := next_of(signing)) is not None:
                raise Conflict(
                    f"the key {waiting.kid} is there already, to sign next",
                    code="key.next_exists",
                    hint="`synctv keys rotate` has it sign now.",
                )
            record = await self._keys.record_of(drawn)
            await self._store.add(record)
        return record

    async def rotate(self, actor: Actor, *, force: bool = False) -> Rotation:
        """Have another key sign; it does when this returns. `force` does not wait for the propagation.

        For administrators. No token is refused for it: the old key verifies until its grace is over.
        """
        actor.require_administrator()
        async with self._rotating:
            coming = await self._publish_next(actor)
            rest = coming.created_at + PROPAGATION - self._now()
            if rest > 0 and not force:
                await asyncio.sleep(rest / SECOND)
            return await self._activate(coming.kid, actor)

    async def plan_rotation(self, actor: Actor) -> RotationPlan:
        """What `rotate` would do."""
        actor.require_administrator()
        signing = await self._store.list_keys(_SIGNING)
        coming = next_of(signing)
        over_at = self._now() + self._grace
        return RotationPlan(
            _SIGNING, _signer(signing).kid, coming.kid if coming else None, retires_at=over_at
        )

    async def plan_revocation(self, actor: Actor, kid: str) -> Revocation:
        """What `revoke` would do; refuses as that does."""
        actor.require_administrator()
        return await self._plan(await self._store.list_keys(), kid)

    async def revoke(self, actor: Actor, kid: str) -> Revocation:
        """Take nothing more that this key has signed, at once. For a key that somebody else may have.

        Of the key that signs, the next one takes its place without any propagation; Conflict `key.last` when there is
        none. NotFound for an unknown key, Invalid for one that does not sign.
        """
        actor.require_administrator()
        async with self._changes.open(_SIGNING, actor) as signing:
            plan = await self._plan(await self._store.list_keys(), kid)
            await self._store.update(
                replace(get_key(signing, kid), state=KeyState.REVOKED, retires_at=self._now())
            )
            if plan.new_kid is not None:
                await self._put_into_use(get_key(signing, plan.new_kid))
        return plan

    async def look_after(self) -> None:
        """One step, without waiting: retire keys whose grace is over, publish one when the signer is due, use it."""
        async with self._rotating:
            await self._retire()
            signing = await self._store.list_keys(_SIGNING)
            since = _signer(signing).activated_at or 0
            if self._now() < since + self._section.key_rotation_days * DAY:
                return
            coming = next_of(signing)
            if coming is None:
                await self._publish_next(SYSTEM)
            elif self._now() >= coming.created_at + PROPAGATION:
                await self._activate(coming.kid, SYSTEM)

    async def _publish_next(self, actor: Actor) -> KeyRecord:
        waiting = next_of(await self._store.list_keys(_SIGNING))
        if waiting is not None:
            return waiting
        drawn = await self._keys.draw()
        async with self._changes.open(_SIGNING, actor) as signing:
            if (waiting := next_of(signing)) is not None:  # another server was faster
                return waiting
            coming = await self._keys.record_of(drawn)
            await self._store.add(coming)
        return coming

    async def _activate(self, kid: str, actor: Actor) -> Rotation:
        async with self._changes.open(_SIGNING, actor) as signing:
            coming = get_key(signing, kid)
            if coming.state is not KeyState.NEXT:
                raise Conflict(
                    f"somebody else has decided about the key {kid} meanwhile; it is {coming.state.value} now",
                    code="key.changed",
                    hint="`synctv keys list` shows which key signs.",
                )
            old = _signer(signing)
            for record in signing:
                if record.state is KeyState.ACTIVE:
                    over_at = self._now() + self._grace
                    await self._store.update(replace(record, state=KeyState.RETIRING, retires_at=over_at))
            await self._put_into_use(coming)
        return Rotation(_SIGNING, old.kid, kid)

    async def _put_into_use(self, coming: KeyRecord) -> None:
        await self._store.update(replace(coming, state=KeyState.ACTIVE, activated_at=self._now()))

    async def _retire(self) -> None:
        if not any(self._is_over(record) for record in await self._store.list_keys(_SIGNING)):
            return
        async with self._changes.open(_SIGNING) as signing:
            for record in filter(self._is_over, signing):
                await self._store.update(replace(record, state=KeyState.RETIRED))

    def _is_over(self, record: KeyRecord) -> bool:
        return record.state is KeyState.RETIRING and (record.retires_at or 0) <= self._now()

    @property
    def _grace(self) -> Millis:
        return self._section.key_grace_days * DAY

    async def _plan(self, records: list[KeyRecord], kid: str) -> Revocation:
        record = get_key(records, kid)
        if record.purpose is not _SIGNING:
            raise Invalid(
                f"the key {kid} signs nothing, so there is nothing to revoke",
                hint=f"`synctv keys rotate --purpose {record.purpose.value}` replaces it.",
            )
        signing = [each for each in records if each.purpose is _SIGNING]
        new_kid = None
        if record.kid == _signer(signing).kid:
            coming = next_of(signing)
            if coming is None:
                raise Conflict(
                    f"the key {kid} is the only one that signs",
                    code="key.last",
                    hint="`synctv keys generate` makes the one that takes its place; then revoke this one.",
                )
            new_kid = coming.kid
        return Revocation(kid, await self._count_sessions(record, signing), new_kid)

    async def _count_sessions(self, record: KeyRecord, signing: list[KeyRecord]) -> int:
        """How many sessions have their present access token from this key."""
        if record.activated_at is None or record.state not in (KeyState.ACTIVE, KeyState.RETIRING):
            return 0
        later = [each.activated_at for each in signing if (each.activated_at or 0) > record.activated_at]
        until = min((moment for moment in later if moment is not None), default=self._now())
        living_since = self._now() - self._section.access_token_seconds * SECOND
        return await self._sessions.count_used(max(record.activated_at, living_since), until, now=self._now())


def _signer(records: list[KeyRecord]) -> KeyRecord:
    signer = newest_active(records)
    if signer is None:
        raise BrokenState("the database holds no signing key that is active", hint="restore a backup")
    return signer
