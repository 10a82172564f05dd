"""A change to the keys: one at a time over all servers, and told to every server once it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from synctv_server.cluster.notices import KeysChanged, Notices
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import NotFound
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import SYSTEM, Actor
from synctv_server.domain.times import SECOND, Millis
from synctv_server.services.keys.service import KeyService
from synctv_server.store import Database
from synctv_server.store.keys import KeyStore

PROPAGATION: Millis = 5 * SECOND
"""For how long a key is published before it is used, so that every server and client knows it by then."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which key has taken over from which."""

    purpose: KeyPurpose
    old_kid: str
    new_kid: str


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What a rotation would do. `new_kid` is None for a key that is yet to be made; the old one is taken until
    `retires_at`, else until `values` secrets of the database are under the new one.
    """

    purpose: KeyPurpose
    old_kid: str
    new_kid: str | None
    values: int = 0
    retires_at: Millis | None = None


class KeyChanges:
    """Where the services of this package change keys."""

    def __init__(self, database: Database, keys: KeyService, notices: Notices) -> None:
        self.store = KeyStore(database)
        self._database = database
        self._keys = keys
        self._notices = notices

    @asynccontextmanager
    async def open(self, purpose: KeyPurpose, actor: Actor = SYSTEM) -> AsyncIterator[list[KeyRecord]]:
        """The keys for this purpose, which nobody else changes meanwhile.

        At the end what the block has written is kept, with an entry in the audit log for each key that has got
        another state by it; every server hears of it, and this one has read it.
        """
        async with self._database.transaction(durable=True) as transaction:
            await self.store.hold()
            transaction.after_commit(self._tell)
            before = await self.store.list_keys(purpose)
            yield before
            for deed in _deeds(before, await self.store.list_keys(purpose)):
                transaction.audit(actor, deed)

    async def _tell(self) -> None:
        await self._notices.publish(KeysChanged())
        await self._keys.refresh()


def _deeds(before: list[KeyRecord], after: list[KeyRecord]) -> Iterator[Deed]:
    """`key.created`, `key.activated`, `key.retiring`, `key.retired`, `key.revoked`: what has become of each key."""
    states = {record.kid: record.state for record in before}
    for record in after:
        state = states.get(record.kid)
        if state is record.state:
            continue
        named = Party("key", record.kid, f"{record.purpose} {record.algorithm}")
        old = {} if state is None else {"state": state}
        verb = "activated" if record.state is KeyState.ACTIVE else record.state
        yield Deed(
            "key.created" if state is None else f"key.{verb}",
            named,
            before=old,
            after={"state": record.state},
        )


def next_of(records: list[KeyRecord]) -> KeyRecord | None:
    """The key that is published and not in use yet."""
    return next((record for record in records if record.state is KeyState.NEXT), None)


def get_key(records: list[KeyRecord], kid: str) -> KeyRecord:
    """NotFound when there is none of this id."""
    for record in records:
        if record.kid == kid:
            return record
    raise NotFound(f"there is no key {kid}", code="key.not_found", hint="`synctv keys list` shows them.")
