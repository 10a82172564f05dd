"""Making an account: by oneself, by an invitation, or not at all."""

from __future__ import annotations

import pytest

from synctv_server.domain.errors import Conflict, Forbidden, Invalid
from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.times import HOUR
from synctv_server.domain.users import SiteRole
from tests.services.auth.conftest import HOME, OPERATOR, PASSWORD, House
from tests.services.conftest import Clock


async def invited(house: House, *, role: SiteRole = SiteRole.USER, uses: int = 1) -> str:
    """The secret of a new invitation that is good for an hour."""
    _, url = await house.invitations.create(OPERATOR, role, uses, 3600)
    assert url.startswith("https://tv.example.org/register#")
    return url.partition("#")[2]


async def refusal(house: House, mode: str, invite: str | None = None) -> str:
    with pytest.raises(Forbidden) as refused:
        await house.registration(mode).register("carla", PASSWORD, None, invite, HOME)
    assert await house.accounts.users.count_users() == 0
    return refused.value.code


async def test_an_open_site_takes_everybody_and_signs_in(house: House) -> None:
    done = await house.registration("open").register("carla", PASSWORD, "c@example.org", None, HOME)
    assert (done.status, done.user.username, done.user.role) == ("active", "carla", SiteRole.USER)
    assert done.signed_in is not None
    assert (await house.sessions.authenticate(done.signed_in.access_token)).name == "carla"
    assert (await house.login.login("c@example.org", PASSWORD, HOME)).user.id == done.user.id


async def test_a_closed_site_takes_nobody_and_says_so(house: House) -> None:
    assert await refusal(house, "closed") == "auth.registration_closed"


async def test_a_site_by_invitation_asks_for_one(house: House) -> None:
    assert await refusal(house, "invite") == "auth.invite_needed"
    assert await refusal(house, "invite", "made up") == "auth.invite_invalid"


@pytest.mark.parametrize("mode", ["closed", "invite", "open"])
async def test_an_administrators_invitation_counts_in_every_mode(house: House, mode: str) -> None:
    secret = await invited(house, role=SiteRole.ADMIN)
    done = await house.registration(mode).register("carla", PASSWORD, None, secret, HOME)
    assert done.user.role is SiteRole.ADMIN


async def test_an_invitation_is_good_for_its_uses_and_its_time(house: House, clock: Clock) -> None:
    register = house.registration("invite").register
    once, later = await invited(house), await invited(house, uses=5)
    await register("carla", PASSWORD, None, once, HOME)
    with pytest.raises(Forbidden):
        await register("david", PASSWORD, None, once, HOME)
    clock.moment += HOUR
    with pytest.raises(Forbidden):
        await register("david", PASSWORD, None, later, HOME)


async def test_a_refused_registration_uses_no_invitation_up(house: House) -> None:
    await house.account("ann")
    secret = await invited(house)
    with pytest.raises(Conflict) as taken:
        await house.registration("invite").register("Ann", PASSWORD, None, secret, HOME)
    assert taken.value.code == "user.name_taken"
    await house.registration("invite").register("carla", PASSWORD, None, secret, HOME)


async def test_one_address_is_one_account(house: House) -> None:
    register = house.registration("open").register
    await register("carla", PASSWORD, "c@example.org", None, HOME)
    with pytest.raises(Conflict) as taken:
        await register("david", PASSWORD, "C@Example.org", None, HOME)
    assert taken.value.code == "user.email_taken"


@pytest.mark.parametrize(
    ("username", "password", "email", "field"),
    [
        ("ab", PASSWORD, None, "username"),
        ("-carla", PASSWORD, None, "username"),
        ("carla\u202e", PASSWORD, None, "username"),
        ("carla", "short", None, "password"),
        ("carla", "carla-carla", None, "password"),
        ("carla", "1234567890", None, "password"),
        ("carla", PASSWORD, "not an address", "email"),
    ],
)
async def test_bad_input_names_the_field(
    house: House, username: str, password: str, email: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await house.registration("open").register(username, password, email, None, HOME)
    assert [error.field for error in refused.value.errors] == [field]


async def test_nobody_invites_to_a_role_that_is_not_below_theirs(house: House) -> None:
    admin = await house.actor("adam", SiteRole.ADMIN)
    root = await house.actor("ruth", SiteRole.ROOT)
    user = await house.actor("ulla")
    await house.invitations.create(admin, SiteRole.USER, 1, 3600)
    await house.invitations.create(root, SiteRole.ROOT, 1, 3600)
    for actor, role in (
        (admin, SiteRole.ADMIN),
        (admin, SiteRole.ROOT),
        (user, SiteRole.USER),
        (Actor(ActorKind.GUEST, "Guest 1"), SiteRole.USER),
    ):
        with pytest.raises(Forbidden):
            await house.invitations.create(actor, role, 1, 3600)


@pytest.mark.parametrize(("uses", "seconds"), [(0, 3600), (1_001, 3600), (1, 59), (1, 366 * 86_400)])
async def test_an_invitation_has_bounds(house: House, uses: int, seconds: int) -> None:
    with pytest.raises(Invalid):
        await house.invitations.create(OPERATOR, SiteRole.USER, uses, seconds)
