"""What a person may do in a room: one 64-bit mask (bit 63 unused, the database's integers are signed).

Evaluated as site default of the role, then the room's preset, then the member's own allow and deny. Deny wins
at each step; the owner has everything; a muted person cannot talk. Used by services, never stored as a
result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag, StrEnum

from synctv_server.domain.errors import Forbidden
from synctv_server.domain.text import invalid


class Permission(IntFlag):
    VIEW_MEMBERS = 1 << 0
    VIEW_LIBRARY = 1 << 1
    VIEW_HISTORY = 1 << 2

    SEND_CHAT = 1 << 8
    SEND_DANMAKU = 1 << 9
    REACT = 1 << 10
    USE_VOICE = 1 << 11
    SHARE_P2P = 1 << 12

    CONTROL_PLAYBACK = 1 << 16
    CHOOSE_MEDIA = 1 << 17
    SKIP_WAITING = 1 << 18

    ADD_MEDIA = 1 << 24
    EDIT_MEDIA = 1 << 25
    DELETE_MEDIA = 1 << 26
    REORDER_MEDIA = 1 << 27
    CLEAR_MEDIA = 1 << 28
    MANAGE_STREAMS = 1 << 29

    DELETE_MESSAGES = 1 << 32
    PIN_MESSAGES = 1 << 33
    MUTE_MEMBERS = 1 << 34
    KICK_MEMBERS = 1 << 35
    BAN_MEMBERS = 1 << 36
    REVIEW_JOINS = 1 << 37
    INVITE_MEMBERS = 1 << 38
    VIEW_REPORTS = 1 << 39

    MANAGE_MEMBERS = 1 << 48
    MANAGE_SETTINGS = 1 << 49
    MANAGE_PASSWORD = 1 << 50
    VIEW_ROOM_LOG = 1 << 51

    TRANSFER_ROOM = 1 << 60
    DELETE_ROOM = 1 << 61


NONE = Permission(0)
ALL = Permission(sum(Permission))
SEE = Permission.VIEW_MEMBERS | Permission.VIEW_LIBRARY | Permission.VIEW_HISTORY
TALK = Permission.SEND_CHAT | Permission.SEND_DANMAKU | Permission.REACT
PLAY = Permission.CONTROL_PLAYBACK | Permission.CHOOSE_MEDIA
ADMINISTRATION = Permission(sum(p for p in Permission if p.value >= 1 << 32))
OWNERS_ALONE = Permission.TRANSFER_ROOM | Permission.DELETE_ROOM


class Role(StrEnum):
    """A person's standing in a room."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"

    @property
    def rank(self) -> int:
        return {"owner": 4, "admin": 3, "member": 2, "guest": 1}[self.value]


class Control(StrEnum):
    """The room's preset of who plays.

    Everyone, the hosts (admins and owner), or the same with members who only watch.
    """

    EVERYONE = "everyone"
    HOSTS = "hosts"
    CINEMA = "cinema"


DEFAULTS: dict[Role, Permission] = {
    Role.GUEST: SEE | TALK,
    Role.MEMBER: SEE | TALK | Permission.USE_VOICE | Permission.SHARE_P2P | Permission.ADD_MEDIA,
    Role.ADMIN: ALL & ~OWNERS_ALONE,
    Role.OWNER: ALL,
}


@dataclass(frozen=True, slots=True)
class Override:
    """What is added to and taken from a mask; deny wins."""

    allow: Permission = NONE
    deny: Permission = NONE

    def applied_to(self, mask: Permission) -> Permission:
        return (mask | self.allow) & ~self.deny


PRESETS: dict[Control, dict[Role, Override]] = {
    Control.EVERYONE: {Role.GUEST: Override(allow=PLAY), Role.MEMBER: Override(allow=PLAY)},
    Control.HOSTS: {},
    Control.CINEMA: {
        Role.GUEST: Override(deny=PLAY | Permission.ADD_MEDIA),
        Role.MEMBER: Override(deny=PLAY | Permission.ADD_MEDIA),
    },
}


def effective(
    role: Role, control: Control, own: Override, *, is_muted: bool, is_banned: bool = False
) -> Permission:
    """The mask that holds for one person now."""
    if is_banned:
        return NONE
    if role is Role.OWNER:
        return ALL
    mask = PRESETS[control].get(role, Override()).applied_to(DEFAULTS[role])
    mask = own.applied_to(mask) & ~OWNERS_ALONE
    if role is Role.GUEST:
        mask &= ~ADMINISTRATION
    return mask & ~TALK if is_muted else mask


def require(mask: Permission, needed: Permission) -> None:
    """Forbidden, naming what is missing, unless all of `needed` is held."""
    if missing := needed & ~mask:
        raise Forbidden(
            f"you may not do this here: {', '.join(names(missing))} is missing", code="room.no_permission"
        )


def require_grant(actor_mask: Permission, target_role: Role, old: Override, new: Override) -> None:
    """Nobody grants, or lifts a denial of, what they do not hold; a guest is never given administration."""
    granted = (new.allow & ~old.allow) | (old.deny & ~new.deny)
    if excess := granted & ~actor_mask:
        raise Forbidden(f"you cannot grant what you do not hold: {', '.join(names(excess))}")
    if target_role is Role.GUEST and new.allow & ADMINISTRATION:
        raise Forbidden("a guest cannot be given moderation or administration")
    if new.allow & OWNERS_ALONE:
        raise Forbidden(f"{', '.join(names(new.allow & OWNERS_ALONE))} is the owner's alone")


def require_preset(actor_mask: Permission, old: Control, new: Control) -> None:
    """Another preset grants what it adds to a role: the rule of `require_grant` holds for it too."""
    for role in (Role.GUEST, Role.MEMBER):
        gained = effective(role, new, Override(), is_muted=False) & ~effective(
            role, old, Override(), is_muted=False
        )
        if excess := gained & ~actor_mask:
            raise Forbidden(f"this setting grants what you do not hold: {', '.join(names(excess))}")


def require_higher_rank(actor_rank: int, target_rank: int) -> None:
    """Forbidden unless the actor stands above the target."""
    if actor_rank <= target_rank:
        raise Forbidden("you cannot act on somebody of an equal or higher role")


def names(mask: Permission) -> list[str]:
    """The mask as the sorted names in which permissions travel."""
    return sorted(p.name.lower() for p in Permission if p in mask and p.name)


def from_names(field: str, wanted: Iterable[str]) -> Permission:
    """The mask of these names; Invalid on one that does not exist."""
    mask = NONE
    for name in wanted:
        try:
            mask |= Permission[name.upper()]
        except KeyError:
            raise invalid(
                field, f"{name!r} is not a permission; the names are {', '.join(names(ALL))}"
            ) from None
    return mask
