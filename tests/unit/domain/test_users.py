"""What the name, the address and the password of an account must look like, and who stands above whom."""

from __future__ import annotations

import itertools

import pytest

from synctv_server.domain.errors import Forbidden, Invalid
from synctv_server.domain.sessions import Actor, ActorKind, Client
from synctv_server.domain.users import SiteRole, check_email, check_password, check_username


def password_is_taken(
    password: str, username: str = "ann", *, shortest: int = 10, is_common: bool = False
) -> bool:
    try:
        check_password(password, username, shortest=shortest, is_common=is_common)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("name", ["ann", "A.n-n_7", "7up", "x" * 50])
def test_usual_names_are_taken(name: str) -> None:
    assert check_username(name) == name


@pytest.mark.parametrize(
    "name", ["", "an", "x" * 51, "_ann", "-ann", ".ann", "ann b", "ann@b", "änne", "ann\n", "ann\u200b"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_username(name)


@pytest.mark.parametrize("email", ["a@b.de", "ann.lee+tv@Mail.Example.org"])
def test_plausible_addresses_are_taken(email: str) -> None:
    assert check_email(email) == email.replace("Mail.Example", "mail.example")


@pytest.mark.parametrize("email", ["ann", "ann@", "@b.de", "ann@b", "a b@c.de", "a@b@c.de", "a@b.de\u202e"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        check_email(email)


def test_a_password_has_a_shortest_length_that_no_setting_goes_below() -> None:
    assert password_is_taken("q8z-vu4kd1")
    assert not password_is_taken("q8z-vu4kd")
    assert not password_is_taken("q8z-vu4", shortest=3)
    assert password_is_taken("q8z-vu4k", shortest=3)
    assert not password_is_taken("q8" * 65)


def test_a_common_password_is_refused() -> None:
    assert not password_is_taken("q8z-vu4kd1", is_common=True)


@pytest.mark.parametrize(
    "password", ["annannannann", "Carla-1234", "1234carla!", "carlacarla", "xCARLAx-carla"]
)
def test_a_password_that_is_little_but_the_name_is_refused(password: str) -> None:
    assert not password_is_taken(password, "ann" if "ann" in password else "carla")


def test_a_password_that_is_part_of_the_name_is_refused() -> None:
    assert not password_is_taken("longusername", "a.longusername")


@pytest.mark.parametrize(
    ("password", "classes"),
    [("walking home", 2), ("Walking home", 3), ("Walking home 7", 4), ("走路回家走路回家走", 1)],
)
def test_a_policy_may_ask_for_kinds_of_characters(password: str, classes: int) -> None:
    for asked in range(5):
        try:
            check_password(password, "ann", shortest=8, is_common=False, classes=asked)
        except Invalid:
            assert asked > classes
        else:
            assert asked <= classes


def test_a_short_name_inside_a_sentence_is_no_fault() -> None:
    assert password_is_taken("planning the next trip", "ann")


def test_administrators_stand_above_users_and_a_root_above_all_accounts() -> None:
    may = {
        (SiteRole.ADMIN, SiteRole.USER),
        *((SiteRole.ROOT, role) for role in SiteRole),
    }
    for own, other in itertools.product(SiteRole, SiteRole):
        actor = Actor(ActorKind.USER, "ann", role=own)
        if (own, other) in may:
            actor.require_above(other)
        else:
            with pytest.raises(Forbidden):
                actor.require_above(other)


def test_a_guest_is_above_nobody_and_the_operator_above_everybody() -> None:
    for role in SiteRole:
        Actor(ActorKind.OPERATOR, "operator", uid=0).require_above(role)
        with pytest.raises(Forbidden):
            Actor(ActorKind.GUEST, "Guest 1", role=SiteRole.ROOT).require_above(role)


def test_the_name_of_a_program_is_kept_short_and_printable() -> None:
    client = Client.of("192.0.2.7", "Mozilla\r\n\x1b[31m" + "x" * 500)
    assert client.user_agent.startswith("Mozilla[31mxxx")
    assert len(client.user_agent) == 200
