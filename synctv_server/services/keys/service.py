"""The keys of the installation: made at its first start, read into the key ring, read again when they change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from synctv_server.cluster.notices import KeysChanged, Notice
from synctv_server.domain.errors import Conflict, SyncTVError, Unavailable
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import SECOND, Millis, Now
from synctv_server.security.keyring import Keyring
from synctv_server.security.sealing import Sealer, new_key, new_key_id
from synctv_server.security.signing_keys import SigningKey, generate_signing_key
from synctv_server.services.keys.opening import (
    SealingRing,
    newest_active,
    of_purpose,
    open_sealing_keys,
    open_signing_keys,
    place_of,
)
from synctv_server.store import Database
from synctv_server.store.keys import KeyStore

_log = logging.getLogger(__name__)

SEALING_ALGORITHM = "A256GCM"
RELOAD_AT_MOST_EVERY: Millis = SECOND


class KeyService:
    """The master key seals the sealing key, the sealing key seals the signing keys, each in its row.

    `keyring` is one object for the life of the server: `load` and every reload put other keys into it.
    `algorithm` is that of new signing keys; `others` gives further master keys to try, such as the previous one.
    """

    def __init__(
        self,
        database: Database,
        master_key: bytes,
        algorithm: str,
        now: Now,
        *,
        others: Callable[[], Sequence[bytes]] = tuple,
    ) -> None:
        self._database = database
        self._keys = KeyStore(database)
        self._master_key = master_key
        self._others = others
        self._algorithm = algorithm
        self._now = now
        self._sealing: SealingRing | None = None
        self._former: tuple[bytes, ...] = ()
        self._loaded_at: Millis = 0
        self._held: list[KeyRecord] = []
        self._loading = asyncio.Lock()
        self._rereading: set[asyncio.Task[None]] = set()
        self.keyring = Keyring(now)

    async def ensure(self) -> list[KeyRecord]:
        """Make the keys that an installation needs and has not; the new ones are the answer."""
        if await self._keys.list_keys():
            return []
        records = self._first_keys(await self.draw())
        async with self._database.transaction(durable=True):
            if await self._keys.list_keys():
                return []
            for record in records:
                await self._keys.add(record)
        return records

    async def load(self) -> Keyring:
        """The ring with the keys of the database.

        ConfigurationInvalid when the master key is not the one that they are sealed under, BrokenState when a key
        does not open.
        """
        self._loaded_at = self._now()
        records = await self._keys.list_in_use()
        self._sealing = open_sealing_keys(records, self._masters)
        ring = open_signing_keys(records, self._sealing.sealer)
        self.keyring.replace(ring.signer, ring.held)
        self._held = records
        return self.keyring

    @property
    def sealing(self) -> SealingRing:
        """The sealing keys as they were read last."""
        if self._sealing is None:
            raise Unavailable("the keys have not been read yet")
        return self._sealing

    def use_master_key(self, master_key: bytes) -> None:
        """From the next reading on try this master key first; the ones known so far stay good for reading."""
        self._former = (self._master_key, *self._former)
        self._master_key = master_key

    async def reload(self) -> None:
        """Read the keys again, because a token named one that is not held; at most once a second."""
        async with self._loading:
            if self._now() >= self._loaded_at + RELOAD_AT_MOST_EVERY:
                await self.load()

    async def refresh(self) -> None:
        """Read the keys again, after whoever is reading them now."""
        async with self._loading:
            await self.load()

    async def follow(self) -> None:
        """Read the keys again when somebody has changed them who could not tell this server."""
        if await self._keys.list_in_use() != self._held:
            await self.refresh()

    def hear(self, notice: Notice) -> None:
        """Follow the notices, so that a key signs here when it does elsewhere."""
        if isinstance(notice, KeysChanged):
            task = asyncio.create_task(self._reread())
            self._rereading.add(task)
            task.add_done_callback(self._rereading.discard)

    async def draw(self, algorithm: str | None = None) -> SigningKey:
        """A new signing key; without `algorithm`, of the one that the settings name."""
        return await asyncio.to_thread(generate_signing_key, algorithm or self._algorithm)

    async def record_of(self, signing: SigningKey) -> KeyRecord:
        """A drawn key, sealed and not kept yet, that is to sign next. Call it in the transaction that keeps it."""
        sealer = open_sealing_keys(await self._keys.list_in_use(), self._masters).sealer
        sealed = sealer.seal(signing.secret, place_of(signing.kid))
        record = self._record(signing.kid, KeyPurpose.SIGNING, signing.algorithm, sealed)
        return replace(record, state=KeyState.NEXT, activated_at=None)

    async def new_sealing_record(self) -> KeyRecord:
        """A new sealing key, wrapped and not kept yet, that is to seal next. Call it in the transaction that keeps it.

        Conflict while a rotation of the master key is not finished.
        """
        records = await self._keys.list_in_use()
        masters = of_purpose(KeyPurpose.MASTER, records)
        above, in_force = newest_active(masters), open_sealing_keys(records, self._masters).master
        if above is None or in_force is None or len(masters) > 1:
            raise Conflict(
                "the master key is being replaced",
                code="key.master_turning",
                hint="`synctv keys rotate --purpose master --finish` ends that; then try again.",
            )
        kid = new_key_id()
        sealed = Sealer({above.kid: in_force}, above.kid).seal(new_key(), place_of(kid))
        record = self._record(kid, KeyPurpose.SEALING, SEALING_ALGORITHM, sealed)
        return replace(record, state=KeyState.NEXT, activated_at=None)

    async def list_keys(self, actor: Actor) -> list[KeyRecord]:
        """All keys, without their secrets, for an administrator."""
        actor.require_administrator()
        return await self._keys.list_keys()

    def ages_seconds(self) -> dict[str, float]:
        """The age of each signing key that signs, for the metrics."""
        return {
            record.kid: (self._now() - (record.activated_at or record.created_at)) / SECOND
            for record in of_purpose(KeyPurpose.SIGNING, self._held)
            if record.state is KeyState.ACTIVE
        }

    @property
    def _masters(self) -> tuple[bytes, ...]:
        return tuple(dict.fromkeys((self._master_key, *self._former, *self._others())))

    async def _reread(self) -> None:
        try:
            await self.refresh()
        except SyncTVError as error:
            _log.warning("the keys could not be read again: %s", error.message)

    def _first_keys(self, signing: SigningKey) -> list[KeyRecord]:
        master = self._record(new_key_id(), KeyPurpose.MASTER, SEALING_ALGORITHM, b"")
        sealing, secret = new_key_id(), new_key()
        under_master = Sealer({master.kid: self._master_key}, master.kid)
        under_sealing = Sealer({sealing: secret}, sealing)
        return [
            master,
            self._record(
                sealing, KeyPurpose.SEALING, SEALING_ALGORITHM, under_master.seal(secret, place_of(sealing))
            ),
            self._record(
                signing.kid,
                KeyPurpose.SIGNING,
                signing.algorithm,
                under_sealing.seal(signing.secret, place_of(signing.kid)),
            ),
        ]

    def _record(self, kid: str, purpose: KeyPurpose, algorithm: str, sealed: bytes) -> KeyRecord:
        now = self._now()
        return KeyRecord(kid, purpose, algorithm, KeyState.ACTIVE, now, now, sealed=sealed)
