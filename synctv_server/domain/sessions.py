"""Login sessions and the actor: on whose behalf something is done. Every service takes an Actor first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from synctv_server.domain import text
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.ids import RoomId, SessionId, UserId
from synctv_server.domain.times import Millis
from synctv_server.domain.users import SiteRole

GUEST_NAME_LONGEST = 50
_USER_AGENT_LONGEST = 200


class ActorKind(StrEnum):
    USER = "user"
    GUEST = "guest"
    OPERATOR = "operator"  # over the control socket: whoever may read the data directory
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. A guest carries the one room it may enter; an operator the uid of its process."""

    kind: ActorKind
    name: str
    user_id: UserId | None = None
    role: SiteRole = SiteRole.USER
    session_id: SessionId | None = None
    room_id: RoomId | None = None
    uid: int | None = None

    @property
    def is_guest(self) -> bool:
        return self.kind is ActorKind.GUEST

    @property
    def is_operator(self) -> bool:
        return self.kind in (ActorKind.OPERATOR, ActorKind.SYSTEM)

    @property
    def is_administrator(self) -> bool:
        return self.is_operator or (self.kind is ActorKind.USER and self.role.rank >= SiteRole.ADMIN.rank)

    def require_administrator(self) -> None:
        """Forbidden unless this is an administrator of the site or the operator."""
        if not self.is_administrator:
            raise Forbidden("only an administrator of this server may do this")

    def require_above(self, role: SiteRole) -> None:
        """Forbidden unless this actor may make, change or end an account of this role.

        Administrators stand above users, a root above everybody but the operator, who stands above all.
        """
        self.require_administrator()
        if not (self.is_operator or self.role is SiteRole.ROOT or self.role.rank > role.rank):
            raise Forbidden(f"an account of the role {role} is not below yours")

    def account(self) -> UserId:
        """The id of the account; Forbidden for guests and the operator, who have none."""
        if self.kind is not ActorKind.USER or self.user_id is None:
            raise Forbidden("this is for accounts; sign in with one")
        return self.user_id

    def person(self) -> UserId:
        """The id of the account or guest; Forbidden for the operator, who is nobody in a room."""
        if self.user_id is None:
            raise Forbidden("the operator is no person; sign in with an account to do this")
        return self.user_id


SYSTEM = Actor(ActorKind.SYSTEM, "system")
"""The server itself: what it does by the clock."""


@dataclass(frozen=True, slots=True)
class Person:
    """How one person appears to another: an account's name or a guest's display name."""

    id: UserId
    name: str


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: the address behind trusted proxies, and what the program calls itself."""

    address: str
    user_agent: str = ""

    @classmethod
    def of(cls, address: str, user_agent: str) -> Client:
        """With the name cut to 200 printable characters, as it is shown in the list of sessions."""
        printable = "".join(character for character in user_agent if character.isprintable())
        return cls(address, printable[:_USER_AGENT_LONGEST])


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one device. A guest's session is all that there is of a guest, bound to `room_id`."""

    id: SessionId
    user_id: UserId
    created_at: Millis
    last_used_at: Millis
    expires_at: Millis
    user_agent: str = ""
    address: str = ""
    guest_name: str | None = None
    room_id: RoomId | None = None
    ended_at: Millis | None = None

    @property
    def is_guest(self) -> bool:
        return self.guest_name is not None

    def is_alive(self, now: Millis) -> bool:
        return self.ended_at is None and now < self.expires_at


def check_guest_name(name: str) -> str:
    """A guest's display name as it will be shown: one line, no control or bidi characters."""
    return text.one_line("display_name", name, longest=GUEST_NAME_LONGEST)
