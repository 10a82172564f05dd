"""Memberships and bans at a moment."""

from __future__ import annotations

from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.members import Ban, Member
from synctv_server.domain.permissions import Control, Permission, Role
from synctv_server.domain.rooms import RoomSettings, Visibility
from synctv_server.domain.sessions import Person

ANN = Person(UserId("usr_ann"), "ann")
ROOM = RoomId("room_1")


def test_mute_ends_at_its_moment() -> None:
    member = Member(ROOM, ANN, Role.MEMBER, joined_at=0, muted_until=1_000)
    assert Permission.SEND_CHAT not in member.permissions(Control.EVERYONE, 999)
    assert Permission.SEND_CHAT in member.permissions(Control.EVERYONE, 1_000)


def test_ban_without_an_end_holds_and_another_ends() -> None:
    assert Ban(ROOM, ANN, ANN, "", 0).is_in_force(10**15)
    ban = Ban(ROOM, ANN, ANN, "", 0, until=1_000)
    assert ban.is_in_force(999)
    assert not ban.is_in_force(1_000)


def test_private_room_lets_guests_in_to_play_and_a_public_one_does_not() -> None:
    private, public = (RoomSettings.default_for(v) for v in (Visibility.PRIVATE, Visibility.PUBLIC))
    guest = Member(ROOM, ANN, Role.GUEST, joined_at=0)
    assert private.allow_guests
    assert Permission.CONTROL_PLAYBACK in guest.permissions(private.control, 0)
    assert not public.allow_guests
    assert Permission.CONTROL_PLAYBACK not in guest.permissions(public.control, 0)
