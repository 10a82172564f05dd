"""SIGKILL right after an administrator's action was acknowledged: its entry is there, and the chain holds.

`SYNCTV_KILLS=100 python -m pytest tests/e2e/test_audit_kill.py` kills more often, with as many seeds.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.processes import KILLS
from tests.support.server import Server, start_server


def operator(server: Server) -> httpx.AsyncClient:
    """Whoever may open the control socket."""
    transport = httpx.AsyncHTTPTransport(uds=str(server.data_dir / "control.sock"))
    return httpx.AsyncClient(transport=transport, base_url="http://synctv/api/v1/admin")


async def act(client: httpx.AsyncClient, seconds: int) -> str:
    """Make an invitation; what tells it from all others, once it is acknowledged."""
    answer = await client.post("/invitations", json={"expires_in": seconds})
    assert answer.status_code == 201, answer.text
    expires_at: str = answer.json()["expires_at"]
    return expires_at


async def invitations(client: httpx.AsyncClient) -> set[str]:
    """Those that the log knows."""
    found: set[str] = set()
    query: dict[str, Any] = {"action": "invitation.created", "limit": 100}
    while True:
        page = (await client.get("/audit", params=query)).json()
        found |= {entry["details"]["after"]["expires_at"] for entry in page["items"]}
        if (cursor := page["next_cursor"]) is None:
            return found
        query["cursor"] = cursor


@pytest.mark.timeout(60 + 15 * KILLS)
async def test_kill_after_an_acknowledged_action_loses_no_entry(tmp_path: Path) -> None:
    promised: set[str] = set()
    for seed in range(KILLS):
        rng = random.Random(seed)
        server = await start_server(tmp_path / "data")
        async with operator(server) as client:
            assert promised <= await invitations(client)
            verified = (await client.post("/audit/verify")).json()
            assert verified["ok"], verified
            for number in range(rng.randint(1, 6)):
                promised.add(await act(client, 1_000 + 100 * seed + number))
            server.process.kill()
        await server.process.wait()
    server = await start_server(tmp_path / "data")
    async with operator(server) as client:
        assert promised <= await invitations(client)
        verified = (await client.post("/audit/verify")).json()
        assert verified["ok"], verified
    await server.stop()
    assert len(promised) >= KILLS
