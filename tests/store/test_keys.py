"""Sealed values in the database: found by the key they are under, replaced only as they were seen."""

from __future__ import annotations

from secrets import token_bytes

from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.security.sealing import Place, Sealer
from synctv_server.store import Database, tables
from synctv_server.store.keys import SEALED_COLUMNS, KeyStore, SealedStore

(KEYS,) = SEALED_COLUMNS


def test_every_sealed_column_is_known() -> None:
    sealed = {
        (table._meta.tablename, column._meta.name)
        for table in tables.ALL
        for column in table._meta.columns
        if column._meta.name == "sealed"
    }
    assert sealed == {(each.table, each.column) for each in SEALED_COLUMNS}


async def _put(database: Database, kid: str, sealed: bytes, purpose: KeyPurpose = KeyPurpose.SIGNING) -> None:
    record = KeyRecord(kid, purpose, "EdDSA", KeyState.RETIRED, 1, 1, sealed=sealed)
    await KeyStore(database).add(record)


async def test_values_under_another_key_are_listed_row_by_row_and_counted(database: Database) -> None:
    old, new = Sealer({"old": bytes(32)}, "old"), Sealer({"newer": token_bytes(32)}, "newer")
    place = Place("keys", "sealed", "")
    for number in range(5):
        await _put(database, f"k{number}", old.seal(b"value", place))
    await _put(database, "n", new.seal(b"value", place))
    await _put(database, "empty", b"")
    await _put(database, "other", old.seal(b"value", place), KeyPurpose.SEALING)
    values = SealedStore(database)
    first = await values.list_others(KEYS, new.head, after="", limit=3)
    rest = await values.list_others(KEYS, new.head, after=first[-1].row, limit=3)
    assert [value.row for value in (*first, *rest)] == ["k0", "k1", "k2", "k3", "k4"]
    assert (await values.count_others(new.head), await values.count_others(old.head)) == (5, 1)


async def test_a_value_is_replaced_only_as_it_was_seen(database: Database) -> None:
    old = Sealer({"old": bytes(32)}, "old")
    await _put(database, "k", old.seal(b"value", Place("keys", "sealed", "k")))
    values = SealedStore(database)
    (seen,) = await values.list_others(KEYS, b"\x01\x03new", after="", limit=1)
    assert await values.replace(KEYS, seen, b"second")
    assert not await values.replace(KEYS, seen, b"third")
    (kept,) = await KeyStore(database).list_keys()
    assert kept.sealed == b"second"
