"""The life of the master key: another one wraps the sealing keys, beside the one before, until that is dropped.

Called by the operator's route. A kill at any moment leaves keys that open: the files of both master keys are in place
before the database is changed, and both wrappings stand in it until the rotation is finished.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from synctv_server.cluster.notices import Notices
from synctv_server.config.private_files import remove_private, write_private
from synctv_server.config.secrets import Secret, secret_file
from synctv_server.config.sections.keys import KeysSection
from synctv_server.domain.errors import Conflict, Forbidden
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import Actor
from synctv_server.security.sealing import Sealer, new_key, new_key_id, read_master_key, write_master_key
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.keys.changing import KeyChanges, Rotation, RotationPlan
from synctv_server.services.keys.opening import newest_active, of_purpose, place_of
from synctv_server.services.keys.service import SEALING_ALGORITHM, KeyService

_MASTER = KeyPurpose.MASTER


@dataclass(frozen=True, slots=True)
class MasterSource:
    """Where the master keys come from: the settings as they are now; those of the data directory are the server's."""

    section: KeysSection
    data_dir: Path

    @property
    def file(self) -> Path:
        return secret_file(self.data_dir, "keys.master")

    @property
    def previous_file(self) -> Path:
        return secret_file(self.data_dir, "keys.master_previous")

    @property
    def is_ours(self) -> bool:
        """Whether the key in use is a file that the server may replace."""
        master = self.section.master
        return master is not None and master.origin.at == str(self.file)

    def given(self) -> list[bytes]:
        """The keys that the settings give now, the one in use first."""
        both = (self.section.master, self.section.master_previous)
        return [read_master_key(secret.reveal()) for secret in both if isinstance(secret, Secret)]


class MasterKeys:
    """One change at a time."""

    def __init__(self, accounts: Accounts, keys: KeyService, notices: Notices, source: MasterSource) -> None:
        self._changes = KeyChanges(accounts.database, keys, notices)
        self._store = self._changes.store
        self._now = accounts.now
        self._keys = keys
        self._source = source
        self._turning = asyncio.Lock()

    async def rotate(self, actor: Actor) -> Rotation:
        """Wrap every sealing key under a new master key as well, which is the one in use from now on.

        Where the master key is a file of the data directory, the server makes the new one and keeps the old one beside
        it; else both come from the settings. For administrators. Conflict `key.master_turning` while the rotation
        before is not finished, `key.master_given` where the new key has to be given first.
        """
        actor.require_administrator()
        async with self._turning:
            await self._require_finished()
            await self._keys.refresh()
            old = self._keys.sealing.master
            coming = (
                await asyncio.to_thread(self._renew_files, old) if self._source.is_ours else self._given(old)
            )
            async with self._changes.open(_MASTER, actor) as masters:
                rotation = await self._wrap(coming, masters)
                self._keys.use_master_key(coming)
            return rotation

    async def finish(self, actor: Actor) -> Rotation:
        """Drop the wrapping under the master key before, and its file where that is ours.

        Every server must have the new key by then: one that has only the old could read no key any more. Conflict
        `key.master_settled` when there is nothing to finish.
        """
        actor.require_administrator()
        async with self._turning, self._changes.open(_MASTER, actor) as masters:
            current, former = self._to_finish(masters)
            for record in await self._store.list_keys(KeyPurpose.SEALING):
                if record.sealed_previous is not None:
                    await self._store.update(replace(record, sealed_previous=None))
            await self._store.update(replace(former, state=KeyState.RETIRED, retires_at=self._now()))
        if self._source.is_ours:
            await asyncio.to_thread(remove_private, self._source.previous_file)
        return Rotation(_MASTER, former.kid, current.kid)

    async def plan_rotation(self, actor: Actor) -> RotationPlan:
        """What `rotate` would do; refuses as that does."""
        actor.require_administrator()
        await self._require_finished()
        await self._keys.follow()
        old = self._keys.sealing.master
        if old is None:
            raise _no_master()
        if not self._source.is_ours:
            self._given(old)
        current, _ = self._in_use(await self._store.list_keys(_MASTER))
        sealing = await self._store.list_keys(KeyPurpose.SEALING)
        return RotationPlan(_MASTER, current.kid, None, sum(record.verifies for record in sealing))

    async def plan_finish(self, actor: Actor) -> RotationPlan:
        """What `finish` would do; refuses as that does."""
        actor.require_administrator()
        await self._keys.follow()
        current, former = self._to_finish(await self._store.list_keys(_MASTER))
        return RotationPlan(_MASTER, former.kid, current.kid, retires_at=self._now())

    def _to_finish(self, masters: list[KeyRecord]) -> tuple[KeyRecord, KeyRecord]:
        """The master key in use and the one to drop; Conflict where there is none, or this server needs it yet."""
        current, former = self._in_use(masters)
        if former is None:
            raise Conflict(
                "no rotation of the master key is under way",
                code="key.master_settled",
                hint="`synctv keys rotate --purpose master` begins one.",
            )
        if self._keys.sealing.master is None:
            raise Conflict(
                "this server has only the old master key",
                code="key.master_given",
                hint="Give it the new one as keys.master, restart it, and finish then.",
            )
        return current, former

    async def _require_finished(self) -> None:
        _, former = self._in_use(await self._store.list_keys(_MASTER))
        if former is not None:
            raise Conflict(
                "the master key was replaced and the old one is still taken",
                code="key.master_turning",
                hint="`synctv keys rotate --purpose master --finish` ends that; then try again.",
            )

    def _renew_files(self, old: bytes | None) -> bytes:
        """The new master key, in its file; the old one in the file beside it. One that a kill has left is taken."""
        if old is None:
            raise _no_master()
        file, previous = self._source.file, self._source.previous_file
        try:
            in_file = read_master_key(file.read_text(encoding="utf-8"))
            if in_file != old and previous.exists():
                return in_file
            coming = new_key()
            write_private(previous, f"{write_master_key(old)}\n")
            write_private(file, f"{write_master_key(coming)}\n")
        except OSError as error:
            raise Forbidden(f"{error.filename}: {(error.strerror or 'error').lower()}") from error
        return coming

    def _given(self, old: bytes | None) -> bytes:
        given = self._source.given()
        if old is None:
            raise _no_master()
        if len(given) == 2 and given[1] == old and given[0] != old:
            return given[0]
        master = self._source.section.master
        raise Conflict(
            f"the master key comes from {master.origin if master else 'nowhere'}, where the new one has to be put",
            code="key.master_given",
            hint="Give the new key as keys.master and the present one as keys.master_previous, restart, and try again.",
        )

    async def _wrap(self, coming: bytes, masters: list[KeyRecord]) -> Rotation:
        former, _ = self._in_use(masters)
        now = self._now()
        current = KeyRecord(new_key_id(), _MASTER, SEALING_ALGORITHM, KeyState.ACTIVE, now, now)
        await self._store.add(current)
        await self._store.update(replace(former, state=KeyState.RETIRING))
        sealer = Sealer({current.kid: coming}, current.kid)
        for record in await self._store.list_keys(KeyPurpose.SEALING):
            if record.verifies:
                wrapped = sealer.seal(self._keys.sealing.secrets[record.kid], place_of(record.kid))
                await self._store.update(replace(record, sealed=wrapped, sealed_previous=record.sealed))
        return Rotation(_MASTER, former.kid, current.kid)

    def _in_use(self, records: list[KeyRecord]) -> tuple[KeyRecord, KeyRecord | None]:
        """The master key in use, and the one before it where that is still taken."""
        masters = of_purpose(_MASTER, records)
        current = newest_active(masters)
        if current is None:
            raise _no_master()
        former = [record for record in masters if record.state is KeyState.RETIRING]
        return current, former[0] if former else None


def _no_master() -> Conflict:
    return Conflict(
        "this server has not the master key that the keys are wrapped under",
        code="key.master_given",
        hint="Give it as keys.master and restart.",
    )
