"""Sessions: who a token speaks for, and how fast an ended one is over."""

from __future__ import annotations

import pytest

from synctv_server.cluster.notices import Notice, SessionEnded
from synctv_server.domain.errors import Forbidden, NotFound, Unauthenticated
from synctv_server.domain.ids import SessionId
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.times import HOUR, SECOND
from synctv_server.domain.users import SiteRole
from synctv_server.services.auth.live_sessions import LiveSessions
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, House, turn_keys
from tests.services.conftest import Clock


async def refused(house: House, token: str) -> str:
    with pytest.raises(Unauthenticated) as error:
        await house.sessions.authenticate(token)
    return error.value.code


async def test_a_token_speaks_for_the_account_that_signed_in(house: House) -> None:
    user = await house.account("ann", SiteRole.ADMIN)
    signed_in = await house.sign_in()
    actor = await house.sessions.authenticate(signed_in.access_token)
    assert actor == Actor(
        ActorKind.USER, "ann", user_id=user.id, role=SiteRole.ADMIN, session_id=signed_in.session.id
    )
    assert signed_in.expires_in_seconds == 3600
    assert signed_in.access_token not in repr(signed_in)


async def test_a_token_is_good_for_an_hour(house: House, clock: Clock) -> None:
    await house.account()
    token = (await house.sign_in()).access_token
    clock.moment += HOUR - SECOND
    await house.sessions.authenticate(token)
    clock.moment += SECOND
    assert await refused(house, token) == "auth.token_expired"


async def test_an_ended_session_is_over_at_once(house: House) -> None:
    actor = await house.actor()
    signed_in = await house.sign_in()
    await house.sessions.authenticate(signed_in.access_token)
    await house.sessions.end(actor, signed_in.session.id)
    assert await refused(house, signed_in.access_token) == "auth.session_ended"


async def test_on_another_server_an_ended_session_is_over_within_a_second(house: House, clock: Clock) -> None:
    actor = await house.actor()
    signed_in = await house.sign_in()
    other = await house.another_server()
    await other.sessions.authenticate(signed_in.access_token)
    await house.sessions.end(actor, signed_in.session.id)
    await other.sessions.authenticate(signed_in.access_token)
    clock.moment += SECOND
    assert await refused(other, signed_in.access_token) == "auth.session_ended"


async def test_everybody_is_told_of_an_ended_session(house: House) -> None:
    heard: list[Notice] = []
    house.notices.follow(heard.append)
    actor = await house.actor()
    first, second = await house.sign_in(), await house.sign_in()
    await house.sessions.end(actor, first.session.id)
    assert heard == [SessionEnded((first.session.id,))]
    await house.sessions.end_all(actor, actor.person(), except_current=True)
    assert heard[1:] == [SessionEnded((second.session.id,))]


async def test_the_devices_of_an_account_are_listed_with_where_they_are(house: House) -> None:
    actor = await house.actor()
    await house.sign_in(client=AWAY)
    listed = await house.sessions.list_sessions(actor, actor.person())
    assert {(session.address, session.user_agent) for session in listed} == {
        (HOME.address, HOME.user_agent),
        (AWAY.address, AWAY.user_agent),
    }


async def test_nobody_sees_or_ends_the_sessions_of_another(house: House) -> None:
    ann, bob = await house.actor("ann"), await house.actor("bob")
    assert ann.session_id is not None
    with pytest.raises(Forbidden):
        await house.sessions.list_sessions(bob, ann.person())
    with pytest.raises(Forbidden):
        await house.sessions.end_all(bob, ann.person())
    with pytest.raises(NotFound):
        await house.sessions.end(bob, ann.session_id)
    with pytest.raises(NotFound):
        await house.sessions.end(ann, SessionId("ses_none"))
    assert len(await house.sessions.list_sessions(OPERATOR, ann.person())) == 1


async def test_the_operator_ends_any_session(house: House) -> None:
    ann = await house.actor("ann")
    token = (await house.sign_in()).access_token
    await house.sessions.end_all(OPERATOR, ann.person())
    assert await refused(house, token) == "auth.session_ended"


async def test_signing_out_ends_the_session_and_an_unknown_token_is_no_error(house: House) -> None:
    await house.account()
    signed_in = await house.sign_in()
    await house.sessions.logout("never seen")
    await house.sessions.logout(signed_in.refresh_token or "")
    await house.sessions.logout(signed_in.refresh_token or "")
    assert await refused(house, signed_in.access_token) == "auth.session_ended"


async def test_an_answer_that_was_under_way_when_the_session_ended_is_not_remembered(clock: Clock) -> None:
    live = LiveSessions(clock)
    actor = Actor(ActorKind.USER, "ann")
    mark = live.mark()
    live.hear(SessionEnded((SessionId("ses_a"),)))
    live.keep(SessionId("ses_a"), actor, mark)
    assert live.find(SessionId("ses_a")) is None
    live.keep(SessionId("ses_a"), actor, live.mark())
    assert live.find(SessionId("ses_a")) is actor


async def test_the_token_of_a_key_made_elsewhere_is_taken_without_a_restart(
    house: House, clock: Clock
) -> None:
    await house.account()
    other = await house.another_server()
    await turn_keys(house)
    token = (await house.sign_in()).access_token
    clock.moment += SECOND
    assert (await other.sessions.authenticate(token)).name == "ann"


async def test_unknown_keys_ask_the_database_once_a_second_at_most(house: House, clock: Clock) -> None:
    await house.account()
    other = await house.another_server()
    await turn_keys(house)
    token = (await house.sign_in()).access_token
    with pytest.raises(Unauthenticated):
        await other.sessions.authenticate(token)  # the ring was read a moment ago
    clock.moment += SECOND
    await other.sessions.authenticate(token)
