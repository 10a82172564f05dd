"""Many at once: of all who could, exactly as many do. On SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.domain.errors import Conflict, Forbidden, SyncTVError, Unauthenticated
from synctv_server.domain.users import SiteRole
from synctv_server.security.passwords import PasswordHasher
from synctv_server.store import open_database
from tests.services.auth.conftest import HOME, OPERATOR, PASSWORD, House, build
from tests.services.conftest import Clock
from tests.support import databases

T = TypeVar("T")


@pytest.fixture(params=["sqlite", "postgres"])
async def house(
    request: pytest.FixtureRequest,
    clock: Clock,
    hasher: PasswordHasher,
    tmp_path: Path,
    notices: MemoryNotices,
) -> AsyncIterator[House]:
    url = await databases.migrated(request.param, tmp_path)
    async with open_database(url, pool_size=8) as database:
        yield await build(database, clock, hasher, tmp_path, notices)


async def all_of(attempts: Iterable[Awaitable[T]]) -> tuple[list[T], list[SyncTVError]]:
    """What succeeded and what was refused; anything else is a fault."""
    done: list[T] = []
    refused: list[SyncTVError] = []
    for answer in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(answer, SyncTVError):
            refused.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            done.append(answer)
    return done, refused


async def test_of_many_who_use_the_set_up_link_one_becomes_root(house: House) -> None:
    link = await house.setup.ensure_link("http://127.0.0.1:8080", replace_expired=False)
    assert link is not None
    token = link.url.partition("#")[2]
    done, refused = await all_of(house.setup.setup(token, f"root{n}", PASSWORD, HOME) for n in range(8))
    assert len(done) == 1
    assert all(isinstance(error, Conflict) and error.code == "setup.done" for error in refused)
    assert await house.accounts.users.count_users() == 1


async def test_an_invitation_lets_in_as_many_as_it_has_uses(house: House) -> None:
    invitation, url = await house.invitations.create(OPERATOR, SiteRole.USER, 3, 3600)
    secret = url.partition("#")[2]
    register = house.registration("invite").register
    done, refused = await all_of(register(f"user{n}", PASSWORD, None, secret, HOME) for n in range(8))
    assert len(done) == invitation.uses_left == 3
    assert all(isinstance(error, Forbidden) for error in refused)
    assert await house.accounts.users.count_users() == 3


async def test_of_many_uses_of_one_cookie_one_rotates_and_all_go_on(house: House) -> None:
    await house.account()
    first = await house.sign_in()
    token = first.refresh_token or ""
    done, refused = await all_of(house.sessions.refresh(token, HOME, is_cookie=True) for _ in range(8))
    assert not refused
    assert len({signed_in.refresh_token for signed_in in done}) == 1
    await house.sessions.refresh(done[0].refresh_token or "", HOME, is_cookie=True)


async def test_of_many_uses_of_one_token_none_leaves_a_session_behind(house: House) -> None:
    await house.account()
    first = await house.sign_in()
    done, refused = await all_of(house.sessions.refresh(first.refresh_token or "", HOME) for _ in range(8))
    assert len(done) == 1
    assert {error.code for error in refused} <= {"auth.token_reused", "auth.session_ended"}
    with pytest.raises(Unauthenticated):
        await house.sessions.refresh(done[0].refresh_token or "", HOME)


async def test_one_name_is_taken_by_one(house: House) -> None:
    register = house.registration().register
    done, refused = await all_of(
        register(name, PASSWORD, None, None, HOME) for name in ("carla", "Carla", "CARLA", "carlA")
    )
    assert len(done) == 1
    assert {error.code for error in refused} == {"user.name_taken"}


async def test_a_site_keeps_a_root_when_all_are_taken_down_at_once(house: House) -> None:
    for name in ("root1", "root2", "root3"):
        await house.account(name, SiteRole.ROOT)
    done, refused = await all_of(house.users.set_role(OPERATOR, f"root{n}", SiteRole.USER) for n in (1, 2, 3))
    assert len(done) <= 2
    assert await house.accounts.users.has_root()
    assert {error.code for error in refused} <= {"user.last_root"}
