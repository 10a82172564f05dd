"""What accounts leave in the audit log: sign-ins and those that fail, and all that is done to somebody."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

import pytest

from synctv_server.domain.audit import Entry
from synctv_server.domain.errors import Forbidden, SyncTVError, Unauthenticated
from synctv_server.domain.times import DAY, MINUTE, SECOND
from synctv_server.domain.users import SiteRole
from synctv_server.store.audit import AuditStore
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, PASSWORD, STRANGER, House
from tests.services.conftest import Clock


async def entries(house: House, action: str) -> list[Entry]:
    found = await AuditStore(house.accounts.database).entries_after(0, 1_000)
    return [entry for entry in found if entry.action == action]


async def only(house: House, action: str) -> Entry:
    (entry,) = await entries(house, action)
    return entry


def details(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.details)
    return found


async def refused(attempt: Awaitable[object]) -> None:
    with pytest.raises(SyncTVError):
        await attempt


async def test_sign_in_tells_who_and_from_where(house: House) -> None:
    user = await house.account()
    signed_in = await house.sign_in(client=AWAY)
    entry = await only(house, "user.signed_in")
    assert (entry.actor.type, entry.actor.id, entry.actor.name) == ("user", user.id, "ann")
    assert (entry.target.id, entry.address, entry.outcome) == (signed_in.session.id, AWAY.address, "done")


async def test_failed_sign_ins_are_one_entry_per_minute_name_and_address(house: House, clock: Clock) -> None:
    await house.account()
    for _ in range(3):
        await refused(house.login.login("ann", "a wrong guess", STRANGER))
    await refused(house.login.login("Ann", "a wrong guess", STRANGER))
    await refused(house.login.login("ann", "a wrong guess", AWAY))
    await refused(house.login.login("nobody", "a wrong guess", STRANGER))
    found = await entries(house, "user.sign_in_failed")
    assert [(entry.target.name, entry.address) for entry in found] == [
        ("ann", STRANGER.address),
        ("ann", AWAY.address),
        ("nobody", STRANGER.address),
    ]
    assert {entry.actor.type for entry in found} == {"stranger"}
    clock.moment += MINUTE
    await refused(house.login.login("ann", "a wrong guess", STRANGER))
    (*_, last) = await entries(house, "user.sign_in_failed")
    assert details(last)["after"] == {"reason": "auth.wrong_password", "more_before": 3}
    assert last.outcome == "failed"


async def test_locked_and_banned_names_fail_with_their_reason(house: House) -> None:
    await house.account()
    await house.users.ban(OPERATOR, "ann", "spam", None)
    await refused(house.sign_in(client=HOME))
    assert details(await only(house, "user.sign_in_failed"))["after"]["reason"] == "auth.banned"


async def test_refresh_token_that_comes_again_is_told_once(house: House) -> None:
    await house.account()
    signed_in = await house.sign_in()
    token = signed_in.refresh_token or ""
    await house.sessions.refresh(token, HOME)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await house.sessions.refresh(token, STRANGER)
    entry = await only(house, "session.token_reused")
    assert (entry.target.id, entry.address, entry.outcome) == (
        signed_in.session.id,
        STRANGER.address,
        "refused",
    )


async def test_what_is_done_to_an_account_is_told_before_and_after(house: House, clock: Clock) -> None:
    user = await house.account()
    await house.users.set_role(OPERATOR, "ann", SiteRole.ADMIN)
    await house.users.ban(OPERATOR, "ann", "spam", clock() + DAY)
    await house.users.unban(OPERATOR, "ann")
    await house.users.set_password(OPERATOR, "ann", "another long walk")
    created = await only(house, "user.created")
    assert details(created)["after"] == {"role": "user", "email": None}
    changed = await only(house, "user.role_set")
    assert details(changed) == {"before": {"role": "user"}, "after": {"role": "admin"}}
    banned = await only(house, "user.banned")
    assert details(banned)["before"] == {"status": "active", "ban_reason": None, "banned_until": None}
    assert details(banned)["after"]["ban_reason"] == "spam"
    for action in ("user.unbanned", "user.password_set"):
        entry = await only(house, action)
        assert (entry.target.id, entry.target.name) == (user.id, "ann")
        assert (entry.actor.type, entry.actor.id) == ("operator", "1000")


async def test_no_password_is_in_the_log(house: House) -> None:
    await house.account()
    await house.sign_in()
    await house.users.set_password(OPERATOR, "ann", "another long walk")
    found = await AuditStore(house.accounts.database).entries_after(0, 1_000)
    assert not [entry for entry in found if PASSWORD in repr(entry) or "another long walk" in repr(entry)]


async def test_session_that_an_administrator_ends_is_told_and_ones_own_is_not(house: House) -> None:
    ann = await house.actor("ann")
    signed_in = await house.sign_in()
    await house.sessions.end(ann, signed_in.session.id)
    assert await entries(house, "session.ended") == []
    await house.sessions.end(OPERATOR, (await house.sign_in()).session.id)
    assert (await only(house, "session.ended")).actor.type == "operator"


async def test_set_up_invitation_and_registration_are_told(house: House) -> None:
    link = await house.setup.ensure_link("https://tv.example.org", replace_expired=True)
    assert link is not None
    await house.setup.setup(link.url.rpartition("#")[2], "ruth", PASSWORD, HOME)
    assert (await only(house, "server.set_up")).actor.name == "ruth"
    invitation, url = await house.invitations.create(OPERATOR, SiteRole.USER, 1, DAY // SECOND)
    assert (await only(house, "invitation.created")).target.id == invitation.id
    await house.registration("invite").register("bob", PASSWORD, None, url.rpartition("#")[2], HOME)
    registered = await only(house, "user.registered")
    assert details(registered)["after"]["invitation"] == invitation.id
    assert url.rpartition("#")[2] not in repr(await only(house, "invitation.created"))


async def test_refused_command_leaves_no_trace_of_having_been_done(house: House) -> None:
    adam = await house.actor("adam", SiteRole.ADMIN)
    await house.account("ruth", SiteRole.ROOT)
    with pytest.raises(Forbidden):
        await house.users.ban(adam, "ruth", "no", None)
    assert await entries(house, "user.banned") == []
