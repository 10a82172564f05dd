"""Invitations, the link of the first start, keys, and answers kept for retries."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.invitations import Invitation
from synctv_server.domain.keys import KeyPurpose, KeyRecord, KeyState
from synctv_server.domain.users import SiteRole, User
from synctv_server.store import Database
from synctv_server.store.idempotency import KEPT_FOR, AnswerKey, IdempotencyStore, StoredAnswer
from synctv_server.store.keys import KeyStore
from synctv_server.store.links.invitations import InvitationStore
from synctv_server.store.links.setup import SetupStore
from tests.support import samples

NOW = samples.NOW


async def test_invitation_gives_as_many_uses_as_it_has(database: Database, ann: User) -> None:
    invitations = InvitationStore(database)
    invitation = Invitation(samples.ids.invitation(), SiteRole.USER, 3, NOW, NOW + 10, ann.id)
    await invitations.create(invitation, b"secret")
    assert await invitations.find_by_secret(b"secret") == invitation
    taken = await asyncio.gather(*(invitations.take(invitation.id, NOW) for _ in range(8)))
    assert taken.count(True) == 3
    found = await invitations.find_by_secret(b"secret")
    assert found is not None
    assert found.uses_left == 0


async def test_invitation_ends(database: Database) -> None:
    invitations = InvitationStore(database)
    invitation = Invitation(samples.ids.invitation(), SiteRole.ADMIN, 1, NOW, NOW + 10)
    await invitations.create(invitation, b"secret")
    assert not await invitations.take(invitation.id, NOW + 10)
    assert await invitations.delete_expired(NOW + 10) == 0
    assert await invitations.delete_expired(NOW + 11) == 1
    assert await invitations.find_by_secret(b"secret") is None


async def test_setup_link_works_once_for_one(database: Database) -> None:
    setup = SetupStore(database)
    await setup.put(b"token", NOW + 10, NOW)
    used = await asyncio.gather(*(setup.consume(b"token", NOW) for _ in range(5)))
    assert used.count(True) == 1
    assert await setup.find(NOW) is None


async def test_newer_setup_link_replaces_the_older(database: Database) -> None:
    setup = SetupStore(database)
    await setup.put(b"old", NOW + 10, NOW)
    await setup.put(b"new", NOW + 20, NOW + 1)
    found = await setup.find(NOW)
    assert found is not None
    assert (found.token_hash, found.created_at, found.expires_at) == (b"new", NOW + 1, NOW + 20)
    assert not await setup.consume(b"old", NOW)
    assert not await setup.consume(b"new", NOW + 20)


async def test_keys_are_listed_by_purpose_and_change_state(database: Database) -> None:
    keys = KeyStore(database)
    sealing = KeyRecord("seal", KeyPurpose.SEALING, "A256GCM", KeyState.ACTIVE, NOW, NOW, None, b"\x00s")
    signing = KeyRecord("sign", KeyPurpose.SIGNING, "RS256", KeyState.NEXT, NOW + 1, sealed=b"\xffk")
    await keys.add(sealing)
    await keys.add(signing)
    active = replace(signing, state=KeyState.ACTIVE, activated_at=NOW + 2, retires_at=NOW + 3)
    await keys.update(active)
    assert await keys.list_keys() == [sealing, active]
    assert await keys.list_keys(KeyPurpose.SIGNING) == [active]


async def test_key_is_unique_and_must_exist_to_change(database: Database) -> None:
    keys = KeyStore(database)
    key = KeyRecord("k", KeyPurpose.SIGNING, "RS256", KeyState.ACTIVE, NOW)
    with pytest.raises(NotFound):
        await keys.update(key)
    await keys.add(key)
    with pytest.raises(Conflict):
        await keys.add(key)


async def test_answer_is_kept_for_its_own_actor_route_and_key(database: Database) -> None:
    answers = IdempotencyStore(database)
    key = AnswerKey("usr_a", "POST /rooms", "k1")
    first = StoredAnswer(b"print", 201, b'{"id": 1}', NOW)
    await answers.put(key, first)
    await answers.put(key, StoredAnswer(b"other", 500, b"", NOW + 1))
    assert await answers.find(key, NOW + 1) == first
    for other in (replace(key, actor_key="usr_b"), replace(key, route="POST /x"), replace(key, key="k2")):
        assert await answers.find(other, NOW) is None


async def test_answer_is_forgotten_after_a_day(database: Database) -> None:
    answers = IdempotencyStore(database)
    key = AnswerKey("usr_a", "POST /rooms", "k1")
    await answers.put(key, StoredAnswer(b"print", 201, b"", NOW))
    later = NOW + KEPT_FOR
    assert await answers.find(key, later) is None
    fresh = StoredAnswer(b"print", 200, b"again", later)
    await answers.put(key, fresh)
    assert await answers.find(key, later) == fresh
    assert await answers.delete_expired(later) == 0
    assert await answers.delete_expired(later + KEPT_FOR) == 1
