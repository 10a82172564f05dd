"""The objects that travel, over WebSocket and HTTP alike, and how they are made from the domain.

Times are milliseconds since the Unix epoch, positions and durations are seconds.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.domain import permissions
from synctv_server.domain.chat import Message
from synctv_server.domain.media import MediaItem, MediaKind
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Control, Role
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room, RoomStatus, Visibility
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis

Moment = Annotated[int, Meta(description="Milliseconds since the Unix epoch, by the server's clock.")]
Seconds = Annotated[float, Meta(description="Seconds into the item.")]
Permissions = Annotated[list[str], Meta(description="Names of permissions, sorted.")]


class PersonObject(Struct, frozen=True):
    """How one person appears to another."""

    id: Annotated[str, Meta(description="The account or guest, `usr_…`.")]
    name: Annotated[str, Meta(description="The account's name or the guest's display name.")]


class MessageObject(Struct, frozen=True):
    """One line of chat. A deleted one keeps its place and has an empty text."""

    id: Annotated[str, Meta(description="`msg_…`; chat is ordered by it.")]
    room_id: Annotated[str, Meta(description="The room, `room_…`.")]
    user: Annotated[PersonObject, Meta(description="Who wrote it.")]
    text: Annotated[str, Meta(description="Plain text, to be escaped by whoever shows it.")]
    reply_to: Annotated[str | None, Meta(description="The message that it answers.")]
    created_at: Moment
    deleted: Annotated[bool, Meta(description="Whether it was taken back.")]


class MemberObject(Struct, frozen=True):
    """One person's standing in a room."""

    user: Annotated[PersonObject, Meta(description="Who.")]
    role: Annotated[Role, Meta(description="Its standing.")]
    allow: Annotated[list[str], Meta(description="Permissions given to this member beyond its role, sorted.")]
    deny: Annotated[list[str], Meta(description="Permissions taken from this member, sorted; they win.")]
    muted_until: Annotated[int | None, Meta(description="Until when it cannot talk; null when it can.")]
    present: Annotated[
        bool | UnsetType, Meta(description="Whether it is connected; left out of `member.changed`.")
    ] = UNSET


class RoomSettingsObject(Struct, frozen=True):
    """How a room behaves."""

    allow_guests: Annotated[
        bool, Meta(description="Whether people without an account may enter by the link.")
    ]
    max_members: Annotated[int, Meta(description="How many people may be members.")]
    control: Annotated[Control, Meta(description="Who plays.")]
    wait_policy: Annotated[str, Meta(description="Whether the room waits for slow viewers.")]


class RoomObject(Struct, frozen=True):
    """A room."""

    id: Annotated[str, Meta(description="`room_…`; the secret of a private room's link.")]
    name: Annotated[str, Meta(description="Its name.")]
    description: Annotated[str, Meta(description="What it is about; may be empty.")]
    visibility: Annotated[Visibility, Meta(description="Whether it is listed, or found by its link alone.")]
    status: Annotated[RoomStatus, Meta(description="Whether people can be in it.")]
    has_password: Annotated[bool, Meta(description="Whether joining asks for a password.")]
    owner: Annotated[PersonObject, Meta(description="Whose room it is.")]
    settings: Annotated[RoomSettingsObject, Meta(description="How it behaves.")]
    created_at: Moment
    version: Annotated[int, Meta(description="Rises with each change of the room; apply only a higher one.")]
    playlist_version: Annotated[int, Meta(description="Rises with each change of the playlist.")]


class PlaybackObject(Struct, frozen=True):
    """Where the picture stands.

    At moment `t` at `position + max(0, t − effective_at)/1000 × rate` while playing, else at `position`.
    """

    media_id: Annotated[str | None, Meta(description="The loaded item, `med_…`; null when none is.")]
    playing: Annotated[bool, Meta(description="Whether it runs.")]
    position: Seconds
    rate: Annotated[float, Meta(description="Speed, 1 being natural.")]
    revision: Annotated[int, Meta(description="Rises by one with each change; apply only a higher one.")]
    changed_at: Moment
    effective_at: Annotated[
        int, Meta(description="From when this state holds, in server ms; until then the one before goes on.")
    ]


class MediaObject(Struct, frozen=True):
    """One item of a room's playlist."""

    id: Annotated[str, Meta(description="`med_…`.")]
    title: Annotated[str, Meta(description="What it is called.")]
    url: Annotated[str, Meta(description="`https://…` or `library:<path>`.")]
    kind: Annotated[MediaKind, Meta(description="What a player makes of it.")]
    added_by: Annotated[PersonObject, Meta(description="Who added it.")]
    created_at: Moment
    order_key: Annotated[float, Meta(description="Its place: items stand in rising order of it.")]
    version: Annotated[int, Meta(description="Rises with each change of the item.")]
    play_url: Annotated[
        str | UnsetType,
        Meta(description="What a player opens, over HTTP alone: a room event never carries it."),
    ] = UNSET
    duration: Annotated[float | UnsetType, Meta(description="Seconds, where known.")] = UNSET


class MeObject(Struct, frozen=True):
    """Who this connection is, and what it may do now."""

    user: Annotated[PersonObject, Meta(description="You.")]
    role: Annotated[Role, Meta(description="Your standing in the room.")]
    permissions: Permissions
    session: Annotated[str | None, Meta(description="Your login session, `ses_…`.")]


class LimitsObject(Struct, frozen=True):
    """What a client must keep to."""

    frame_bytes: Annotated[int, Meta(description="The largest frame from a client.")]
    inbound_per_second: Annotated[int, Meta(description="Frames from a client; twice as many in a burst.")]
    chat_per_second: Annotated[int, Meta(description="Messages of chat of one member.")]
    idle_seconds: Annotated[
        int, Meta(description="A client that sends nothing for so long is closed (4002).")
    ]
    lifetime_seconds: Annotated[int, Meta(description="A connection lives so long at most (4003).")]


def person_object(person: Person) -> PersonObject:
    return PersonObject(person.id, person.name)


def message_object(message: Message) -> MessageObject:
    return MessageObject(
        id=message.id,
        room_id=message.room_id,
        user=person_object(message.author),
        text=message.text,
        reply_to=message.reply_to,
        created_at=message.created_at,
        deleted=message.deleted,
    )


def member_object(member: Member, now: Millis, *, present: bool | UnsetType = UNSET) -> MemberObject:
    """The member as others see it; a mute that is over is none."""
    return MemberObject(
        user=person_object(member.person),
        role=member.role,
        allow=permissions.names(member.own.allow),
        deny=permissions.names(member.own.deny),
        muted_until=member.muted_until if member.is_muted(now) else None,
        present=present,
    )


def room_object(room: Room) -> RoomObject:
    settings = room.settings
    return RoomObject(
        id=room.id,
        name=room.name,
        description=room.description,
        visibility=room.visibility,
        status=room.status,
        has_password=room.has_password,
        owner=person_object(room.owner),
        settings=RoomSettingsObject(
            settings.allow_guests, settings.max_members, settings.control, settings.wait_policy
        ),
        created_at=room.created_at,
        version=room.version,
        playlist_version=room.playlist_version,
    )


def playback_object(state: PlaybackState) -> PlaybackObject:
    return PlaybackObject(
        media_id=state.media_id,
        playing=state.playing,
        position=state.position,
        rate=state.rate,
        revision=state.revision,
        changed_at=state.changed_at,
        effective_at=state.effective_at,
    )


def media_object(item: MediaItem, play_url: str | None = None) -> MediaObject:
    """The item; with `play_url` over HTTP, without it in a room event."""
    return MediaObject(
        id=item.id,
        title=item.title,
        url=item.url,
        kind=item.kind,
        added_by=person_object(item.added_by),
        created_at=item.created_at,
        order_key=item.order_key,
        version=item.version,
        play_url=UNSET if play_url is None else play_url,
        duration=UNSET if item.duration is None else item.duration,
    )
