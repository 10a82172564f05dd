"""Signing in: who gets in, what a stranger learns, and the growing wait that cannot shut the owner out."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.errors import Forbidden, Invalid, RateLimited, Unauthenticated
from synctv_server.domain.sessions import Actor, ActorKind, Client
from synctv_server.domain.times import DAY, MINUTE, SECOND
from synctv_server.domain.users import SiteRole
from synctv_server.security.passwords import PasswordHasher
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.lockout import FREE_TRIES
from synctv_server.services.auth.passwords import LoginService
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, PASSWORD, STRANGER, House
from tests.services.conftest import Clock


async def guess(house: House, name: str = "ann", client: Client = STRANGER) -> Unauthenticated | RateLimited:
    """The refusal of one wrong password."""
    with pytest.raises((Unauthenticated, RateLimited)) as refused:
        await house.login.login(name, "a wrong guess", client)
    assert isinstance(refused.value, (Unauthenticated, RateLimited))
    return refused.value


async def lock(house: House, name: str = "ann", client: Client = STRANGER) -> float:
    """Guess until the name is locked; the seconds to wait then."""
    for _ in range(FREE_TRIES):
        assert (await guess(house, name, client)).code == "auth.wrong_password"
    return await told_to_wait(house, name, client)


async def told_to_wait(house: House, name: str = "ann", client: Client = STRANGER) -> float:
    refused = await guess(house, name, client)
    assert refused.code == "auth.locked"
    assert refused.retry_after_seconds is not None
    return refused.retry_after_seconds


@pytest.mark.parametrize("identifier", ["ann", "ANN", "ann@example.org", "Ann@Example.Org"])
async def test_name_and_address_are_taken_without_case(house: House, identifier: str) -> None:
    await house.users.create(OPERATOR, "ann", PASSWORD, "ann@example.org", SiteRole.USER)
    assert (await house.login.login(identifier, PASSWORD, HOME)).user.id


async def test_a_wrong_password_and_an_unknown_name_look_the_same(house: House) -> None:
    await house.account()
    known, unknown = await guess(house, "ann"), await guess(house, "nobody")
    assert (known.code, known.message) == (unknown.code, unknown.message)
    await house.account("bob")
    assert await lock(house, "nobody-else") == await lock(house, "bob")


async def test_an_account_without_a_password_lets_nobody_in(house: House) -> None:
    await house.users.create(OPERATOR, "ann", None, None, SiteRole.USER)
    for password in ("", PASSWORD, "None"):
        with pytest.raises(Unauthenticated):
            await house.login.login("ann", password, HOME)


async def test_ten_wrong_passwords_lock_the_name_also_for_the_right_one(house: House) -> None:
    await house.account()
    assert await lock(house) == 30
    with pytest.raises(RateLimited) as refused:
        await house.sign_in(client=AWAY)
    assert refused.value.code == "auth.locked"


async def test_name_and_address_share_one_lock(house: House) -> None:
    await house.users.create(OPERATOR, "ann", PASSWORD, "ann@example.org", SiteRole.USER)
    await lock(house, "ann")
    assert (await guess(house, "ann@example.org")).code == "auth.locked"
    assert (await guess(house, "bob")).code == "auth.wrong_password"


async def test_the_wait_grows_to_fifteen_minutes_and_no_further(house: House, clock: Clock) -> None:
    await house.account()
    waits = [await lock(house)]
    for _ in range(8):
        clock.moment += round(waits[-1] * SECOND)
        assert (await guess(house)).code == "auth.wrong_password"
        waits.append(await told_to_wait(house))
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900, 900]


async def test_guesses_while_waiting_do_not_lengthen_the_wait(house: House, clock: Clock) -> None:
    await house.account()
    await lock(house)
    clock.moment += 10 * SECOND
    for _ in range(50):
        assert await told_to_wait(house) == 20
    clock.moment += 20 * SECOND
    await house.sign_in(client=STRANGER)


async def test_the_right_password_makes_a_new_beginning(house: House) -> None:
    await house.account()
    for _ in range(FREE_TRIES - 1):
        await guess(house)
    await house.sign_in(client=STRANGER)
    assert (await guess(house)).code == "auth.wrong_password"


async def test_wrong_passwords_are_forgotten_after_a_day(house: House, clock: Clock) -> None:
    await house.account()
    for _ in range(FREE_TRIES - 1):
        await guess(house)
    clock.moment += DAY
    await guess(house)
    await house.sign_in(client=STRANGER)


async def test_strangers_do_not_lock_the_owner_out_at_home(house: House) -> None:
    await house.account()
    await house.sign_in(client=HOME)
    await lock(house, client=STRANGER)
    await house.sign_in(client=HOME)
    with pytest.raises(RateLimited):
        await house.sign_in(client=AWAY)


async def test_guesses_from_the_owners_own_address_count_too(house: House) -> None:
    await house.account()
    await house.sign_in(client=HOME)
    assert await lock(house, client=HOME) == 30


async def test_an_owner_on_the_way_gets_in_within_a_quarter_of_an_hour_under_attack(
    house: House, clock: Clock
) -> None:
    await house.account()
    wait = await lock(house)
    for _ in range(6):  # the attack has reached the longest wait
        clock.moment += round(wait * SECOND)
        await guess(house)
        wait = await told_to_wait(house)
    with pytest.raises(RateLimited) as refused:
        await house.sign_in(client=AWAY)
    promised = refused.value.retry_after_seconds or 0
    assert promised <= 15 * 60
    clock.moment += round(promised * SECOND)
    await guess(house)  # the attacker is faster, and the name is locked again
    assert await told_to_wait(house) == 15 * 60
    await house.sign_in(client=AWAY)


async def test_a_kept_promise_is_for_one_try(house: House, clock: Clock) -> None:
    await house.account()
    await lock(house, client=STRANGER)
    wait = await told_to_wait(house, client=AWAY)
    clock.moment += round(wait * SECOND)
    await guess(house, client=STRANGER)
    assert (await guess(house, client=AWAY)).code == "auth.wrong_password"
    assert (await guess(house, client=AWAY)).code == "auth.locked"


async def test_of_a_hundred_guesses_at_once_ten_are_answered(house: House) -> None:
    await house.account()

    async def right() -> str:
        with pytest.raises(RateLimited) as refused:
            await house.sign_in(client=STRANGER)
        return refused.value.code

    async def wrong() -> str:
        return (await guess(house)).code

    answers = await asyncio.gather(*(wrong() for _ in range(60)), *(right() for _ in range(40)))
    assert answers.count("auth.wrong_password") == FREE_TRIES
    assert answers.count("auth.locked") == 100 - FREE_TRIES


async def test_many_right_sign_ins_at_once_are_all_answered(house: House) -> None:
    await house.account()
    assert len(await asyncio.gather(*(house.sign_in() for _ in range(40)))) == 40


class ChangedMeanwhile(Credentials):
    """Another password is set for ann at the moment when the old one was found right."""

    house: House

    async def verify(self, password: str, hashed: str | None) -> bool:
        is_right = await super().verify(password, hashed)
        await self.house.users.set_password(OPERATOR, "ann", "another long walk")
        return is_right


async def test_a_password_changed_meanwhile_opens_nothing(house: House) -> None:
    user = await house.account()
    credentials = ChangedMeanwhile(house.hasher, house.section)
    credentials.house = house
    with pytest.raises(Unauthenticated):
        await LoginService(house.accounts, credentials, house.sessions).login("ann", PASSWORD, HOME)
    assert not await house.sessions.list_sessions(OPERATOR, user.id)


async def test_a_hash_of_an_older_cost_is_renewed_at_the_next_sign_in(house: House) -> None:
    user = await house.account()
    with PasswordHasher(memory_kib=128, passes=1, lanes=1) as older:
        await house.accounts.users.set_password_hash(user.id, await older.hash(PASSWORD))
    await house.sign_in()
    hashed = await house.accounts.users.password_hash(user.id)
    assert hashed is not None
    assert "m=64," in hashed
    await house.sign_in()


async def test_changing_the_password_ends_the_other_sessions(house: House) -> None:
    actor = await house.actor()
    other = await house.sign_in(client=AWAY)
    await house.login.change_password(actor, PASSWORD, "another long walk")
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(other.access_token)
    (left,) = await house.sessions.list_sessions(actor, actor.person())
    assert left.id == actor.session_id
    await house.login.login("ann", "another long walk", HOME)
    with pytest.raises(Unauthenticated):
        await house.sign_in()


async def test_changing_the_password_asks_for_the_old_one_and_counts_wrong_ones(house: House) -> None:
    actor = await house.actor()
    for _ in range(FREE_TRIES):
        with pytest.raises(Unauthenticated):
            await house.login.change_password(actor, "a wrong guess", "another long walk")
    with pytest.raises(RateLimited):
        await house.login.change_password(actor, PASSWORD, "another long walk")
    await house.sign_in()


async def test_a_locked_name_does_not_keep_its_owner_from_changing_the_password(house: House) -> None:
    actor = await house.actor()
    await lock(house, client=STRANGER)
    await house.login.change_password(actor, PASSWORD, "another long walk")


@pytest.mark.parametrize("new", ["short", "password123", "ann-ann-ann", "x" * 129])
async def test_a_bad_new_password_is_refused_and_changes_nothing(house: House, new: str) -> None:
    actor = await house.actor()
    with pytest.raises(Invalid) as refused:
        await house.login.change_password(actor, PASSWORD, new)
    assert refused.value.errors[0].field == "password"
    await house.sign_in()


async def test_guests_have_no_password_to_change(house: House) -> None:
    with pytest.raises(Forbidden):
        await house.login.change_password(Actor(ActorKind.GUEST, "Guest 1"), PASSWORD, "another long walk")


async def test_a_ban_that_is_over_lets_its_account_in_again(house: House, clock: Clock) -> None:
    await house.account()
    await house.users.ban(OPERATOR, "ann", "spam", clock.moment + MINUTE)
    with pytest.raises(Forbidden):
        await house.sign_in()
    clock.moment += MINUTE
    await house.sign_in()
