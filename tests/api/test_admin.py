"""The administrative routes, over TCP for administrators and over the control socket for the operator."""

from __future__ import annotations

import httpx

from synctv_server.domain.users import SiteRole
from tests.support.doors import House, Visitor, assert_problem

PASSWORD = "correct horse battery"


async def test_the_routes_are_for_administrators_alone(house: House, ann: Visitor) -> None:
    for path in ("users", "users/ann", "users/ann/sessions", "rooms", "keys", "status"):
        assert_problem(await ann.call("GET", f"/admin/{path}"), 403, "forbidden")
        assert_problem(await house.stranger().call("GET", f"/admin/{path}"), 401, "unauthenticated")
    assert_problem(await ann.call("POST", "/admin/invitations"), 403, "forbidden")


async def test_the_operator_makes_and_manages_accounts(house: House) -> None:
    operator = house.operator()
    body = {"username": "carol", "password": PASSWORD, "email": "carol@example.org", "role": "admin"}
    answer = await operator.call("POST", "/admin/users", body)
    assert answer.status_code == 201
    user = answer.json()
    assert {"id", "username", "role", "status", "created_at"} <= user.keys()
    assert (user["username"], user["role"], user["status"]) == ("carol", "admin", "active")
    assert await operator.ok("GET", "/admin/users/CAROL") == user
    assert (await operator.ok("GET", "/admin/users"))["items"] == [user]
    assert (await operator.ok("PUT", "/admin/users/carol/role", {"role": "user"}))["role"] == "user"
    await operator.ok("PUT", "/admin/users/carol/password", {"password": "another horse battery"})
    body = {"identifier": "carol", "password": "another horse battery"}
    tokens = await house.stranger().ok("POST", "/auth/login", body)
    assert len((await operator.ok("GET", "/admin/users/carol/sessions"))["items"]) == 1
    until = "2100-01-01T00:00:00Z"
    banned = await operator.ok("POST", "/admin/users/carol/ban", {"reason": "spam", "until": until})
    assert (banned["status"], banned["ban_reason"], banned["banned_until"]) == (
        "banned",
        "spam",
        "2100-01-01T00:00:00.000Z",
    )
    client = house.client(Authorization=f"Bearer {tokens['access_token']}")
    assert (await client.get("/api/v1/me")).status_code in (401, 403)
    assert_problem(await house.stranger().call("POST", "/auth/login", body), 403, "auth.banned")
    assert (await operator.ok("POST", "/admin/users/carol/unban"))["status"] == "active"
    assert_problem(await operator.call("GET", "/admin/users/nobody"), 404, "user.not_found")
    assert_problem(
        await operator.call("POST", "/admin/users/carol/ban", {"reason": "x", "until": "tomorrow"}),
        422,
        "invalid",
    )


async def test_an_administrator_does_not_reach_above_itself(house: House) -> None:
    adam = await house.person("adam", SiteRole.ADMIN)
    await house.person("ruth", SiteRole.ROOT)
    for path, body in (("password", {"password": PASSWORD}), ("role", {"role": "user"})):
        assert_problem(await adam.call("PUT", f"/admin/users/ruth/{path}", body), 403, "forbidden")
    assert_problem(await adam.call("POST", "/admin/users/ruth/ban", {"reason": "x"}), 403, "forbidden")
    body = {"username": "mallory", "password": PASSWORD, "role": "root"}
    assert_problem(await adam.call("POST", "/admin/users", body), 403, "forbidden")


async def test_the_status_shows_the_set_up_link_to_the_operator_alone(house: House) -> None:
    link = await house.application.setup_url(replace_expired=True)
    status = await house.operator().ok("GET", "/admin/status")
    assert status["setup_url"] == link
    assert (status["database"], status["rooms_live"], status["connections"]) == ("sqlite", 0, 0)
    assert status["uptime_seconds"] >= 0
    adam = await house.person("adam", SiteRole.ADMIN)
    assert "setup_url" not in await adam.ok("GET", "/admin/status")


async def test_the_keys_are_listed_without_their_secrets(house: House) -> None:
    answer = await house.operator().call("GET", "/admin/keys")
    keys = answer.json()["keys"]
    assert {key["purpose"] for key in keys} == {"signing", "sealing", "master"}
    for key in keys:
        assert set(key) == {
            "kid",
            "purpose",
            "algorithm",
            "state",
            "created_at",
            "activated_at",
            "retires_at",
        }


async def test_the_control_door_takes_nobody_who_is_not_named(house: House) -> None:
    transport = httpx.ASGITransport(house.application.control)
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        assert_problem(await client.get("/api/v1/admin/status"), 403, "forbidden")


async def test_the_control_door_has_the_operators_routes_alone(house: House) -> None:
    operator = house.operator()
    for path in ("/rooms", "/me", "/server"):
        assert_problem(await operator.call("GET", path), 404, "not_found")
    assert (await operator.http.get("/health/ready")).status_code == 200


async def test_the_operator_is_no_person_in_a_room(house: House, ann: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
    operator = house.operator()
    assert (await operator.ok("GET", f"/admin/rooms/{room['id']}"))["name"] == "Films"
    assert (await operator.ok("POST", f"/admin/rooms/{room['id']}/close"))["status"] == "closed"
    assert_problem(await operator.call("GET", "/admin/rooms/room_none"), 404, "room.not_found")


async def test_an_invitation_is_bounded(house: House) -> None:
    operator = house.operator()
    made = await operator.ok("POST", "/admin/invitations")
    assert "/register#" in made["url"]
    for body in ({"uses": 0}, {"expires_in": 5}, {"expires_in": 10**12}, {"role": "king"}):
        assert_problem(await operator.call("POST", "/admin/invitations", body), 422, "invalid")
