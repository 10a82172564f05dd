"""A key that somebody else may have: refused at once, and only where another one can take its place."""

from __future__ import annotations

import asyncio

import jwt
import pytest

from synctv_server.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from synctv_server.domain.keys import KeyPurpose, KeyState
from synctv_server.domain.times import HOUR, MINUTE
from synctv_server.services.keys.changing import Rotation
from synctv_server.services.keys.signing import SigningKeys
from tests.services.auth.conftest import HOME, OPERATOR, House
from tests.services.conftest import Clock


@pytest.fixture
def signing(house: House) -> SigningKeys:
    return SigningKeys(house.accounts, house.keys, house.notices, house.section)


async def _states(house: House) -> dict[str, KeyState]:
    keys = await house.keys.list_keys(OPERATOR)
    return {key.kid: key.state for key in keys if key.purpose is KeyPurpose.SIGNING}


async def _signer(house: House) -> str:
    return next(kid for kid, state in (await _states(house)).items() if state is KeyState.ACTIVE)


async def test_the_only_signing_key_stays_until_there_is_another(house: House, signing: SigningKeys) -> None:
    old = await _signer(house)
    with pytest.raises(Conflict) as refusal:
        await signing.revoke(OPERATOR, old)
    assert refusal.value.code == "key.last"
    assert await _states(house) == {old: KeyState.ACTIVE}
    coming = await signing.generate(OPERATOR, "ES256")
    assert await _states(house) == {old: KeyState.ACTIVE, coming.kid: KeyState.NEXT}
    assert (await signing.revoke(OPERATOR, old)).new_kid == coming.kid
    assert await _states(house) == {old: KeyState.REVOKED, coming.kid: KeyState.ACTIVE}


async def test_a_generated_key_is_published_and_signs_from_the_next_rotation_on(
    house: House, signing: SigningKeys
) -> None:
    old = await _signer(house)
    coming = await signing.generate(OPERATOR, "RS256")
    assert {key["kid"] for key in house.keys.keyring.jwks()["keys"]} == {old, coming.kid}
    with pytest.raises(Conflict) as second:
        await signing.generate(OPERATOR)
    assert second.value.code == "key.next_exists"
    await signing.look_after()
    assert await _signer(house) == old
    assert (await signing.rotate(OPERATOR, force=True)).new_kid == coming.kid
    await house.account()
    header = jwt.get_unverified_header((await house.sign_in()).access_token)
    assert (header["alg"], header["kid"]) == ("RS256", coming.kid)


async def test_keys_of_all_algorithms_verify_side_by_side(house: House, signing: SigningKeys) -> None:
    await house.account()
    tokens = [(await house.sign_in()).access_token]
    for algorithm in ("RS256", "ES256", "EdDSA"):
        await signing.generate(OPERATOR, algorithm)
        await signing.rotate(OPERATOR, force=True)
        tokens.append((await house.sign_in()).access_token)
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 4
    for token in tokens:
        assert (await house.sessions.authenticate(token)).name == "ann"


async def test_the_sessions_that_must_refresh_are_those_whose_token_is_of_the_key(
    house: House, signing: SigningKeys, clock: Clock
) -> None:
    await house.account()
    await house.sign_in()
    clock.moment += 2 * HOUR  # the access token of the first sign-in is over
    of_the_old_key = [await house.sign_in() for _ in range(3)]
    old = await _signer(house)
    clock.moment += MINUTE
    await signing.rotate(OPERATOR, force=True)
    clock.moment += MINUTE
    await house.sign_in()
    renewed = await house.sessions.refresh(of_the_old_key[0].refresh_token or "", HOME)
    assert (await signing.plan_revocation(OPERATOR, old)).sessions_affected == 2
    assert (await _states(house))[old] is KeyState.RETIRING
    assert (await signing.revoke(OPERATOR, old)).sessions_affected == 2
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(of_the_old_key[1].access_token)
    await house.sessions.authenticate(renewed.access_token)
    assert (await signing.revoke(OPERATOR, old)).sessions_affected == 0


async def test_two_rotations_at_once_are_one_after_the_other(house: House, signing: SigningKeys) -> None:
    old = await _signer(house)
    first, second = await asyncio.gather(*(signing.rotate(OPERATOR, force=True) for _ in range(2)))
    assert (first.old_kid, first.new_kid) == (old, second.old_kid)
    assert sorted((await _states(house)).values()) == [KeyState.ACTIVE, KeyState.RETIRING, KeyState.RETIRING]


async def test_of_two_servers_that_rotate_at_once_one_signer_comes_out(
    house: House, signing: SigningKeys
) -> None:
    other = await house.another_server()
    elsewhere = SigningKeys(other.accounts, other.keys, other.notices, other.section)
    both = (signing.rotate(OPERATOR, force=True), elsewhere.rotate(OPERATOR, force=True))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert any(not isinstance(outcome, Exception) for outcome in outcomes)
    assert all(isinstance(outcome, Rotation | Conflict) for outcome in outcomes), outcomes
    assert list((await _states(house)).values()).count(KeyState.ACTIVE) == 1


async def test_only_administrators_revoke_and_only_what_signs(house: House, signing: SigningKeys) -> None:
    old = await _signer(house)
    with pytest.raises(Forbidden):
        await signing.revoke(await house.actor(), old)
    with pytest.raises(NotFound):
        await signing.revoke(OPERATOR, "nobody's")
    (master,) = [key for key in await house.keys.list_keys(OPERATOR) if key.purpose is KeyPurpose.MASTER]
    with pytest.raises(Invalid):
        await signing.revoke(OPERATOR, master.kid)


async def test_a_server_that_nobody_told_finds_out_by_itself(house: House, signing: SigningKeys) -> None:
    other = await house.another_server()
    await signing.rotate(OPERATOR, force=True)
    await other.keys.follow()
    assert other.keys.keyring.derive("who signs")[0] == await _signer(house)
