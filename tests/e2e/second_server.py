"""`python -m tests.e2e.second_server DATA_DIR`: a process of its own with the same database open, as a replica has.

For each access token on a line of stdin it answers a line of JSON: how `GET /me` with it ends here, and the id of the
key that signs here. It shares nothing with other servers but the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from synctv_server.app import Application, open_application
from synctv_server.config.sources import load

ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SecondServer:
    """The running process, for the test that started it."""

    process: asyncio.subprocess.Process

    async def try_token(self, token: str) -> dict[str, Any]:
        """`{"status": 200, "signs": kid, "published": [kid, …]}`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{token}\n".encode())
        answer: dict[str, Any] = json.loads(
            await asyncio.wait_for(self.process.stdout.readline(), ANSWER_SECONDS)
        )
        return answer


@asynccontextmanager
async def second_server(data_dir: Path, environ: Mapping[str, str]) -> AsyncIterator[SecondServer]:
    """Runs for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.second_server", str(data_dir)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environ},
    )
    try:
        yield SecondServer(process)
    finally:
        process.kill()
        await process.wait()


async def main(data_dir: Path) -> None:
    """Until stdin ends."""
    async with open_application(load(data_dir=data_dir, environ=os.environ)) as application:
        jobs = asyncio.create_task(application.jobs.run())
        transport = httpx.ASGITransport(application.public)
        async with httpx.AsyncClient(transport=transport, base_url="http://second.test") as client:
            while token := (await asyncio.to_thread(sys.stdin.readline)).strip():
                sys.stdout.write(f"{json.dumps(await _try(application, client, token))}\n")
                sys.stdout.flush()
        jobs.cancel()


async def _try(application: Application, client: httpx.AsyncClient, token: str) -> dict[str, object]:
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    published = (await client.get("/.well-known/jwks.json")).json()["keys"]
    return {
        "status": answer.status_code,
        "signs": application.parts.keyring.derive("who signs")[0],
        "published": [key["kid"] for key in published],
    }


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
