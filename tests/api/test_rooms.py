"""Rooms over HTTP: what each person sees and may do, and that a retry does nothing twice."""

from __future__ import annotations

import asyncio

from synctv_server.domain.users import SiteRole
from tests.support.doors import House, Visitor, assert_problem

PRIVATE = {"name": "Films", "visibility": "private"}
PUBLIC = {"name": "Open house", "visibility": "public"}


async def test_who_makes_a_room_owns_it(ann: Visitor) -> None:
    answer = await ann.call("POST", "/rooms", PRIVATE | {"settings": {"max_members": 7}})
    assert answer.status_code == 201
    room = answer.json()
    assert room["owner"] == {"id": ann.id, "name": "ann"}
    assert room["settings"] == {
        "allow_guests": True,
        "max_members": 7,
        "control": "everyone",
        "wait_policy": "never",
    }
    assert answer.headers["ETag"] == f'"{room["version"]}"'
    seen = await ann.ok("GET", f"/rooms/{room['id']}")
    assert seen | {"access": None} == room | {"access": None, "allow_guests": True}
    assert seen["access"] == "enter"


async def test_who_has_the_link_of_a_private_room_sees_its_name_and_no_more(
    house: House, ann: Visitor, bob: Visitor
) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE | {"password": "popcorn", "description": "our secret"})
    for visitor, access in ((bob, "password"), (house.stranger(), "guest")):
        seen = await visitor.ok("GET", f"/rooms/{room['id']}")
        assert seen == {
            "id": room["id"],
            "name": "Films",
            "visibility": "private",
            "status": "active",
            "has_password": True,
            "allow_guests": True,
            "access": access,
        }
    for path in ("members", "media", "messages", "playback"):
        assert_problem(await bob.call("GET", f"/rooms/{room['id']}/{path}"), 403, "room.not_member")


async def test_public_rooms_are_listed_and_private_ones_are_not(ann: Visitor, bob: Visitor) -> None:
    public = await ann.ok("POST", "/rooms", PUBLIC)
    await ann.ok("POST", "/rooms", PRIVATE)
    assert [room["id"] for room in (await bob.ok("GET", "/rooms"))["items"]] == [public["id"]]
    assert (await bob.ok("GET", "/rooms?search=house"))["items"][0]["name"] == "Open house"
    assert (await bob.ok("GET", "/rooms?search=films"))["items"] == []
    assert len((await ann.ok("GET", "/rooms?scope=mine"))["items"]) == 2
    assert_problem(await bob.call("GET", "/rooms?scope=all"), 403, "forbidden")


async def test_a_list_goes_on_where_its_page_ended(ann: Visitor) -> None:
    made = {(await ann.ok("POST", "/rooms", PUBLIC))["id"] for _ in range(5)}
    page = await ann.ok("GET", "/rooms?limit=2")
    found = list(page["items"])
    for _ in range(2):
        page = await ann.ok("GET", f"/rooms?limit=2&cursor={page['next_cursor']}")
        found += page["items"]
    assert page["next_cursor"] is None
    assert sorted(room["id"] for room in found) == sorted(made)


async def test_an_edit_does_not_overwrite_one_that_it_has_not_seen(ann: Visitor) -> None:
    made = await ann.call("POST", "/rooms", PRIVATE)
    path, tag = f"/rooms/{made.json()['id']}", made.headers["ETag"]
    changed = await ann.call("PATCH", path, {"name": "Film night"}, if_match=tag)
    assert (changed.status_code, changed.json()["name"]) == (200, "Film night")
    assert_problem(await ann.call("PATCH", path, {"name": "Late"}, if_match=tag), 412, "conflict")
    assert_problem(await ann.call("DELETE", path, if_match=tag), 412, "conflict")
    assert (await ann.call("DELETE", path, if_match=changed.headers["ETag"])).status_code == 204
    assert_problem(await ann.call("GET", path), 404, "room.not_found")


async def test_a_retry_with_the_same_key_makes_one_room(ann: Visitor, bob: Visitor) -> None:
    first = await ann.call("POST", "/rooms", PUBLIC, idempotency_key="once")
    again = await ann.call("POST", "/rooms", PUBLIC, idempotency_key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len((await ann.ok("GET", "/rooms"))["items"]) == 1
    other = await ann.call("POST", "/rooms", PRIVATE, idempotency_key="once")
    assert_problem(other, 409, "conflict.key_reused")
    assert (await bob.call("POST", "/rooms", PUBLIC, idempotency_key="once")).json() != first.json()


async def test_of_many_with_one_key_at_once_one_is_carried_out(ann: Visitor) -> None:
    calls = [ann.call("POST", "/rooms", PUBLIC, idempotency_key="race") for _ in range(10)]
    answers = await asyncio.gather(*calls)
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(made) == 1
    for answer in refused:
        assert_problem(answer, 409, "conflict.in_progress")
    assert len((await ann.ok("GET", "/rooms"))["items"]) == 1


async def test_what_was_refused_may_be_tried_again_with_its_key(ann: Visitor) -> None:
    assert_problem(await ann.call("POST", "/rooms", {"name": "x"}, idempotency_key="k"), 422, "invalid")
    assert (await ann.call("POST", "/rooms", PUBLIC, idempotency_key="k")).status_code == 201
    for key in ("", "two words", "x" * 129):
        assert_problem(await ann.call("POST", "/rooms", PUBLIC, idempotency_key=key), 422, "invalid")


async def test_a_closed_room_is_read_and_not_entered(ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PUBLIC)
    await ann.ok("PATCH", f"/rooms/{room['id']}", {"status": "closed"})
    assert_problem(await bob.call("POST", f"/rooms/{room['id']}/join", {}), 409, "room.closed")
    assert (await ann.ok("GET", f"/rooms/{room['id']}/messages"))["items"] == []
    assert_problem(await ann.call("POST", f"/rooms/{room['id']}/tickets"), 409, "room.closed")
    await ann.ok("PATCH", f"/rooms/{room['id']}", {"status": "active"})
    assert (await bob.ok("POST", f"/rooms/{room['id']}/join", {}))["role"] == "member"


async def test_a_password_is_asked_of_who_joins_and_can_be_taken_away(ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE | {"password": "popcorn"})
    path = f"/rooms/{room['id']}/join"
    assert_problem(await bob.call("POST", path), 403, "room.password_needed")
    assert_problem(await bob.call("POST", path, {"password": "nachos"}), 403, "room.password_wrong")
    assert (await ann.ok("PATCH", f"/rooms/{room['id']}", {"password": None}))["has_password"] is False
    assert (await bob.ok("POST", path))["user"] == {"id": bob.id, "name": "bob"}


async def test_members_are_promoted_muted_and_shown_the_door(ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE)
    await bob.ok("POST", f"/rooms/{room['id']}/join")
    path = f"/rooms/{room['id']}/members/{bob.id}"
    changed = await ann.ok("PATCH", path, {"role": "admin", "deny": ["kick_members", "add_media"]})
    assert (changed["role"], changed["deny"]) == ("admin", ["add_media", "kick_members"])
    assert_problem(await ann.call("PATCH", path, {"allow": ["fly"]}), 422, "invalid")
    own = f"/rooms/{room['id']}/members/{ann.id}"
    assert (await bob.call("PATCH", own, {"role": "member"})).status_code == 403
    listed = (await ann.ok("GET", f"/rooms/{room['id']}/members"))["items"]
    assert {member["user"]["name"]: member["present"] for member in listed} == {"ann": False, "bob": False}
    await ann.ok("DELETE", path)
    assert_problem(await bob.call("GET", f"/rooms/{room['id']}/members"), 403, "room.not_member")


async def test_a_ban_holds_until_it_is_lifted(ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PUBLIC)
    await bob.ok("POST", f"/rooms/{room['id']}/join")
    ban = await ann.ok("POST", f"/rooms/{room['id']}/bans", {"user_id": bob.id, "reason": "spoilers"})
    assert (ban["user"]["name"], ban["reason"], ban["until"]) == ("bob", "spoilers", None)
    assert_problem(await bob.call("POST", f"/rooms/{room['id']}/join"), 403, "room.banned")
    assert (await ann.ok("GET", f"/rooms/{room['id']}/bans"))["items"] == [ban]
    await ann.ok("DELETE", f"/rooms/{room['id']}/bans/{bob.id}")
    await bob.ok("POST", f"/rooms/{room['id']}/join")


async def test_a_guest_comes_back_as_the_same_guest(house: House, ann: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE)
    client, body = house.client(), {"room_id": room["id"], "display_name": "Gus"}
    first = await client.post("/api/v1/auth/guest", json=body)
    assert first.json()["user"]["name"] == "Gus"
    attributes = {part.strip().lower() for part in first.headers["Set-Cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/api/v1/auth/guest"} <= attributes
    again = await client.post("/api/v1/auth/guest", json=body)
    assert again.json()["user"] == first.json()["user"]
    by_token = house.client(Authorization=f"Bearer {first.json()['access_token']}")
    renewed = await by_token.post("/api/v1/auth/guest", json={"room_id": room["id"]})
    assert renewed.json()["user"] == first.json()["user"]
    assert "Set-Cookie" not in renewed.headers


async def test_a_guest_is_good_for_one_room_alone(house: House, ann: Visitor) -> None:
    room, other = [await ann.ok("POST", "/rooms", PRIVATE) for _ in range(2)]
    guest = await house.guest(room["id"], "Gus")
    await guest.ok("POST", f"/rooms/{room['id']}/messages", {"text": "hello"})
    assert_problem(await guest.call("GET", f"/rooms/{other['id']}/messages"), 403, "room.not_member")
    assert (await guest.call("POST", "/rooms", PUBLIC)).status_code == 403
    assert (await guest.call("GET", "/me")).status_code == 403
    assert (await guest.call("GET", "/library")).status_code == 403


async def test_guests_stay_out_where_they_are_not_welcome(house: House, ann: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PUBLIC)
    answer = await house.client().post("/api/v1/auth/guest", json={"room_id": room["id"]})
    assert_problem(answer, 403, "room.no_guests")
    answer = await house.client().post("/api/v1/auth/guest", json={"room_id": "room_none"})
    assert_problem(answer, 404, "room.not_found")


async def test_the_chat_is_read_newest_first_and_a_nonce_counts_once(ann: Visitor, bob: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE)
    await bob.ok("POST", f"/rooms/{room['id']}/join")
    path = f"/rooms/{room['id']}/messages"
    first = await ann.ok("POST", path, {"text": "popcorn?", "nonce": "n1"})
    assert await ann.ok("POST", path, {"text": "popcorn?", "nonce": "n1"}) == first
    assert_problem(await ann.call("POST", path, {"text": "nachos?", "nonce": "n1"}), 409, "chat.nonce")
    second = await bob.ok("POST", path, {"text": "yes", "reply_to": first["id"]})
    page = await ann.ok("GET", f"{path}?limit=1")
    assert page["items"] == [second]
    assert (await ann.ok("GET", f"{path}?cursor={page['next_cursor']}"))["items"] == [first]
    assert_problem(await bob.call("DELETE", f"{path}/{first['id']}"), 403, "room.no_permission")
    await ann.ok("DELETE", f"{path}/{first['id']}")
    assert (await bob.ok("GET", path))["items"][1]["text"] == ""
    assert_problem(await ann.call("POST", path, {"text": "x" * 10_000}), 422, "invalid")


async def test_playback_takes_the_fields_of_the_socket(ann: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE)
    film = await ann.ok("POST", f"/rooms/{room['id']}/media", {"url": "https://films.example/a.mp4"})
    path = f"/rooms/{room['id']}/playback"
    assert_problem(await ann.call("POST", f"{path}/play"), 409, "playback.empty")
    loaded = await ann.ok(
        "POST", f"{path}/load", {"media_id": film["id"], "position": 12.5, "playing": False}
    )
    assert (loaded["media_id"], loaded["position"], loaded["playing"]) == (film["id"], 12.5, False)
    played = await ann.ok("POST", f"{path}/play", {"if_revision": loaded["revision"]})
    assert played["playing"] is True
    stale = await ann.call("POST", f"{path}/pause", {"if_revision": loaded["revision"]})
    assert_problem(stale, 409, "playback.revision")
    faster = await ann.ok("POST", f"{path}/rate", {"rate": 1.5})
    assert faster["rate"] == 1.5
    assert_problem(await ann.call("POST", f"{path}/rate", {"rate": 9}), 422, "invalid")
    assert_problem(await ann.call("POST", f"{path}/seek", {"position": -1}), 422, "invalid")
    assert_problem(await ann.call("POST", f"{path}/next"), 404, "playlist.end")
    paused = await ann.call("POST", f"{path}/pause", {"position": 3})
    assert (paused.json()["playing"], paused.json()["position"]) == (False, 3.0)
    assert (await ann.call("GET", path)).headers["ETag"] == paused.headers["ETag"]


async def test_a_room_that_is_not_there_is_not_found(ann: Visitor) -> None:
    for path in ("/playback", "/messages", "/media", "/members", "/bans"):
        assert_problem(await ann.call("GET", f"/rooms/room_none{path}"), 404, "room.not_found")


async def test_an_administrator_of_the_site_sees_and_closes_every_room(house: House, ann: Visitor) -> None:
    room = await ann.ok("POST", "/rooms", PRIVATE)
    admin = await house.person("adam", SiteRole.ADMIN)
    assert [r["id"] for r in (await admin.ok("GET", "/admin/rooms"))["items"]] == [room["id"]]
    assert (await admin.ok("POST", f"/admin/rooms/{room['id']}/close"))["status"] == "closed"
    assert (await ann.ok("GET", f"/rooms/{room['id']}"))["status"] == "closed"
