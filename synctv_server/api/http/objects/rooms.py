"""Rooms as they travel over HTTP: what is sent to make and edit one, and how one looks to a stranger."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.api.http.objects.given import given
from synctv_server.api.http.objects.people import Password
from synctv_server.domain.commands import CreateRoom, EditRoom
from synctv_server.domain.permissions import Control
from synctv_server.domain.rooms import UNCHANGED, Access, RoomStatus, SettingsEdit, Visibility, WaitPolicy
from synctv_server.realtime.wire import PersonObject, RoomObject, RoomSettingsObject, room_object
from synctv_server.services.rooms import RoomView

_Name = Annotated[str, Meta(description="1 to 100 characters.", examples=["Friday films"])]


class SettingsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Settings to change; those left out stay as they are."""

    allow_guests: bool | UnsetType = UNSET
    max_members: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    control: Control | UnsetType = UNSET
    wait_policy: WaitPolicy | UnsetType = UNSET

    def edit(self) -> SettingsEdit:
        return SettingsEdit(
            allow_guests=given(self.allow_guests),
            max_members=given(self.max_members),
            control=given(self.control),
            wait_policy=given(self.wait_policy),
        )


class RoomBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new room. A private one is reached by its link alone, and takes guests who have it."""

    name: _Name
    visibility: Visibility
    password: Password | None = None
    description: str = ""
    settings: SettingsBody | UnsetType = UNSET

    def command(self) -> CreateRoom:
        return CreateRoom(
            name=self.name,
            visibility=self.visibility,
            password=self.password,
            description=self.description,
            settings=_settings_edit(self.settings),
        )


class RoomPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change. `status` closes and reopens the room; a `password` of null takes it away."""

    name: _Name | UnsetType = UNSET
    description: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    password: Password | UnsetType | None = UNSET
    status: RoomStatus | UnsetType = UNSET
    settings: SettingsBody | UnsetType = UNSET

    def command(self) -> EditRoom:
        return EditRoom(
            name=given(self.name),
            description=given(self.description),
            visibility=given(self.visibility),
            status=given(self.status),
            password=given(self.password),
            clear_password=self.password is None,
            settings=_settings_edit(self.settings),
        )


class SeenRoom(Struct, frozen=True, kw_only=True):
    """A room as somebody sees it, and what that one needs to enter.

    Of a private room who is not in it sees the first seven fields alone; of others all.
    """

    id: str
    name: str
    visibility: Visibility
    status: RoomStatus
    has_password: bool
    allow_guests: bool
    access: Annotated[
        Access,
        Meta(
            description="What it takes to enter: `enter` (one is in), `join`, `password`, `guest` (nobody is signed "
            "in, guests are welcome), `sign_in`; or why one cannot: `full`, `banned`, `closed`."
        ),
    ]
    description: str | UnsetType = UNSET
    owner: PersonObject | UnsetType = UNSET
    settings: RoomSettingsObject | UnsetType = UNSET
    created_at: Annotated[int, Meta(description="Milliseconds since the Unix epoch.")] | UnsetType = UNSET
    version: int | UnsetType = UNSET
    playlist_version: int | UnsetType = UNSET


def seen_room(view: RoomView) -> SeenRoom:
    room = view.room
    whole: RoomObject | None = room_object(room) if view.is_whole else None
    return SeenRoom(
        id=room.id,
        name=room.name,
        visibility=room.visibility,
        status=room.status,
        has_password=room.has_password,
        allow_guests=room.settings.allow_guests,
        access=view.access,
        description=whole.description if whole else UNSET,
        owner=whole.owner if whole else UNSET,
        settings=whole.settings if whole else UNSET,
        created_at=whole.created_at if whole else UNSET,
        version=whole.version if whole else UNSET,
        playlist_version=whole.playlist_version if whole else UNSET,
    )


def _settings_edit(body: SettingsBody | UnsetType) -> SettingsEdit:
    return UNCHANGED if isinstance(body, UnsetType) else body.edit()
