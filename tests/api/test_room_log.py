"""`GET /rooms/{id}/log`: what people did in a room, over HTTP."""

from __future__ import annotations

from tests.support.doors import House, Visitor, assert_problem


async def test_log_of_a_room_is_for_those_who_look_after_it(house: House, ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", {"name": "Films", "visibility": "private"})
    path = f"/rooms/{room['id']}/log"
    assert_problem(await bob.call("GET", path), 403, "room.not_member")
    await bob.ok("POST", f"/rooms/{room['id']}/join", {})
    assert_problem(await bob.call("GET", path), 403, "room.no_permission")
    assert_problem(await house.stranger().call("GET", path), 401, "unauthenticated")
    await ann.ok("PATCH", f"/rooms/{room['id']}", {"name": "Late films"})
    page = await ann.ok("GET", path)
    changed, joined = page["items"]
    assert changed.keys() == {"id", "at", "by", "action", "target", "details"}
    assert (changed["action"], changed["by"]) == ("room.changed", {"id": ann.id, "name": "ann"})
    assert changed["details"] == {"before": {"name": "Films"}, "after": {"name": "Late films"}}
    assert (joined["action"], joined["by"]["name"], joined["target"]) == ("member.joined", "bob", None)
    assert page["next_cursor"] is None
