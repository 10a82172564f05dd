"""Refresh tokens: rotation, the used one that comes again, and the two kindnesses."""

from __future__ import annotations

import pytest

from synctv_server.domain.errors import Forbidden, Unauthenticated
from synctv_server.domain.times import DAY, SECOND
from synctv_server.services.auth.accounts import SignedIn
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, House
from tests.services.conftest import Clock


async def refresh(
    house: House, token: str | None, *, is_cookie: bool = False, idempotency_key: str | None = None
) -> SignedIn:
    return await house.sessions.refresh(
        token or "", HOME, is_cookie=is_cookie, idempotency_key=idempotency_key
    )


async def refusal(
    house: House, token: str | None, *, is_cookie: bool = False, idempotency_key: str | None = None
) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await refresh(house, token, is_cookie=is_cookie, idempotency_key=idempotency_key)
    return refused.value.code


async def is_alive(house: House, signed_in: SignedIn) -> bool:
    session = await house.accounts.sessions.find_session(signed_in.session.id)
    return session is not None and session.is_alive(house.accounts.now())


@pytest.fixture
async def first(house: House) -> SignedIn:
    await house.account()
    return await house.sign_in()


async def test_each_use_gives_a_new_token_of_the_same_session(house: House, first: SignedIn) -> None:
    second = await refresh(house, first.refresh_token)
    third = await refresh(house, second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert first.session.id == second.session.id == third.session.id
    for signed_in in (first, second, third):
        assert (await house.sessions.authenticate(signed_in.access_token)).name == "ann"


async def test_a_sign_in_lasts_thirty_days_from_its_last_use(
    house: House, first: SignedIn, clock: Clock
) -> None:
    clock.moment += 30 * DAY - SECOND
    second = await refresh(house, first.refresh_token)
    clock.moment += 30 * DAY - SECOND
    third = await refresh(house, second.refresh_token)
    clock.moment += 30 * DAY
    assert await refusal(house, third.refresh_token) == "auth.session_ended"


async def test_a_refresh_is_seen_in_the_list_of_devices(house: House, first: SignedIn, clock: Clock) -> None:
    clock.moment += DAY
    await house.sessions.refresh(first.refresh_token or "", AWAY)
    (session,) = await house.sessions.list_sessions(OPERATOR, first.session.user_id)
    assert (session.last_used_at, session.address) == (clock.moment, AWAY.address)


@pytest.mark.parametrize("uses_between", [0, 1, 2])
async def test_a_used_token_that_comes_again_ends_the_session(
    house: House, first: SignedIn, clock: Clock, uses_between: int
) -> None:
    newest = await refresh(house, first.refresh_token)
    for _ in range(uses_between):
        newest = await refresh(house, newest.refresh_token)
    await house.sessions.authenticate(newest.access_token)
    assert await refusal(house, first.refresh_token) == "auth.token_reused"
    assert not await is_alive(house, first)
    assert await refusal(house, newest.refresh_token) == "auth.session_ended"
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(newest.access_token)


async def test_an_unknown_token_is_refused_and_ends_nothing(house: House, first: SignedIn) -> None:
    for token in ("", "unknown", first.access_token, "\ud800"):
        assert await refusal(house, token) == "auth.refresh_unknown"
    assert await is_alive(house, first)


async def test_two_tabs_with_one_cookie_get_the_same_new_token(
    house: House, first: SignedIn, clock: Clock
) -> None:
    one = await refresh(house, first.refresh_token, is_cookie=True)
    clock.moment += 10 * SECOND
    other = await refresh(house, first.refresh_token, is_cookie=True)
    assert other.refresh_token == one.refresh_token
    assert (await house.sessions.authenticate(other.access_token)).name == "ann"
    assert await refresh(house, one.refresh_token, is_cookie=True)


async def test_a_cookie_used_before_is_a_copy_after_ten_seconds(
    house: House, first: SignedIn, clock: Clock
) -> None:
    await refresh(house, first.refresh_token, is_cookie=True)
    clock.moment += 10 * SECOND + 1
    assert await refusal(house, first.refresh_token, is_cookie=True) == "auth.token_reused"
    assert not await is_alive(house, first)


async def test_only_the_last_cookie_before_is_forgiven(house: House, first: SignedIn) -> None:
    second = await refresh(house, first.refresh_token, is_cookie=True)
    await refresh(house, second.refresh_token, is_cookie=True)
    assert await refusal(house, first.refresh_token, is_cookie=True) == "auth.token_reused"


async def test_the_same_request_repeated_within_a_minute_gets_the_same_answer(
    house: House, first: SignedIn, clock: Clock
) -> None:
    one = await refresh(house, first.refresh_token, idempotency_key="k1")
    clock.moment += 60 * SECOND
    again = await refresh(house, first.refresh_token, idempotency_key="k1")
    assert (again.refresh_token, again.access_token, again.expires_in_seconds) == (
        one.refresh_token,
        one.access_token,
        one.expires_in_seconds,
    )
    clock.moment += 1
    assert await refusal(house, first.refresh_token, idempotency_key="k1") == "auth.token_reused"


@pytest.mark.parametrize("key", ["k2", None])
async def test_a_repeat_without_the_same_key_is_a_copy(
    house: House, first: SignedIn, key: str | None
) -> None:
    await refresh(house, first.refresh_token, idempotency_key="k1")
    assert await refusal(house, first.refresh_token, idempotency_key=key) == "auth.token_reused"


async def test_no_key_twice_is_no_same_key(house: House, first: SignedIn) -> None:
    await refresh(house, first.refresh_token)
    assert await refusal(house, first.refresh_token) == "auth.token_reused"


async def test_the_body_form_has_no_grace_of_the_cookie(house: House, first: SignedIn) -> None:
    await refresh(house, first.refresh_token, is_cookie=True)
    assert await refusal(house, first.refresh_token) == "auth.token_reused"


async def test_the_database_holds_no_token_that_can_be_used(house: House, first: SignedIn) -> None:
    second = await refresh(house, first.refresh_token, is_cookie=True)
    (row,) = await house.accounts.database.fetch(
        "SELECT refresh_hash, previous_hash, successor FROM sessions"
    )
    held = row["refresh_hash"] + row["previous_hash"] + row["successor"]
    for secret in (first.refresh_token, second.refresh_token, second.access_token):
        assert secret is not None
        assert secret.encode() not in held


async def test_a_banned_account_refreshes_nothing(house: House, first: SignedIn) -> None:
    await house.users.ban(OPERATOR, "ann", "spam", None)
    assert await refusal(house, first.refresh_token) == "auth.session_ended"
    with pytest.raises(Forbidden) as refused:
        await house.sign_in()
    assert refused.value.code == "auth.banned"
    assert "spam" in refused.value.message
