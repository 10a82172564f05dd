"""What a person can ask for in and of a room. Decoded at the edges, carried out by services.

In the `Edit…` commands None leaves a field as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from synctv_server.domain.ids import MediaId, MessageId, UserId
from synctv_server.domain.permissions import Permission, Role
from synctv_server.domain.rooms import UNCHANGED, RoomStatus, SettingsEdit, Visibility
from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    position: float | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    position: float | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    position: float
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    rate: float
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    media_id: MediaId
    position: float = 0.0
    playing: bool = True
    if_revision: int | None = None


PlaybackCommand = Play | Pause | Seek | Rate | Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """To the next (+1) or the previous (-1) item in list order."""

    step: int
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendChat:
    text: str
    reply_to: MessageId | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRoom:
    name: str
    visibility: Visibility
    password: str | None = field(default=None, repr=False)
    description: str = ""
    settings: SettingsEdit = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRoom:
    """`clear_password` takes the password away; `status` closes and reopens."""

    name: str | None = None
    description: str | None = None
    visibility: Visibility | None = None
    status: RoomStatus | None = None
    password: str | None = field(default=None, repr=False)
    clear_password: bool = False
    settings: SettingsEdit = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMember:
    """`unmute` ends a mute before its time."""

    role: Role | None = None
    allow: Permission | None = None
    deny: Permission | None = None
    muted_until: Millis | None = None
    unmute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BanPerson:
    """Without `until` the ban has no end."""

    user_id: UserId
    reason: str = ""
    until: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMedia:
    url: str
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMedia:
    url: str | None = None
    title: str | None = None
