"""Sign-ins: rotation of refresh tokens, ends, and what is forgotten when."""

from __future__ import annotations

import asyncio

import pytest

from synctv_server.domain.errors import Conflict
from synctv_server.domain.ids import RoomId
from synctv_server.domain.sessions import Session
from synctv_server.domain.times import DAY
from synctv_server.store import Database
from synctv_server.store.sessions import SessionStore
from tests.support import samples

NOW = samples.NOW


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    return SessionStore(database)


@pytest.fixture
async def session(sessions: SessionStore) -> Session:
    made = samples.session(samples.person("Ann"))
    await sessions.create(made, b"first")
    return made


async def test_session_comes_back_as_it_was_kept(sessions: SessionStore, session: Session) -> None:
    guest = samples.session(samples.person("Guest"), guest_room=RoomId("room_x"))
    await sessions.create(guest, None)
    assert await sessions.find_session(session.id) == session
    assert await sessions.find_session(guest.id) == guest
    assert await sessions.find_session(samples.ids.session()) is None


async def test_rotation_tells_present_previous_and_older_tokens(
    sessions: SessionStore, session: Session
) -> None:
    assert await sessions.rotate(session.id, b"first", b"second", NOW + 1, successor=b"one")
    assert await sessions.rotate(session.id, b"second", b"third", NOW + 2, successor=b"two")
    found = {}
    for token in (b"first", b"second", b"third"):
        match = await sessions.find_by_refresh(token)
        assert match is not None
        found[token] = match.which
        assert (match.session.id, match.rotated_at, match.successor) == (session.id, NOW + 2, b"two")
    assert found == {b"first": "older", b"second": "previous", b"third": "current"}
    assert await sessions.find_by_refresh(b"fourth") is None


async def test_of_two_refreshes_with_one_token_one_wins(sessions: SessionStore, session: Session) -> None:
    wins = await asyncio.gather(
        *(sessions.rotate(session.id, b"first", b"new%d" % n, NOW, successor=b"") for n in range(8))
    )
    assert sorted(wins) == [False] * 7 + [True]


async def test_ended_session_does_not_rotate(sessions: SessionStore, session: Session) -> None:
    assert await sessions.end(session.id, NOW)
    assert not await sessions.end(session.id, NOW)
    assert not await sessions.rotate(session.id, b"first", b"second", NOW, successor=b"")
    kept = await sessions.find_session(session.id)
    assert kept is not None
    assert not kept.is_alive(NOW)


async def test_token_of_another_session_is_refused(sessions: SessionStore, session: Session) -> None:
    await sessions.create(samples.session(samples.person("Bob")), b"bob")
    with pytest.raises(Conflict):
        await sessions.rotate(session.id, b"first", b"bob", NOW, successor=b"")
    match = await sessions.find_by_refresh(b"first")
    assert match is not None
    assert match.which == "current"


async def test_all_of_one_person_end_but_the_present_one(sessions: SessionStore) -> None:
    ann = samples.person("Ann")
    mine = [samples.session(ann) for _ in range(3)]
    others = samples.session(samples.person("Bob"))
    for number, one in enumerate([*mine, others]):
        await sessions.create(one, b"%d" % number)
    ended = await sessions.end_all(ann.id, NOW, except_id=mine[0].id)
    assert sorted(ended) == sorted([mine[1].id, mine[2].id])
    assert [one.id for one in await sessions.list_sessions(ann.id, NOW)] == [mine[0].id]
    assert await sessions.list_sessions(others.user_id, NOW) == [others]


async def test_list_shows_the_living_newest_first(sessions: SessionStore) -> None:
    ann = samples.person("Ann")
    old, new = samples.session(ann), samples.session(ann)
    over = samples.session(ann, expires_at=NOW)
    for number, one in enumerate([old, new, over]):
        await sessions.create(one, b"%d" % number)
    assert [one.id for one in await sessions.list_sessions(ann.id, NOW)] == [new.id, old.id]


async def test_use_and_extension_are_noted(sessions: SessionStore, session: Session) -> None:
    await sessions.touch(session.id, NOW + 7, "2001:db8::1")
    await sessions.extend(session.id, NOW + 9 * DAY)
    kept = await sessions.find_session(session.id)
    assert kept is not None
    assert (kept.last_used_at, kept.address, kept.expires_at) == (NOW + 7, "2001:db8::1", NOW + 9 * DAY)


async def test_old_ones_are_forgotten_with_their_tokens(sessions: SessionStore, session: Session) -> None:
    await sessions.rotate(session.id, b"first", b"second", NOW, successor=b"")
    ended = samples.session(samples.person("Bob"))
    await sessions.create(ended, b"bob")
    await sessions.end(ended.id, NOW - 1)
    assert await sessions.delete_expired(NOW) == 1
    assert await sessions.delete_expired(session.expires_at + 1) == 1
    assert await sessions.find_by_refresh(b"first") is None
