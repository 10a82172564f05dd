"""The program of the guide for authors of clients, cut out of the guide and run against a real server."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import httpx

from tests.support.server import Server, serving

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "writing-a-client.md"
PASSWORD = "violet harbour clock"


async def make_room(server: Server) -> str:
    """A room of ann's with something loaded; its id."""
    token = server.setup_url.partition("#")[2]
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v1") as http:
        made = await http.post("/setup", json={"token": token, "username": "ann", "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {made.json()['access_token']}"
        room = (await http.post("/rooms", json={"name": "Film night", "visibility": "private"})).json()
        media = await http.post(f"/rooms/{room['id']}/media", json={"url": "https://media.example/film.mp4"})
        loaded = await http.post(
            f"/rooms/{room['id']}/playback/load", json={"media_id": media.json()["id"], "playing": False}
        )
        loaded.raise_for_status()
    return str(room["id"])


async def test_client_of_the_guide_chats_plays_and_pauses(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "client.py").write_text(program)
    async with serving(tmp_path / "data") as server:
        room_id = await make_room(server)
        arguments = (str(tmp_path / "client.py"), server.url, room_id, "ann", PASSWORD)
        client = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE, stderr=STDOUT)
        said, _ = await asyncio.wait_for(client.communicate(), 30)
    told = said.decode()
    assert client.returncode == 0, told
    assert "in the room Film night" in told
    assert "ann: hello from a client of my own" in told
    assert told.count("'type': 'ack'") == 3, told
    stands = re.search(r"the picture stands at ([\d.]+) s", told)
    assert stands, told
    assert 0.5 < float(stands[1]) < 1.5, told
    assert "paused at" in told
