"""Signing keys turn while people are signed in: nobody notices, and the old key goes when its grace is over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synctv_server.domain.ids import SessionId, UserId
from synctv_server.domain.sessions import Client
from synctv_server.domain.times import DAY, Millis
from synctv_server.security.keyring import UnknownKey
from synctv_server.security.tokens import Claims
from synctv_server.services.keys.changing import PROPAGATION
from tests.support.doors import OPERATOR, House, opened


class Clock:
    moment: Millis = 1_790_000_000_000

    def __call__(self) -> Millis:
        return self.moment


async def _rotate(house: House) -> Any:
    return await house.operator().ok("POST", "/admin/keys/rotate", {"force": True})


async def _states(house: House) -> dict[str, str]:
    keys = (await house.operator().ok("GET", "/admin/keys"))["keys"]
    return {key["kid"]: key["state"] for key in keys if key["purpose"] == "signing"}


async def test_tokens_refreshes_and_links_go_on_while_keys_turn_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        parts = house.application.parts
        ann = await house.person("ann")
        signed_in = await parts.sessions.open(await parts.users.get(OPERATOR, "ann"), Client("192.0.2.1"))
        link = parts.signer.sign("/film", "room")
        turned = asyncio.Event()

        async def go_on() -> int:
            token, count = signed_in.refresh_token, 0
            while not turned.is_set() or count < 3:
                tokens = await house.stranger().ok("POST", "/auth/refresh", {"refresh_token": token})
                token = tokens["refresh_token"]
                fresh = house.client(Authorization=f"Bearer {tokens['access_token']}")
                assert (await fresh.get("/api/v1/rooms")).status_code == 200
                await ann.ok("GET", "/rooms")
                count += 1
            return count

        going = asyncio.create_task(go_on())
        first, second = await _rotate(house), await _rotate(house)
        turned.set()
        assert await going >= 3
        parts.signer.check("/film", "room", link)
        assert first["purpose"] == "signing"
        assert first["new_kid"] == second["old_kid"]
        assert parts.keyring.derive("who signs")[0] == second["new_kid"]
        assert await _states(house) == {
            first["old_kid"]: "retiring",
            first["new_kid"]: "retiring",
            second["new_kid"]: "active",
        }


async def test_only_administrators_turn_keys(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        ann = await house.person("ann")
        assert (await ann.call("POST", "/admin/keys/rotate", {"force": True})).status_code == 403
        assert list((await _states(house)).values()) == ["active"]


async def test_keys_turn_by_themselves_when_due_and_retire_after_their_grace(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as house:
        (first,) = await _states(house)
        ring, jobs = house.application.parts.keyring, house.application.jobs
        (signing,) = [
            key for key in await house.application.parts.keys.list_keys(OPERATOR) if key.kid == first
        ]
        clock.moment = (signing.activated_at or 0) + 90 * DAY - 1
        await jobs.run_once()
        assert await _states(house) == {first: "active"}
        clock.moment += 1
        await jobs.run_once()
        assert sorted((await _states(house)).values()) == ["active", "next"]
        assert len(ring.jwks()["keys"]) == 2
        assert ring.derive("who signs")[0] == first
        old = ring.sign(Claims(UserId("usr_1"), SessionId("ses_1"), clock.moment, clock.moment + 30 * DAY))
        clock.moment += PROPAGATION - 1
        await jobs.run_once()
        assert ring.derive("who signs")[0] == first
        clock.moment += 1
        await jobs.run_once()
        assert ring.derive("who signs")[0] != first
        clock.moment += 7 * DAY - 1
        ring.verify(old)
        clock.moment += 1
        await jobs.run_once()
        assert sorted((await _states(house)).values()) == ["active", "retired"]
        assert first not in {key["kid"] for key in ring.jwks()["keys"]}
        with pytest.raises(UnknownKey):
            ring.verify(old)
