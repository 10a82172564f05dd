"""Another key seals: every value opens at all times, and the old key goes when nothing is under it."""

from __future__ import annotations

import dataclasses

import pytest

from synctv_server.config.sections.keys import KeysSection
from synctv_server.domain.errors import Conflict, Forbidden
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.services.keys.changing import PROPAGATION
from synctv_server.services.keys.master import MasterKeys, MasterSource
from synctv_server.services.keys.opening import place_of
from synctv_server.services.keys.sealing import SealingKeys
from synctv_server.store.keys import KeyStore
from tests.services.auth.conftest import OPERATOR, House
from tests.services.conftest import Clock

VALUES = 250


@pytest.fixture
def sealing(house: House) -> SealingKeys:
    return SealingKeys(house.accounts, house.keys, house.notices)


async def fill(house: House) -> dict[str, bytes]:
    """Many values sealed under the present key, by row."""
    values = {f"value-{number:03}": f"secret {number}".encode() for number in range(VALUES)}
    sealer, store = house.keys.sealing.sealer, KeyStore(house.accounts.database)
    async with house.accounts.database.transaction(durable=True):
        for row, plain in values.items():
            sealed = sealer.seal(plain, place_of(row))
            await store.add(
                KeyRecord(row, KeyPurpose.SIGNING, "EdDSA", KeyState.RETIRED, 1, 1, sealed=sealed)
            )
    return values


async def read(house: House, values: dict[str, bytes]) -> dict[str, bytes]:
    """All values as a server reads them."""
    sealer, store = house.keys.sealing.sealer, KeyStore(house.accounts.database)
    records = {record.kid: record for record in await store.list_keys(KeyPurpose.SIGNING)}
    return {row: sealer.open(records[row].sealed, place_of(row)) for row in values}


async def sealing_states(house: House) -> list[tuple[KeyState, bool]]:
    records = await KeyStore(house.accounts.database).list_keys(KeyPurpose.SEALING)
    return [(record.state, bool(record.sealed)) for record in sorted(records, key=lambda each: each.state)]


async def test_everything_is_sealed_anew_and_the_old_key_is_destroyed(
    house: House, sealing: SealingKeys
) -> None:
    values = await fill(house)
    other = await house.another_server()
    step = await sealing.rotate(OPERATOR, force=True)
    assert (step.resealed, step.remaining, step.is_done) == (VALUES + 1, 0, True)
    assert await read(house, values) == values
    assert await sealing_states(house) == [(KeyState.ACTIVE, True), (KeyState.RETIRED, False)]
    assert {house.keys.sealing.sealer.head} == {
        record.sealed[: len(house.keys.sealing.sealer.head)]
        for record in await KeyStore(house.accounts.database).list_keys(KeyPurpose.SIGNING)
    }
    await other.keys.follow()
    assert await read(other, values) == values
    await house.account()
    token = (await house.sign_in()).access_token
    assert (await other.sessions.authenticate(token)).name == "ann"


async def test_the_next_rotation_begins_where_the_last_one_ended(house: House, sealing: SealingKeys) -> None:
    values = await fill(house)
    first = await sealing.rotate(OPERATOR, force=True)
    second = await sealing.rotate(OPERATOR, force=True)
    assert first.new_kid == second.old_kid
    assert second.resealed == VALUES + 1
    assert await read(house, values) == values


async def test_a_rotation_that_was_left_behind_is_finished_by_the_job(
    house: House, sealing: SealingKeys, clock: Clock
) -> None:
    values = await fill(house)
    store = KeyStore(house.accounts.database)
    (old,) = await store.list_keys(KeyPurpose.SEALING)
    coming = await house.keys.new_sealing_record()
    await store.add(dataclasses.replace(coming, state=KeyState.ACTIVE, activated_at=clock()))
    await store.update(dataclasses.replace(old, state=KeyState.RETIRING))
    clock.moment += PROPAGATION
    await sealing.look_after()
    assert await sealing_states(house) == [(KeyState.ACTIVE, True), (KeyState.RETIRED, False)]
    assert await read(house, values) == values
    await sealing.look_after()


async def test_whoever_goes_on_with_a_finished_rotation_begins_no_other(
    house: House, sealing: SealingKeys
) -> None:
    step = await sealing.rotate(OPERATOR, force=True)
    again = await sealing.rotate(OPERATOR, force=True, continues=step.new_kid)
    assert (again.is_done, again.resealed, again.new_kid) == (True, 0, step.new_kid)
    assert len(await sealing_states(house)) == 2


async def test_only_administrators_turn_sealing_and_master_keys(house: House, sealing: SealingKeys) -> None:
    actor = await house.actor()
    with pytest.raises(Forbidden):
        await sealing.rotate(actor)
    with pytest.raises(Forbidden):
        await master_of(house).rotate(actor)
    with pytest.raises(Forbidden):
        await master_of(house).finish(actor)


def master_of(house: House) -> MasterKeys:
    return MasterKeys(house.accounts, house.keys, house.notices, MasterSource(KeysSection(), house.data_dir))


async def test_what_happens_to_sealing_keys_is_written_down(house: House, sealing: SealingKeys) -> None:
    await sealing.rotate(OPERATOR, force=True)
    rows = await house.accounts.database.fetch(
        "SELECT action, actor_type FROM audit_entries WHERE target_name LIKE 'sealing %' ORDER BY seq"
    )
    assert rows[0]["action"] == "key.created"
    assert sorted(row["action"] for row in rows) == [
        "key.activated",
        "key.created",
        "key.retired",
        "key.retiring",
    ]
    assert {row["actor_type"] for row in rows} == {"operator"}


async def test_a_sealing_key_waits_for_the_rotation_of_the_master_key(
    house: House, sealing: SealingKeys
) -> None:
    store = KeyStore(house.accounts.database)
    (master,) = await store.list_keys(KeyPurpose.MASTER)
    await store.add(dataclasses.replace(master, kid="another", state=KeyState.RETIRING))
    with pytest.raises(Conflict) as refusal:
        await sealing.rotate(OPERATOR, force=True)
    assert refusal.value.code == "key.master_turning"
