"""Settings of the running server: who may change them, what is fixed, what holds at once and after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from synctv_server.domain.users import SiteRole
from synctv_server.store.server_settings import ServerSettingsStore
from tests.support.doors import House, Visitor, assert_problem, opened, reopened


@pytest.fixture
async def admin(house: House) -> Visitor:
    return await house.person("root", SiteRole.ADMIN)


async def setting(visitor: Visitor, name: str) -> Any:
    answer = await visitor.ok("GET", "/admin/settings")
    [found] = [each for each in answer["settings"] if each["name"] == name]
    return found


def patch(**values: object) -> dict[str, object]:
    return {"settings": {name.replace("__", "."): value for name, value in values.items()}}


async def test_change_holds_at_once_and_says_who_made_it(house: House, admin: Visitor) -> None:
    assert (await house.stranger().ok("GET", "/server"))["registration"] == "closed"
    changed = await admin.ok("PATCH", "/admin/settings", patch(auth__registration="open"))
    assert changed == {
        "changed": [{"name": "auth.registration", "before": "closed", "after": "open"}],
        "revision": 1,
    }
    assert (await house.stranger().ok("GET", "/server"))["registration"] == "open"
    shown = await setting(admin, "auth.registration")
    assert (shown["origin"], shown["locked"], shown["changed_by"]) == ("runtime", False, "root")


async def test_limit_that_is_lowered_counts_for_the_next_request(house: House, admin: Visitor) -> None:
    await admin.ok("PATCH", "/admin/settings", patch(limits__read_per_minute=1))
    stranger = house.stranger()
    answers = [(await stranger.call("GET", "/rooms")).status_code for _ in range(2)]
    assert 429 in answers


async def test_life_of_tokens_that_is_changed_counts_for_the_next_sign_in(
    house: House, admin: Visitor
) -> None:
    await house.person("ann", password="violet harbour clock")
    await admin.ok("PATCH", "/admin/settings", patch(auth__access_token_seconds=120))
    body = {"identifier": "ann", "password": "violet harbour clock"}
    tokens = await house.stranger().ok("POST", "/auth/login", body)
    assert tokens["expires_in"] == 120


async def test_value_is_kept_over_a_restart_and_taken_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await house.operator().ok("PATCH", "/admin/settings", patch(limits__chat_per_second=3))
    async with reopened(tmp_path) as house:
        operator = house.operator()
        assert (await setting(operator, "limits.chat_per_second"))["value"] == 3
        await operator.ok("PATCH", "/admin/settings", patch(limits__chat_per_second=None))
        shown = await setting(operator, "limits.chat_per_second")
        assert (shown["value"], shown["origin"], shown["kept"]) == (10, "default", None)


async def test_what_a_flag_or_file_fixes_is_locked_and_says_by_what(tmp_path: Path) -> None:
    async with opened(tmp_path, auth__registration="invite") as house:
        operator = house.operator()
        refused = await operator.call("PATCH", "/admin/settings", patch(auth__registration="open"))
        problem = assert_problem(refused, 409, "settings.locked")
        assert "flag --registration" in problem["detail"]
        shown = await setting(operator, "auth.registration")
        assert (shown["value"], shown["locked"]) == ("invite", True)


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"auth.registrations": "open"}, 404, "settings.unknown"),
        ({"server.port": 9000}, 422, "settings.not_live"),
        ({"log_level": "debug"}, 404, "settings.unknown"),
        ({"observability.metrics_token": "a token of somebody"}, 422, "settings.secret"),
        ({"auth.registration": "sometimes"}, 422, "invalid"),
        ({"auth.password_min_length": 3}, 422, "invalid"),
        ({"limits.connections_per_user": 500}, 422, "invalid"),
        ({"auth.refresh_token_seconds": 3_600}, 422, "invalid"),
    ],
)
async def test_value_that_cannot_be_is_refused_and_changes_nothing(
    house: House, admin: Visitor, values: dict[str, object], status: int, code: str
) -> None:
    body = {"settings": {"limits.chat_per_second": 2, **values}}
    assert_problem(await admin.call("PATCH", "/admin/settings", body), status, code)
    assert (await setting(admin, "limits.chat_per_second"))["value"] == 10


async def test_values_that_go_together_may_come_together(admin: Visitor) -> None:
    both = patch(limits__connections_per_user=500, limits__connections_per_room=600)
    assert len((await admin.ok("PATCH", "/admin/settings", both))["changed"]) == 2


async def test_lost_update_is_refused(admin: Visitor) -> None:
    answer = await admin.call("GET", "/admin/settings")
    tag = answer.headers["ETag"]
    await admin.ok("PATCH", "/admin/settings", patch(limits__chat_per_second=3), if_match=tag)
    late = await admin.call("PATCH", "/admin/settings", patch(limits__chat_per_second=4), if_match=tag)
    assert_problem(late, 412, "conflict")


async def test_dry_run_tells_and_changes_nothing(admin: Visitor) -> None:
    told = await admin.ok("PATCH", "/admin/settings?dry_run=true", patch(limits__chat_per_second=3))
    assert told["changed"] == [{"name": "limits.chat_per_second", "before": 10, "after": 3}]
    assert (await setting(admin, "limits.chat_per_second"))["value"] == 10


async def test_same_value_again_is_no_change(admin: Visitor) -> None:
    first = await admin.ok("PATCH", "/admin/settings", patch(limits__chat_per_second="3"))
    again = await admin.ok("PATCH", "/admin/settings", patch(limits__chat_per_second=3))
    assert (again["changed"], again["revision"]) == ([], first["revision"])


async def test_only_administrators_may_see_and_change_them(house: House, ann: Visitor) -> None:
    assert_problem(await ann.call("GET", "/admin/settings"), 403, "forbidden")
    refused = await ann.call("PATCH", "/admin/settings", patch(auth__registration="open"))
    assert_problem(refused, 403, "forbidden")
    assert_problem(await house.stranger().call("GET", "/admin/settings"), 401, "unauthenticated")


async def test_every_change_stands_in_the_audit_log(house: House, admin: Visitor) -> None:
    await admin.ok("PATCH", "/admin/settings", patch(auth__registration="open"))
    await admin.ok("PATCH", "/admin/settings", patch(auth__registration=None))
    rows = await house.application.parts.idempotency._database.fetch(
        "SELECT action, actor_name, target_name FROM audit_entries WHERE action LIKE 'setting.%' ORDER BY seq"
    )
    assert [tuple(row[name] for name in ("action", "actor_name", "target_name")) for row in rows] == [
        ("setting.changed", "root", "auth.registration"),
        ("setting.removed", "root", "auth.registration"),
    ]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_of_two_who_change_at_once_none_is_lost(tmp_path: Path, kind: str) -> None:
    async with opened(tmp_path, kind=kind) as house:
        operator = house.operator()
        tasks = [
            operator.call("PATCH", "/admin/settings", patch(**{f"limits__{name}_per_minute": 77}))
            for name in ("read", "write", "guests", "auth")
        ]
        answers = await asyncio.gather(*tasks)
        assert {answer.status_code for answer in answers} <= {200, 412}
        kept = await ServerSettingsStore(house.application.parts.idempotency._database).list_kept()
        assert len(kept) == sum(answer.status_code == 200 for answer in answers)
