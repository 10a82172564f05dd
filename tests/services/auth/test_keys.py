"""The keys of the installation: made once, sealed at rest, several at work at a time."""

from __future__ import annotations

import asyncio
import dataclasses

import jwt
import pytest

from synctv_server.cluster.notices import KeysChanged
from synctv_server.domain.errors import BrokenState, ConfigurationInvalid, Forbidden, Unauthenticated
from synctv_server.domain.keys import KeyPurpose, KeyState
from synctv_server.domain.times import DAY, SECOND
from synctv_server.security.sealing import new_key
from synctv_server.security.signing_keys import read_signing_key
from synctv_server.services.keys import KeyService
from synctv_server.store import Database
from synctv_server.store.keys import KeyStore
from tests.services.auth.conftest import OPERATOR, House, turn_keys
from tests.services.conftest import Clock
from tests.support.waiting import eventually


async def test_an_installation_gets_its_keys_once(database: Database, clock: Clock) -> None:
    keys = KeyService(database, new_key(), "RS256", clock)
    with pytest.raises(BrokenState) as empty:
        await keys.load()
    assert "synctv init" in (empty.value.hint or "")
    made = await keys.ensure()
    assert {(record.purpose, record.algorithm, record.state) for record in made} == {
        (KeyPurpose.MASTER, "A256GCM", KeyState.ACTIVE),
        (KeyPurpose.SEALING, "A256GCM", KeyState.ACTIVE),
        (KeyPurpose.SIGNING, "RS256", KeyState.ACTIVE),
    }
    assert await keys.ensure() == []
    assert len(await keys.list_keys(OPERATOR)) == 3
    (published,) = (await keys.load()).jwks()["keys"]
    assert published["alg"] == "RS256"


async def test_two_who_start_at_once_make_one_set_of_keys(database: Database, clock: Clock) -> None:
    master = new_key()
    starts = [KeyService(database, master, "EdDSA", clock) for _ in range(4)]
    made = await asyncio.gather(*(keys.ensure() for keys in starts))
    assert sorted(len(records) for records in made) == [0, 0, 0, 3]
    for keys in starts:
        await keys.load()
    assert len({str(keys.keyring.jwks()) for keys in starts}) == 1


async def test_no_secret_of_a_key_stands_in_the_database(house: House, clock: Clock) -> None:
    records = await house.keys.list_keys(OPERATOR)
    assert [record.sealed == b"" for record in records if record.purpose is KeyPurpose.MASTER] == [True]
    assert not any(house.master_key in record.sealed for record in records)
    (signing,) = (record for record in records if record.purpose is KeyPurpose.SIGNING)
    with pytest.raises(BrokenState):
        read_signing_key(signing.sealed, "EdDSA")


async def test_another_master_key_is_a_configuration_error(house: House, clock: Clock) -> None:
    stranger = KeyService(house.accounts.database, new_key(), "EdDSA", clock)
    with pytest.raises(ConfigurationInvalid, match=r"keys\.master"):
        await stranger.load()


async def test_a_key_that_was_copied_to_another_row_does_not_open(house: House) -> None:
    store = KeyStore(house.accounts.database)
    (signing,) = await store.list_keys(KeyPurpose.SIGNING)
    await store.add(dataclasses.replace(signing, kid="another"))
    with pytest.raises(BrokenState):
        await house.keys.load()


async def test_tokens_of_the_old_key_hold_until_it_retires(house: House, clock: Clock) -> None:
    house.section = house.section.model_copy(update={"access_token_seconds": 2 * 86_400})
    house.__post_init__()
    await house.open()
    await house.account()
    old = (await house.sign_in()).access_token
    kid = await turn_keys(house, "RS256")
    new = (await house.sign_in()).access_token
    assert jwt.get_unverified_header(new) == {"alg": "RS256", "typ": "JWT", "kid": kid}
    clock.moment += DAY - SECOND
    for token in (old, new):
        assert (await house.sessions.authenticate(token)).name == "ann"
    clock.moment += SECOND
    assert (await house.sessions.authenticate(new)).name == "ann"
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(old)


async def test_a_revoked_key_takes_its_tokens_with_it(house: House) -> None:
    await house.account()
    token = (await house.sign_in()).access_token
    await house.sessions.authenticate(token)
    await turn_keys(house)
    store = KeyStore(house.accounts.database)
    for record in await store.list_keys(KeyPurpose.SIGNING):
        if record.state is KeyState.RETIRING:
            await store.update(dataclasses.replace(record, state=KeyState.REVOKED))
    await house.keys.load()
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(token)


async def test_keys_are_listed_for_administrators_and_have_an_age(house: House, clock: Clock) -> None:
    with pytest.raises(Forbidden):
        await house.keys.list_keys(await house.actor())
    clock.moment += DAY
    (age,) = house.keys.ages_seconds().values()
    assert age == 86_400


async def test_another_server_reads_its_ring_again_when_it_hears_that_keys_changed(house: House) -> None:
    other = await house.another_server()
    other.notices.follow(other.keys.hear)
    coming = await house.keys.record_of(await house.keys.draw())
    await KeyStore(house.accounts.database).add(coming)
    await other.notices.publish(KeysChanged())
    await eventually(lambda: coming.kid in {key["kid"] for key in other.keys.keyring.jwks()["keys"]})
