"""Accounts: what is kept of them, unique names, pages, and who changes what at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from synctv_server.domain.errors import Conflict, Invalid, NotFound
from synctv_server.domain.users import SiteRole, User, UserStatus
from synctv_server.store import Database
from synctv_server.store.users import UserStore
from tests.support import samples


@pytest.fixture
def users(database: Database) -> UserStore:
    return UserStore(database)


async def test_account_comes_back_as_it_was_kept(users: UserStore) -> None:
    banned = replace(
        samples.user("Bob", role=SiteRole.ADMIN, email="Bob@example.org"),
        status=UserStatus.BANNED,
        ban_reason="noise",
        banned_until=samples.NOW + 5,
    )
    await users.create(banned, "a hash")
    assert await users.get_user(banned.id) == banned
    assert await users.password_hash(banned.id) == "a hash"


async def test_account_is_found_by_name_and_address_without_case(users: UserStore) -> None:
    bob = samples.user("Bob", email="Bob@example.org")
    await users.create(bob, None)
    assert await users.get_user_by_name("bOB") == bob
    assert await users.find_user_by_name("bob@EXAMPLE.org") == bob
    assert await users.find_user_by_name("bobby") is None
    with pytest.raises(NotFound):
        await users.get_user_by_name("bobby")


async def test_name_is_taken_without_case(users: UserStore, ann: User) -> None:
    with pytest.raises(Conflict) as refused:
        await users.create(samples.user("ANN"), None)
    assert refused.value.code == "user.name_taken"
    assert await users.count_users() == 1


async def test_address_is_taken_without_case(users: UserStore) -> None:
    await users.create(samples.user("Bob", email="b@example.org"), None)
    with pytest.raises(Conflict) as refused:
        await users.create(samples.user("Bert", email="B@example.org"), None)
    assert refused.value.code == "user.email_taken"


async def test_of_many_who_want_one_name_one_gets_it(users: UserStore) -> None:
    made = await asyncio.gather(
        *(users.create(samples.user("root"), None) for _ in range(10)), return_exceptions=True
    )
    assert made.count(None) == 1
    assert all(isinstance(one, Conflict) for one in made if one is not None)


async def test_update_raises_the_version_and_refuses_a_stale_one(users: UserStore, ann: User) -> None:
    kept = await users.update(replace(ann, username="Anna"), ann.version)
    assert kept.version == ann.version + 1
    assert await users.get_user_by_name("anna") == kept
    with pytest.raises(Conflict) as refused:
        await users.update(replace(ann, username="Annie"), ann.version)
    assert refused.value.code == "user.changed"


async def test_pages_show_every_account_once(users: UserStore) -> None:
    names = [f"user{number}" for number in range(7)]
    for name in names:
        await users.create(samples.user(name), None)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await users.list_users(cursor, 3)
        seen += [user.username for user in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == names


async def test_list_is_narrowed_by_role_and_status(users: UserStore, ann: User) -> None:
    bob = samples.user("Bob", role=SiteRole.ROOT)
    await users.create(bob, None)
    await users.update(replace(ann, status=UserStatus.BANNED), ann.version)
    assert [user.id for user in (await users.list_users(None, 10, role=SiteRole.ROOT)).items] == [bob.id]
    assert [user.id for user in (await users.list_users(None, 10, status=UserStatus.BANNED)).items] == [
        ann.id
    ]


@pytest.mark.parametrize("cursor", ["", "%%%", "bm9wZQ", "WzFd", "é", "A"])
async def test_cursor_of_somebody_else_is_invalid(users: UserStore, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        await users.list_users(cursor, 10)
    assert [error.field for error in refused.value.errors] == ["cursor"]


async def test_root_is_known_once_it_exists(users: UserStore, ann: User) -> None:
    assert not await users.has_root()
    await users.create(samples.user("boss", role=SiteRole.ROOT), None)
    assert await users.has_root()


async def test_password_hash_is_replaced(users: UserStore, ann: User) -> None:
    await users.set_password_hash(ann.id, "newer")
    assert await users.password_hash(ann.id) == "newer"
    with pytest.raises(NotFound):
        await users.set_password_hash(samples.ids.user(), "x")
    assert await users.password_hash(samples.ids.user()) is None
