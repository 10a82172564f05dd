"""Account rescue: a link that sets a new password once, for the account that it was made for."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.errors import Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from synctv_server.domain.times import HOUR
from synctv_server.domain.users import SiteRole
from synctv_server.services.auth.lockout import FREE_TRIES
from synctv_server.services.auth.recovery import RecoveryService
from synctv_server.store.links.recovery import RecoveryStore
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, PASSWORD, House
from tests.services.conftest import Clock

NEW = "a quiet lake at noon"


@pytest.fixture
def recovery(house: House) -> RecoveryService:
    return RecoveryService(
        house.accounts, house.credentials, house.sessions, house.login, "https://tv.example.org"
    )


async def secret_for(recovery: RecoveryService, name: str = "ann") -> str:
    link = await recovery.make_link(OPERATOR, name, 3_600)
    assert link.url.startswith("https://tv.example.org/recover#")
    return link.url.partition("#")[2]


async def test_link_sets_a_new_password_and_ends_all_sessions(
    house: House, recovery: RecoveryService
) -> None:
    await house.account()
    before = await house.sign_in()
    secret = await secret_for(recovery)
    await house.sessions.authenticate(before.access_token)  # a link that was made changes nothing yet
    assert (await recovery.recover(secret, NEW)).username == "ann"
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(before.access_token)
    with pytest.raises(Unauthenticated):
        await house.login.login("ann", PASSWORD, HOME)
    assert (await house.login.login("ann", NEW, AWAY)).access_token


async def test_name_that_was_locked_by_wrong_passwords_is_open_again(
    house: House, recovery: RecoveryService
) -> None:
    await house.account()
    for _ in range(FREE_TRIES):
        with pytest.raises(Unauthenticated):
            await house.login.login("ann", "not this one", HOME)
    with pytest.raises(RateLimited):
        await house.login.login("ann", PASSWORD, HOME)
    await recovery.recover(await secret_for(recovery), NEW)
    assert (await house.login.login("ann", NEW, HOME)).access_token


async def test_link_is_refused_the_second_time(house: House, recovery: RecoveryService) -> None:
    await house.account()
    secret = await secret_for(recovery)
    await recovery.recover(secret, NEW)
    with pytest.raises(Forbidden) as caught:
        await recovery.recover(secret, PASSWORD)
    assert caught.value.code == "auth.recovery_invalid"


async def test_of_several_at_once_one_succeeds(house: House, recovery: RecoveryService) -> None:
    await house.account()
    secret = await secret_for(recovery)
    outcomes = await asyncio.gather(
        *(recovery.recover(secret, NEW) for _ in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Forbidden) for outcome in outcomes) == 2


async def test_link_is_over_after_its_time_and_forgotten(
    house: House, recovery: RecoveryService, clock: Clock
) -> None:
    await house.account()
    secret = await secret_for(recovery)
    clock.moment += HOUR
    with pytest.raises(Forbidden):
        await recovery.recover(secret, NEW)
    assert await RecoveryStore(house.accounts.database).delete_expired(clock() + 1) == 1


async def test_newer_link_replaces_the_older_and_another_account_keeps_its_own(
    house: House, recovery: RecoveryService
) -> None:
    await house.account("ann")
    await house.account("bob")
    old, others = await secret_for(recovery), await secret_for(recovery, "bob")
    new = await secret_for(recovery)
    with pytest.raises(Forbidden):
        await recovery.recover(old, NEW)
    assert (await recovery.recover(others, NEW)).username == "bob"
    assert (await recovery.recover(new, NEW)).username == "ann"


async def test_password_that_breaks_a_rule_leaves_the_link_usable(
    house: House, recovery: RecoveryService
) -> None:
    await house.account()
    secret = await secret_for(recovery)
    with pytest.raises(Invalid):
        await recovery.recover(secret, "short")
    await recovery.recover(secret, NEW)


async def test_who_may_make_one(house: House, recovery: RecoveryService) -> None:
    await house.account("bob", SiteRole.ROOT)
    admin = await house.actor("ann", SiteRole.ADMIN)
    user = await house.actor("cat")
    with pytest.raises(Forbidden):
        await recovery.make_link(user, "cat", 3_600)
    with pytest.raises(Forbidden):
        await recovery.make_link(admin, "bob", 3_600)
    assert (await recovery.make_link(admin, "cat", 3_600)).url
    with pytest.raises(NotFound):
        await recovery.make_link(admin, "nobody", 3_600)
    for seconds in (59, 7 * 86_400 + 1):
        with pytest.raises(Invalid):
            await recovery.make_link(admin, "cat", seconds)


async def test_secret_is_in_no_repr_and_not_in_the_database(house: House, recovery: RecoveryService) -> None:
    await house.account()
    link = await recovery.make_link(OPERATOR, "ann", 3_600)
    secret = link.url.partition("#")[2]
    assert secret not in repr(link)
    rows = await house.accounts.database.fetch("SELECT token_hash FROM recovery_links")
    assert [secret.encode() == row["token_hash"] for row in rows] == [False]
