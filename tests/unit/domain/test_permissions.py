"""Who may do what: deny wins, the owner has all, and no sequence of allowed actions gives more than was held."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synctv_server.domain.errors import Forbidden, Invalid
from synctv_server.domain.permissions import (
    ADMINISTRATION,
    ALL,
    DEFAULTS,
    NONE,
    OWNERS_ALONE,
    PLAY,
    SEE,
    TALK,
    Control,
    Override,
    Permission,
    Role,
    effective,
    from_names,
    names,
    require,
    require_grant,
    require_higher_rank,
    require_preset,
)

masks = st.sets(st.sampled_from(list(Permission))).map(lambda picked: Permission(sum(picked)))
overrides = st.builds(Override, allow=masks, deny=masks)
roles = st.sampled_from(list(Role))
controls = st.sampled_from(list(Control))


@given(roles.filter(lambda role: role is not Role.OWNER), controls, overrides, st.booleans())
def test_deny_wins_for_everyone_but_the_owner(
    role: Role, control: Control, own: Override, muted: bool
) -> None:
    assert not effective(role, control, own, is_muted=muted) & own.deny


@given(controls, overrides, st.booleans())
def test_owner_has_everything_whatever_was_set(control: Control, own: Override, muted: bool) -> None:
    assert effective(Role.OWNER, control, own, is_muted=muted) == ALL


@given(roles, controls, overrides, st.booleans())
def test_banned_person_has_nothing(role: Role, control: Control, own: Override, muted: bool) -> None:
    assert effective(role, control, own, is_muted=muted, is_banned=True) == NONE


@given(roles.filter(lambda role: role is not Role.OWNER), controls, overrides)
def test_muted_person_cannot_talk_and_keeps_the_rest(role: Role, control: Control, own: Override) -> None:
    loud = effective(role, control, own, is_muted=False)
    assert effective(role, control, own, is_muted=True) == loud & ~TALK


@given(controls, overrides, st.booleans())
def test_guest_never_administers_and_only_the_owner_owns(
    control: Control, own: Override, muted: bool
) -> None:
    assert not effective(Role.GUEST, control, own, is_muted=muted) & ADMINISTRATION
    for role in (Role.GUEST, Role.MEMBER, Role.ADMIN):
        assert not effective(role, control, own, is_muted=muted) & OWNERS_ALONE


def test_presets_say_who_plays() -> None:
    def mask(role: Role, control: Control) -> Permission:
        return effective(role, control, Override(), is_muted=False)

    for role in (Role.GUEST, Role.MEMBER):
        assert PLAY in mask(role, Control.EVERYONE)
        assert not mask(role, Control.HOSTS) & PLAY
        assert not mask(role, Control.CINEMA) & PLAY
        assert SEE | TALK in mask(role, Control.CINEMA)
    assert Permission.ADD_MEDIA in mask(Role.MEMBER, Control.HOSTS)
    assert Permission.ADD_MEDIA not in mask(Role.MEMBER, Control.CINEMA)
    for control in Control:
        assert PLAY in mask(Role.ADMIN, control)


def test_defaults_are_the_bits_of_the_design() -> None:
    def bits(*numbers: int) -> int:
        return sum(1 << number for number in numbers)

    assert DEFAULTS[Role.GUEST] == bits(0, 1, 2, 8, 9, 10)
    assert DEFAULTS[Role.MEMBER] == bits(0, 1, 2, 8, 9, 10, 11, 12, 24)
    assert DEFAULTS[Role.ADMIN] == ALL & ~bits(60, 61)
    assert ALL < 1 << 63


@given(masks)
def test_names_and_masks_are_one_thing(mask: Permission) -> None:
    assert names(mask) == sorted(names(mask))
    assert from_names("allow", names(mask)) == mask


def test_unknown_permission_is_invalid_and_says_its_field() -> None:
    with pytest.raises(Invalid) as caught:
        from_names("allow", ["send_chat", "fly"])
    assert caught.value.errors[0].field == "allow"
    assert "'fly'" in caught.value.message


@given(masks, masks)
def test_require_names_what_is_missing(held: Permission, needed: Permission) -> None:
    missing = needed & ~held
    if not missing:
        require(held, needed)
        return
    with pytest.raises(Forbidden) as caught:
        require(held, needed)
    assert all(name in caught.value.message for name in names(missing))


@given(masks, roles, overrides, overrides)
def test_grant_never_exceeds_the_one_who_grants(
    held: Permission, role: Role, old: Override, new: Override
) -> None:
    try:
        require_grant(held, role, old, new)
    except Forbidden:
        return
    gained = effective(role, Control.HOSTS, new, is_muted=False) & ~effective(
        role, Control.HOSTS, old, is_muted=False
    )
    assert not gained & ~held


@given(st.integers(1, 5), st.integers(1, 5))
def test_equal_or_higher_rank_is_out_of_reach(actor: int, target: int) -> None:
    if actor > target:
        require_higher_rank(actor, target)
    else:
        with pytest.raises(Forbidden):
            require_higher_rank(actor, target)


@given(masks, controls, controls, overrides)
def test_preset_never_gives_what_its_setter_does_not_hold(
    held: Permission, old: Control, new: Control, own: Override
) -> None:
    try:
        require_preset(held, old, new)
    except Forbidden:
        return
    for role in Role:
        gained = effective(role, new, own, is_muted=False) & ~effective(role, old, own, is_muted=False)
        assert not gained & ~held


@dataclass(frozen=True)
class Somebody:
    role: Role
    own: Override = Override()


PEOPLE = ("owner", "admin", "deputy", "member", "other", "guest")


def a_room() -> dict[str, Somebody]:
    return {
        "owner": Somebody(Role.OWNER),
        "admin": Somebody(Role.ADMIN, Override(deny=Permission.CONTROL_PLAYBACK | Permission.BAN_MEMBERS)),
        "deputy": Somebody(
            Role.MEMBER, Override(allow=Permission.MANAGE_MEMBERS | Permission.MANAGE_SETTINGS)
        ),
        "member": Somebody(Role.MEMBER),
        "other": Somebody(Role.MEMBER, Override(deny=Permission.SEND_CHAT)),
        "guest": Somebody(Role.GUEST),
    }


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PEOPLE[1:]),
            st.sampled_from(PEOPLE) | controls,
            overrides,
        ),
        max_size=25,
    )
)
def test_no_sequence_of_allowed_actions_gives_people_more_than_they_held_together(
    actions: list[tuple[str, str | Control, Override]],
) -> None:
    """Without the owner, nobody ends with a permission that none of those who acted held at the start."""
    room, control = a_room(), Control.CINEMA

    def mask(name: str) -> Permission:
        return effective(room[name].role, control, room[name].own, is_muted=False)

    together = NONE
    for name in PEOPLE[1:]:
        together |= mask(name)
    before = {name: mask(name) for name in PEOPLE}
    for actor, target, wanted in actions:
        held = mask(actor)
        try:
            if isinstance(target, Control):
                require(held, Permission.MANAGE_SETTINGS)
                require_preset(held, control, target)
                control = target
                continue
            require(held, Permission.MANAGE_MEMBERS)
            require_higher_rank(room[actor].role.rank, room[target].role.rank)
            require_grant(held, room[target].role, room[target].own, wanted)
        except Forbidden:
            continue
        room[target] = replace(room[target], own=wanted)
    for name in PEOPLE[1:]:
        assert not mask(name) & ~together
    assert not mask("admin") & ~before["admin"]
    assert mask("owner") == ALL
