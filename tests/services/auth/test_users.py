"""Accounts as administrators and their owners change them."""

from __future__ import annotations

import pytest

from synctv_server.cluster.notices import Notice, SessionEnded, UserBanned
from synctv_server.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
)
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.times import HOUR
from synctv_server.domain.users import EditAccount, SiteRole, UserStatus
from tests.services.auth.conftest import AWAY, HOME, OPERATOR, PASSWORD, House
from tests.services.conftest import START

GUEST = Actor(ActorKind.GUEST, "Guest 1")


async def test_the_operator_makes_accounts_of_every_role(house: House) -> None:
    for name, role in (("ulla", SiteRole.USER), ("adam", SiteRole.ADMIN), ("ruth", SiteRole.ROOT)):
        user = await house.users.create(OPERATOR, name, PASSWORD, None, role)
        assert (user.username, user.role, user.status) == (name, role, UserStatus.ACTIVE)
        assert await house.users.get(OPERATOR, name.upper()) == user
    page = await house.users.list_users(OPERATOR, None, 2)
    rest = await house.users.list_users(OPERATOR, page.next_cursor, 2)
    assert [user.username for user in (*page.items, *rest.items)] == ["ulla", "adam", "ruth"]


async def test_users_and_guests_administer_nothing(house: House) -> None:
    user = await house.actor("ulla")
    for actor in (user, GUEST):
        for refused in (
            house.users.create(actor, "carla", PASSWORD, None, SiteRole.USER),
            house.users.get(actor, "ulla"),
            house.users.list_users(actor, None, 10),
            house.users.set_password(actor, "ulla", PASSWORD),
            house.users.set_role(actor, "ulla", SiteRole.ADMIN),
            house.users.ban(actor, "ulla", "spam", None),
            house.users.unban(actor, "ulla"),
            house.users.sessions(actor, "ulla"),
        ):
            with pytest.raises(Forbidden):
                await refused


async def test_nobody_acts_on_an_equal_or_higher_role(house: House) -> None:
    admin = await house.actor("adam", SiteRole.ADMIN)
    await house.account("alma", SiteRole.ADMIN)
    await house.account("ruth", SiteRole.ROOT)
    await house.account("ulla")
    for name in ("alma", "ruth", "adam"):
        for refused in (
            house.users.set_password(admin, name, "another long walk"),
            house.users.set_role(admin, name, SiteRole.USER),
            house.users.ban(admin, name, "spam", None),
            house.users.unban(admin, name),
        ):
            with pytest.raises(Forbidden):
                await refused
    with pytest.raises(Forbidden):
        await house.users.set_role(admin, "ulla", SiteRole.ADMIN)
    with pytest.raises(Forbidden):
        await house.users.create(admin, "carla", PASSWORD, None, SiteRole.ADMIN)
    assert (await house.users.ban(admin, "ulla", "spam", None)).status is UserStatus.BANNED


async def test_a_root_may_change_other_roots(house: House) -> None:
    root = await house.actor("ruth", SiteRole.ROOT)
    await house.account("rolf", SiteRole.ROOT)
    assert (await house.users.set_role(root, "rolf", SiteRole.ADMIN)).role is SiteRole.ADMIN


async def test_the_last_root_stays(house: House) -> None:
    await house.account("ruth", SiteRole.ROOT)
    await house.account("rolf", SiteRole.ROOT)
    await house.users.ban(OPERATOR, "rolf", "away", None)
    for refused in (
        house.users.set_role(OPERATOR, "ruth", SiteRole.ADMIN),
        house.users.ban(OPERATOR, "ruth", "spam", None),
    ):
        with pytest.raises(Conflict) as error:
            await refused
        assert error.value.code == "user.last_root"
    await house.users.unban(OPERATOR, "rolf")
    await house.users.set_role(OPERATOR, "ruth", SiteRole.ADMIN)


async def test_a_new_role_holds_from_the_next_request(house: House) -> None:
    await house.account()
    token = (await house.sign_in()).access_token
    assert (await house.sessions.authenticate(token)).role is SiteRole.USER
    await house.users.set_role(OPERATOR, "ann", SiteRole.ADMIN)
    assert (await house.sessions.authenticate(token)).role is SiteRole.ADMIN


async def test_a_ban_ends_the_sessions_and_tells_everybody(house: House) -> None:
    actor = await house.actor()
    token = (await house.sign_in(client=AWAY)).access_token
    heard: list[Notice] = []
    house.notices.follow(heard.append)
    banned = await house.users.ban(OPERATOR, "ann", "spam", START + HOUR)
    assert (banned.status, banned.ban_reason, banned.banned_until) == (
        UserStatus.BANNED,
        "spam",
        START + HOUR,
    )
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(token)
    assert heard[0] == UserBanned(actor.person())
    assert isinstance(heard[1], SessionEnded)
    assert len(heard[1].session_ids) == 2


async def test_a_ban_needs_a_reason_and_an_end_in_the_future(house: House) -> None:
    await house.account()
    with pytest.raises(Invalid):
        await house.users.ban(OPERATOR, "ann", " ", None)
    with pytest.raises(Invalid):
        await house.users.ban(OPERATOR, "ann", "spam", START)
    await house.sign_in()


async def test_an_account_that_is_unbanned_signs_in_again(house: House) -> None:
    await house.account()
    await house.users.ban(OPERATOR, "ann", "spam", None)
    free = await house.users.unban(OPERATOR, "ann")
    assert (free.status, free.ban_reason, free.banned_until) == (UserStatus.ACTIVE, None, None)
    assert await house.users.unban(OPERATOR, "ann") == free
    await house.sign_in()


async def test_a_password_set_by_the_operator_ends_all_sessions(house: House) -> None:
    await house.account()
    token = (await house.sign_in()).access_token
    await house.users.set_password(OPERATOR, "ann", "another long walk")
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(token)
    await house.login.login("ann", "another long walk", HOME)


async def test_an_unknown_name_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        await house.users.get(OPERATOR, "nobody")
    with pytest.raises(NotFound):
        await house.users.set_password(OPERATOR, "nobody", PASSWORD)


async def test_the_devices_of_an_account_are_shown_to_administrators(house: House) -> None:
    await house.actor()
    (session,) = await house.users.sessions(OPERATOR, "ann")
    assert session.user_agent == HOME.user_agent


async def test_ones_own_name_and_address_are_ones_own_to_change(house: House) -> None:
    await house.account()
    token = (await house.sign_in()).access_token
    actor = await house.sessions.authenticate(token)
    before = await house.users.me(actor)
    edit = EditAccount(username="anna", email="anna@example.org")
    after = await house.users.update_me(actor, edit, expected_version=before.version)
    assert (after.username, after.email, after.version) == ("anna", "anna@example.org", before.version + 1)
    assert (await house.sessions.authenticate(token)).name == "anna"
    cleared = await house.users.update_me(actor, EditAccount(email=""))
    assert (cleared.username, cleared.email) == ("anna", None)


async def test_a_lost_update_is_refused(house: House) -> None:
    actor = await house.actor()
    version = (await house.users.me(actor)).version
    await house.users.update_me(actor, EditAccount(username="anna"))
    with pytest.raises(PreconditionFailed):
        await house.users.update_me(actor, EditAccount(username="annie"), expected_version=version)


async def test_a_taken_or_bad_name_is_refused(house: House) -> None:
    actor = await house.actor("ann")
    await house.account("bob")
    with pytest.raises(Conflict):
        await house.users.update_me(actor, EditAccount(username="BOB"))
    with pytest.raises(Invalid):
        await house.users.update_me(actor, EditAccount(username="a b"))
    assert (await house.users.update_me(actor, EditAccount(username="Ann"))).username == "Ann"


@pytest.mark.parametrize("actor", [GUEST, OPERATOR])
async def test_who_has_no_account_has_nothing_to_change(house: House, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await house.users.me(actor)
    with pytest.raises(Forbidden):
        await house.users.update_me(actor, EditAccount(username="anna"))


async def test_one_session_of_an_account_is_ended_and_the_others_live(house: House) -> None:
    await house.account("bob")
    admin = await house.actor("ann", SiteRole.ADMIN)
    first, second = await house.sign_in("bob"), await house.sign_in("bob")
    await house.users.end_session(admin, "bob", first.session.id)
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(first.access_token)
    await house.sessions.authenticate(second.access_token)
    with pytest.raises(NotFound):
        await house.users.end_session(admin, "bob", first.session.id)
    assert await house.users.end_sessions(admin, "bob") == 1
    with pytest.raises(Unauthenticated):
        await house.sessions.authenticate(second.access_token)


async def test_session_of_another_account_or_of_a_higher_one_is_not_ended_by_name(house: House) -> None:
    await house.account("bob")
    await house.account("root", SiteRole.ROOT)
    admin = await house.actor("ann", SiteRole.ADMIN)
    above = await house.sign_in("root")
    with pytest.raises(NotFound):
        await house.users.end_session(admin, "bob", above.session.id)
    with pytest.raises(Forbidden):
        await house.users.end_sessions(admin, "root")
    await house.sessions.authenticate(above.access_token)
