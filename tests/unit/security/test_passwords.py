"""Passwords: what a hash costs at most, what is refused, and that unknown names cost the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from synctv_server.domain.errors import Unavailable
from synctv_server.security.passwords import PasswordHasher, is_common


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    with PasswordHasher(parallel=1, queue=2, memory_kib=256, passes=1, lanes=1) as hasher:
        yield hasher


async def test_a_password_matches_its_own_hash_alone(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash("a long walk home")
    assert await hasher.verify("a long walk home", hashed)
    assert not await hasher.verify("a long walk Home", hashed)
    assert hashed != await hasher.hash("a long walk home")


async def test_the_default_cost_is_the_one_that_was_asked_for() -> None:
    with PasswordHasher() as hasher:
        hashed = await hasher.hash("a long walk home")
        assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert not hasher.needs_rehash(hashed)


async def test_a_hash_of_another_cost_is_made_anew(hasher: PasswordHasher) -> None:
    with PasswordHasher(memory_kib=512, passes=1, lanes=1) as dearer:
        assert dearer.needs_rehash(await hasher.hash("a long walk home"))


async def test_nobody_has_the_right_password(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("", None)
    assert not await hasher.verify("a long walk home", None)


async def test_a_broken_hash_lets_nobody_in(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("a long walk home", "not a hash")
    assert not await hasher.verify("a long walk home", "")


async def test_one_password_typed_on_two_keyboards_is_one_password(hasher: PasswordHasher) -> None:
    assert await hasher.verify("Zoe\u0308 walks home", await hasher.hash("Zo\u00eb walks home"))


async def test_more_than_may_wait_are_refused_with_a_time_to_come_back() -> None:
    # At a real cost: none is done before the last has come.
    with PasswordHasher(parallel=1, queue=2, passes=1) as hasher:
        hashes = (hasher.hash("a long walk home") for _ in range(10))
        answers = await asyncio.gather(*hashes, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Unavailable)]
        assert len(refused) == 7
        assert all((error.retry_after_seconds or 0) >= 1 for error in refused)
        assert await hasher.hash("a long walk home")
        assert hasher.waiting == 0


async def test_callers_that_go_away_leave_their_place(hasher: PasswordHasher) -> None:
    for _ in range(5):
        waiting = [asyncio.ensure_future(hasher.hash("a long walk home")) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await hasher.hash("the one that was running is done after this")
    await asyncio.gather(*(hasher.hash("a long walk home") for _ in range(3)))


@pytest.mark.parametrize(
    "password",
    ["password123", "PASSWORD123", "qwertyuiop", "aaaaaaaaaa", "abcabcabcabc", "1234567890", "0987654321"],
)
def test_passwords_that_many_use_are_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["correct horse battery", "Tr0ub4dor&3zz", "夜空的星星在唱歌呢吧"])
def test_passwords_of_ones_own_are_not_common(password: str) -> None:
    assert not is_common(password)
