"""The set-up link: where it stands, how long it is good, and that it makes one root."""

from __future__ import annotations

import stat

import pytest

from synctv_server.domain.errors import Conflict, Forbidden, Invalid
from synctv_server.domain.times import HOUR, SECOND
from synctv_server.domain.users import SiteRole
from synctv_server.security.tokens import hash_secret
from synctv_server.services.auth.setup import SetupLink
from tests.services.auth.conftest import HOME, PASSWORD, House
from tests.services.conftest import START, Clock

BASE = "http://127.0.0.1:8080"


async def the_link(house: House, base: str = BASE, *, replace_expired: bool = False) -> SetupLink:
    link = await house.setup.ensure_link(base, replace_expired=replace_expired)
    assert link is not None
    return link


def secret_of(link: SetupLink) -> str:
    return link.url.partition("#")[2]


async def test_the_link_stands_in_a_file_for_its_owner_alone(house: House) -> None:
    link = await the_link(house)
    file = house.data_dir / "setup-link"
    assert file.read_text() == f"{link.url}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert link.url.startswith(f"{BASE}/setup#")
    assert link.expires_at == START + 24 * HOUR
    assert secret_of(link) not in repr(link)


async def test_the_database_does_not_hold_the_secret(house: House) -> None:
    secret = secret_of(await the_link(house))
    (row,) = await house.accounts.database.fetch(
        "SELECT id, token_hash, created_at, expires_at FROM setup_links"
    )
    assert row["token_hash"] == hash_secret(secret)
    assert [row["id"], row["created_at"], row["expires_at"]] == [1, START, START + 24 * HOUR]


async def test_the_same_link_is_shown_again(house: House, clock: Clock) -> None:
    link = await the_link(house)
    clock.moment += 24 * HOUR - SECOND
    for replace_expired in (False, True):
        assert await the_link(house, replace_expired=replace_expired) == link


async def test_the_link_follows_the_address_of_the_server(house: House) -> None:
    link = await the_link(house)
    moved = await the_link(house, "http://192.168.1.7:9000")
    assert moved.url == link.url.replace(BASE, "http://192.168.1.7:9000")
    assert (house.data_dir / "setup-link").read_text().startswith("http://192.168.1.7:9000/")


async def test_an_expired_link_is_replaced_by_serve_alone(house: House, clock: Clock) -> None:
    link = await the_link(house)
    clock.moment += 24 * HOUR
    assert await house.setup.ensure_link(BASE, replace_expired=False) is None
    fresh = await the_link(house, replace_expired=True)
    assert secret_of(fresh) != secret_of(link)
    with pytest.raises(Forbidden):
        await house.setup.setup(secret_of(link), "ruth", PASSWORD, HOME)
    await house.setup.setup(secret_of(fresh), "ruth", PASSWORD, HOME)


async def test_a_lost_link_is_replaced_by_serve_alone(house: House) -> None:
    await the_link(house)
    (house.data_dir / "setup-link").unlink()
    assert await house.setup.ensure_link(BASE, replace_expired=False) is None
    await the_link(house, replace_expired=True)


async def test_the_link_makes_the_root_and_is_gone(house: House) -> None:
    secret = secret_of(await the_link(house))
    signed_in = await house.setup.setup(secret, "ruth", PASSWORD, HOME)
    actor = await house.sessions.authenticate(signed_in.access_token)
    assert (actor.name, actor.role) == ("ruth", SiteRole.ROOT)
    assert not (house.data_dir / "setup-link").exists()
    assert await house.setup.ensure_link(BASE, replace_expired=True) is None
    with pytest.raises(Conflict) as done:
        await house.setup.setup(secret, "second", PASSWORD, HOME)
    assert done.value.code == "setup.done"


@pytest.mark.parametrize("secret", ["", "made up", "\ud800"])
async def test_another_secret_is_refused(house: House, secret: str) -> None:
    await the_link(house)
    with pytest.raises(Forbidden) as refused:
        await house.setup.setup(secret, "ruth", PASSWORD, HOME)
    assert refused.value.code == "setup.link_invalid"
    assert await house.accounts.users.count_users() == 0


async def test_an_expired_link_is_refused(house: House, clock: Clock) -> None:
    secret = secret_of(await the_link(house))
    clock.moment += 24 * HOUR
    with pytest.raises(Forbidden):
        await house.setup.setup(secret, "ruth", PASSWORD, HOME)


async def test_bad_input_or_a_taken_name_does_not_use_the_link_up(house: House) -> None:
    await house.account("ann")
    secret = secret_of(await the_link(house))
    with pytest.raises(Invalid):
        await house.setup.setup(secret, "ruth", "short", HOME)
    with pytest.raises(Conflict) as taken:
        await house.setup.setup(secret, "ann", PASSWORD, HOME)
    assert taken.value.code == "user.name_taken"
    await house.setup.setup(secret, "ruth", PASSWORD, HOME)


async def test_a_root_made_by_the_operator_kills_the_link(house: House) -> None:
    secret = secret_of(await the_link(house))
    await house.account("ruth", SiteRole.ROOT)
    with pytest.raises(Conflict):
        await house.setup.setup(secret, "second", PASSWORD, HOME)
    assert await house.setup.ensure_link(BASE, replace_expired=True) is None
    assert not (house.data_dir / "setup-link").exists()
