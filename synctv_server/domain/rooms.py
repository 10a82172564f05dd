"""Rooms: what a room is, its settings, and what its fields may hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from synctv_server.domain import text
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import Control
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis

NAME_LONGEST = 100
DESCRIPTION_LONGEST = 5_000
MEMBERS_MOST = 10_000


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


class RoomStatus(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class WaitPolicy(StrEnum):
    """Whether the room waits for slow viewers."""

    NEVER = "never"


class Access(StrEnum):
    """What somebody needs who would like to enter."""

    ENTER = "enter"  # is in already
    JOIN = "join"
    PASSWORD = "password"  # noqa: S105  (a word, not a secret)
    GUEST = "guest"  # nobody is signed in, and guests are welcome
    SIGN_IN = "sign_in"
    FULL = "full"
    BANNED = "banned"
    CLOSED = "closed"


class RoomScope(StrEnum):
    """Which rooms a list holds."""

    MINE = "mine"
    PUBLIC = "public"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsEdit:
    """The settings to change; None leaves one as it is."""

    allow_guests: bool | None = None
    max_members: int | None = None
    control: Control | None = None
    wait_policy: WaitPolicy | None = None


UNCHANGED = SettingsEdit()


@dataclass(frozen=True, slots=True)
class RoomSettings:
    allow_guests: bool = False
    max_members: int = 100
    control: Control = Control.HOSTS
    wait_policy: WaitPolicy = WaitPolicy.NEVER

    @classmethod
    def default_for(cls, visibility: Visibility) -> RoomSettings:
        """A private room's link is its secret.

        Who has it may talk and play. A public room starts with its hosts.
        """
        if visibility is Visibility.PRIVATE:
            return cls(allow_guests=True, control=Control.EVERYONE)
        return cls()

    def edited(self, edit: SettingsEdit) -> RoomSettings:
        """The settings after `edit`; Invalid when a value is out of bounds."""
        changes = {name: value for name, value in asdict(edit).items() if value is not None}
        settings = replace(self, **changes)
        if not 1 <= settings.max_members <= MEMBERS_MOST:
            raise text.invalid("settings.max_members", f"must be 1 to {MEMBERS_MOST}")
        return settings


@dataclass(frozen=True, slots=True)
class Room:
    """A room.

    `version` rises by one with each change of its fields; `playlist_version` with each of its playlist.
    """

    id: RoomId
    name: str
    visibility: Visibility
    owner: Person
    created_at: Millis
    updated_at: Millis
    description: str = ""
    status: RoomStatus = RoomStatus.ACTIVE
    settings: RoomSettings = field(default_factory=RoomSettings)
    password_hash: str | None = field(default=None, repr=False)
    version: int = 1
    playlist_version: int = 0

    @property
    def has_password(self) -> bool:
        return self.password_hash is not None

    @property
    def is_closed(self) -> bool:
        return self.status is RoomStatus.CLOSED


def check_name(name: str) -> str:
    return text.one_line("name", name, longest=NAME_LONGEST)


def check_description(description: str) -> str:
    return text.many_lines("description", description, longest=DESCRIPTION_LONGEST)


def check_room_password(password: str) -> str:
    """A room's password is shared aloud between friends: any 1 to 128 characters of one line."""
    return text.one_line("password", password, longest=128)
