"""The audit log over both databases, with the files beside it and a key that signs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from synctv_server.domain.audit import Deed, Entry, Party
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.security.keyring import Keyring, RingKey
from synctv_server.security.signing_keys import generate_signing_key
from synctv_server.services.audit import AuditService
from synctv_server.services.audit_checkpoints import Checkpoints
from synctv_server.store import Database, open_database
from synctv_server.store.audit import AuditStore
from synctv_server.store.keys import KeyStore
from synctv_server.store.trail import AuditTrail
from tests.services.conftest import Clock
from tests.support import databases

OPERATOR = Actor(ActorKind.OPERATOR, "root", uid=0)


@dataclass
class Logbook:
    """An audit log, and what tests do with it."""

    database: Database
    service: AuditService
    checkpoints: Checkpoints
    keyring: Keyring
    clock: Clock
    folder: Path

    @property
    def head_file(self) -> Path:
        return self.folder / "audit-head.json"

    @property
    def journal_file(self) -> Path:
        return self.folder / "audit-checkpoints.jsonl"

    async def write(self, count: int = 1) -> None:
        for number in range(count):
            async with self.database.transaction(durable=True) as transaction:
                done = Deed("user.banned", Party("user", f"usr_{number}", "ann"), after={"number": number})
                transaction.audit(OPERATOR, done)
            self.clock.moment += 1_000

    async def entries(self) -> list[Entry]:
        return await AuditStore(self.database).entries_after(0, 2_000)

    async def sign(self) -> None:
        """A checkpoint now."""
        await self.service.proof(OPERATOR)

    async def turn_key(self) -> str:
        """Have another key sign; its id."""
        key = generate_signing_key("EdDSA")
        now = self.clock()
        await KeyStore(self.database).add(
            KeyRecord(key.kid, KeyPurpose.SIGNING, "EdDSA", KeyState.ACTIVE, now, now, sealed=b"sealed")
        )
        self.keyring.replace(key, [RingKey(key, key.public, None)])
        return key.kid


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def log(kind: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Logbook]:
    url = await databases.migrated(kind, tmp_path)
    trail = AuditTrail(tmp_path / "audit-head.json", now=clock)
    async with open_database(url, pool_size=2, trail=trail) as database:
        keyring = Keyring(clock)
        checkpoints = Checkpoints(tmp_path / "audit-checkpoints.jsonl", keyring, KeyStore(database))
        book = Logbook(
            database, AuditService(database, checkpoints, clock), checkpoints, keyring, clock, tmp_path
        )
        await book.turn_key()
        yield book
