"""The same doors on PostgreSQL: from the set-up link to two people in a room."""

from __future__ import annotations

from pathlib import Path

from tests.support.doors import assert_problem, opened

PASSWORD = "correct horse battery"


async def test_from_the_set_up_link_to_two_people_in_a_room(tmp_path: Path) -> None:
    async with opened(tmp_path, kind="postgres") as house:
        assert (await house.operator().ok("GET", "/admin/status"))["database"] == "postgres"
        link = await house.application.setup_url(replace_expired=True)
        body = {"token": (link or "").partition("#")[2], "username": "ann", "password": PASSWORD}
        tokens = await house.stranger().ok("POST", "/setup", body)
        ann = house.stranger()
        ann.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        renewed = await ann.ok("POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        assert renewed["user"]["username"] == "ann"
        made = await ann.call(
            "POST", "/rooms", {"name": "Films", "visibility": "private"}, idempotency_key="k"
        )
        again = await ann.call(
            "POST", "/rooms", {"name": "Films", "visibility": "private"}, idempotency_key="k"
        )
        assert again.json() == made.json()
        room = f"/rooms/{made.json()['id']}"
        guest = await house.guest(made.json()["id"], "Gus")
        film = await ann.ok("POST", f"{room}/media", {"url": "https://films.example/a.mp4"})
        await guest.ok("POST", f"{room}/playback/load", {"media_id": film["id"]})
        assert (await ann.ok("GET", f"{room}/playback"))["playing"] is True
        await guest.ok("POST", f"{room}/messages", {"text": "hello"})
        assert (await ann.ok("GET", f"{room}/messages"))["items"][0]["user"]["name"] == "Gus"
        assert len((await ann.ok("GET", f"{room}/members"))["items"]) == 2
        await ann.ok("DELETE", f"{room}/members/{guest.id}")
        assert_problem(await guest.call("GET", f"{room}/messages"), 401, "auth.session_ended")
        await house.application.jobs.run_once()
        assert (await ann.http.get("/health/ready")).json()["checks"]["migrations"]["status"] == "ok"
