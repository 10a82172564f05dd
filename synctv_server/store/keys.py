"""The key ring in the database: secret parts only sealed. Called by the service of keys; writes are durable."""

from __future__ import annotations

from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.engines.faults import UniqueViolated
from synctv_server.store.tables import Keys


class KeyStore:
    """One row per key, those of the past among them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_keys(self, purpose: KeyPurpose | None = None) -> list[KeyRecord]:
        """All keys, or those for one purpose, the oldest first."""
        query = Keys.select().order_by(Keys.created_at, Keys.kid)
        if purpose is not None:
            query = query.where(Keys.purpose == purpose.value)
        return [_record(row) for row in await self._database.run(query)]

    async def list_in_use(self) -> list[KeyRecord]:
        """Those that are still good for something, the oldest first."""
        over = [KeyState.RETIRED.value, KeyState.REVOKED.value]
        query = Keys.select().where(Keys.state.not_in(over)).order_by(Keys.created_at, Keys.kid)
        return [_record(row) for row in await self._database.run(query)]

    async def hold(self) -> None:
        """Let nobody else who holds them change the keys before the end of the transaction."""
        await self._database.fetch("UPDATE keys SET state = state WHERE purpose = {} RETURNING kid", "master")

    async def find_sealed(self, kid: str) -> bytes | None:
        """The sealed secret part of one key."""
        row = await self._database.fetch_one("SELECT sealed FROM keys WHERE kid = {}", kid)
        return None if row is None else row["sealed"]

    async def add(self, record: KeyRecord) -> None:
        """Conflict `key.exists` when there is one of this id."""
        row = Keys(
            kid=record.kid,
            purpose=record.purpose.value,
            algorithm=record.algorithm,
            created_at=record.created_at,
            **_changing(record),
        )
        try:
            await self._database.keep(Keys.insert(row))
        except UniqueViolated as error:
            raise Conflict(f"there is a key {record.kid} already", code="key.exists") from error

    async def update(self, record: KeyRecord) -> None:
        """Keep its state, its moments and how it is sealed; NotFound when there is no such key."""
        query = Keys.update(**_changing(record)).where(Keys.kid == record.kid).returning(Keys.kid)
        if not await self._database.keep(query):
            raise NotFound(f"there is no key {record.kid}", code="key.not_found")


def _changing(record: KeyRecord) -> dict[str, Any]:
    return {
        "state": record.state.value,
        "activated_at": record.activated_at,
        "retires_at": record.retires_at,
        "sealed": record.sealed,
    }


def _record(row: Row) -> KeyRecord:
    return KeyRecord(
        kid=row["kid"],
        purpose=KeyPurpose(row["purpose"]),
        algorithm=row["algorithm"],
        state=KeyState(row["state"]),
        created_at=row["created_at"],
        activated_at=row["activated_at"],
        retires_at=row["retires_at"],
        sealed=row["sealed"],
    )
