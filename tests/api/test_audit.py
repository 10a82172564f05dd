"""`/admin/audit`: the audit log over HTTP, with what requests leave in it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from synctv_server.domain.users import SiteRole
from tests.support.doors import House, Visitor, assert_problem, opened

FIELDS = {"seq", "at", "actor", "action", "target", "address", "outcome", "details", "hash"}


async def listed(visitor: Visitor, **query: str | int) -> list[dict[str, Any]]:
    answer = await visitor.http.get("/api/v1/admin/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_log_is_for_administrators_alone(house: House, ann: Visitor) -> None:
    for path in ("audit", "audit/chain", "audit/proof"):
        assert_problem(await ann.call("GET", f"/admin/{path}"), 403, "forbidden")
        assert_problem(await house.stranger().call("GET", f"/admin/{path}"), 401, "unauthenticated")
    assert_problem(await ann.call("POST", "/admin/audit/verify"), 403, "forbidden")


async def test_commands_of_an_administrator_and_of_the_operator_are_listed(
    house: House, ann: Visitor
) -> None:
    adam = await house.person("adam", SiteRole.ADMIN)
    await adam.ok("POST", "/admin/users/ann/ban", {"reason": "spam"})
    await house.operator().ok("POST", "/admin/users/ann/unban")
    unbanned, banned = (await listed(adam))[:2]
    assert banned.keys() == FIELDS
    assert banned["actor"] == {"type": "user", "id": adam.id, "name": "adam"}
    assert banned["target"] == {"type": "user", "id": ann.id, "name": "ann"}
    assert (banned["action"], banned["outcome"], banned["address"]) == ("user.banned", "done", "192.0.2.1")
    assert (unbanned["action"], unbanned["actor"]["type"], unbanned["address"]) == (
        "user.unbanned",
        "operator",
        "",
    )
    assert [entry["seq"] for entry in await listed(adam, action="user.banned")] == [banned["seq"]]
    assert [entry["seq"] for entry in await listed(adam, actor="adam")] == [banned["seq"]]
    assert await listed(adam, since="2100-01-01T00:00:00Z") == []
    assert_problem(await adam.call("GET", "/admin/audit?since=yesterday"), 422, "invalid")
    assert_problem(await adam.call("GET", "/admin/audit?action=%25"), 422, "invalid")


async def test_failed_sign_in_is_listed_with_its_address(house: House, ann: Visitor) -> None:
    body = {"identifier": "ann", "password": "a wrong guess"}
    answer = await house.client(address="203.0.113.9").post("/api/v1/auth/login", json=body)
    assert answer.status_code == 401
    (entry,) = await listed(house.operator(), action="user.sign_in_failed")
    assert (entry["address"], entry["target"]["name"], entry["outcome"]) == ("203.0.113.9", "ann", "failed")


async def test_refused_command_is_told_once_a_minute_and_reading_never(house: House, ann: Visitor) -> None:
    adam = await house.person("adam", SiteRole.ADMIN)
    await house.person("ruth", SiteRole.ROOT)
    for _ in range(3):
        assert_problem(await adam.call("POST", "/admin/users/ruth/ban", {"reason": "x"}), 403, "forbidden")
    assert_problem(await ann.call("POST", "/admin/users/adam/ban", {"reason": "x"}), 403, "forbidden")
    assert_problem(await ann.call("GET", "/admin/users"), 403, "forbidden")
    assert_problem(await house.stranger().call("POST", "/admin/invitations"), 401, "unauthenticated")
    by_ann, by_adam = await listed(house.operator(), action="command.refused")
    assert (by_ann["actor"]["name"], by_ann["target"]["name"]) == ("ann", "POST /api/v1/admin/users/adam/ban")
    assert (by_adam["actor"]["name"], by_adam["outcome"]) == ("adam", "refused")
    assert by_adam["address"] == "192.0.2.1"


async def test_room_closed_by_an_administrator_is_listed_and_by_its_owner_is_not(
    house: House, ann: Visitor
) -> None:
    room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
    await ann.ok("PATCH", f"/rooms/{room['id']}", {"status": "closed"})
    await ann.ok("PATCH", f"/rooms/{room['id']}", {"status": "active"})
    assert await listed(house.operator(), action="room") == []
    await house.operator().ok("POST", f"/admin/rooms/{room['id']}/close")
    (entry,) = await listed(house.operator(), action="room.closed")
    assert entry["target"] == {"type": "room", "id": room["id"], "name": "Films"}


async def test_life_of_a_key_is_listed_with_who_has_turned_it(house: House) -> None:
    turned = await house.operator().ok("POST", "/admin/keys/rotate", {"force": True})
    found = [
        (entry["action"], entry["target"]["id"], entry["actor"]["type"])
        for entry in await listed(house.operator(), action="key")
    ]
    assert set(found) == {
        ("key.created", turned["new_kid"], "operator"),
        ("key.activated", turned["new_kid"], "operator"),
        ("key.retiring", turned["old_kid"], "operator"),
    }


async def test_log_is_verified_and_counted(house: House, ann: Visitor) -> None:
    operator = house.operator()
    found = await operator.ok("POST", "/admin/audit/verify")
    assert (found["ok"], found["fault"], found["faults"]) == (True, None, [])
    assert found["entries"] == len(await listed(operator))
    page = house.application.metrics.render().decode()
    assert f"synctv_audit_entries_total {found['entries']}.0" in page


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_anybody_can_check_what_is_taken_out(tmp_path: Path, kind: str) -> None:
    async with opened(tmp_path, kind=kind) as house:
        for name in ("ann", "bob", "carol"):
            await house.person(name)
        operator = house.operator()
        proof = await operator.ok("GET", "/admin/audit/proof")
        entries = (await operator.ok("GET", "/admin/audit/chain"))["entries"]
    assert len(entries) == 3
    previous = "0" * 64
    hashes = {0: previous}
    for entry in entries:
        assert entry["previous"] == previous
        previous = digest(entry)
        assert entry["hash"] == previous
        hashes[entry["seq"]] = previous
    assert (proof["count"], proof["hash"]) == (3, previous)
    keys = {key["kid"]: jwt.PyJWK(key) for key in proof["keys"]}
    for point in proof["checkpoints"]:
        key = keys[jwt.get_unverified_header(point["jws"])["kid"]]
        said = json.loads(jwt.PyJWS().decode(point["jws"], key.key, algorithms=["ES256"]))
        assert said == {"count": point["count"], "hash": point["hash"], "at": point["at"]}
        assert hashes[point["count"]] == point["hash"]


def digest(entry: dict[str, Any]) -> str:
    """As docs/guides/audit-log.md says, with none of our code."""
    parties = [[entry[role][name] for name in ("type", "id", "name")] for role in ("actor", "target")]
    fields = ["synctv-audit-1", entry["seq"], entry["at"], parties[0], entry["action"], parties[1]]
    fields += [entry["address"], entry["outcome"], entry["details"], entry["previous"]]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def test_access_token_cannot_be_made_of_a_statement(house: House, ann: Visitor) -> None:
    proof = await house.operator().ok("GET", "/admin/audit/proof")
    client = house.client(Authorization=f"Bearer {proof['checkpoints'][0]['jws']}")
    assert (await client.get("/api/v1/me")).status_code == 401
