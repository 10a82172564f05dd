"""The frames that the server sends."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.realtime.wire.client import FrameId
from synctv_server.realtime.wire.objects import (
    LimitsObject,
    MediaObject,
    MemberObject,
    MeObject,
    MessageObject,
    Moment,
    PersonObject,
    PlaybackObject,
    RoomObject,
)

Seq = Annotated[int, Meta(description="The event's number in the room: 1, 2, 3… without gaps.")]
Actor = Annotated[PersonObject | None, Meta(description="Who did it; null for the server itself.")]
Revision = Annotated[int | UnsetType, Meta(description="The playback revision after the command.")]


class Welcome(Struct, tag="welcome", frozen=True):
    """Always the first frame: the room as it stands at `seq`, in one piece."""

    session_id: Annotated[str, Meta(description="This connection, `con_…`.")]
    server_time: Moment
    room: Annotated[RoomObject, Meta(description="The room.")]
    me: Annotated[MeObject, Meta(description="Who you are here.")]
    playback: Annotated[PlaybackObject, Meta(description="Where the picture stands.")]
    members: Annotated[list[MemberObject], Meta(description="The people present, you among them.")]
    seq: Annotated[int, Meta(description="The number of the latest event: the snapshot holds all up to it.")]
    epoch: Annotated[str, Meta(description="Names the numbering; with another epoch all numbers are others.")]
    heartbeat_seconds: Annotated[int, Meta(description="How often the server pings.")]
    limits: Annotated[LimitsObject, Meta(description="What to keep to.")]
    resumed_from: Annotated[
        int | UnsetType,
        Meta(description="The events after this number follow. Left out: replace all that you have."),
    ] = UNSET
    dropped_for: Annotated[
        Literal["too_slow"] | UnsetType,
        Meta(
            description="Why the server ended the last connection of this login session to the room, where its close "
            "frame (4001) may not have arrived. Told once."
        ),
    ] = UNSET


class Ack(Struct, tag="ack", frozen=True):
    """The command was carried out."""

    id: FrameId
    seq: Annotated[int | UnsetType, Meta(description="The number of its event, where there is one.")] = UNSET
    revision: Revision = UNSET
    message_id: Annotated[str | UnsetType, Meta(description="The message of `chat.send`.")] = UNSET


class ErrorFrame(Struct, tag="error", frozen=True):
    """The command was not carried out, or the frame was none."""

    id: Annotated[str | None, Meta(description="The frame's id where it could be read.")]
    code: Annotated[str, Meta(description="A stable word; `docs/reference/errors.md` lists them.")]
    message: Annotated[str, Meta(description="What to do about it, in English.")]
    retry_after: Annotated[float | UnsetType, Meta(description="Seconds until it may work.")] = UNSET


class TimePong(Struct, tag="time.pong", frozen=True):
    """The answer to `time.ping`."""

    t0: Annotated[float | int, Meta(description="As sent.")]
    t1: Annotated[int, Meta(description="Server ms when the ping was received.")]
    t2: Annotated[int, Meta(description="Server ms when this was sent.")]
    id: Annotated[str | UnsetType, Meta(description="As sent, where it was.")] = UNSET


class PlaybackChangedFrame(Struct, tag="playback.changed", frozen=True):
    """The room's picture is another."""

    seq: Seq
    at: Moment
    actor: Actor
    playback: Annotated[PlaybackObject, Meta(description="The whole state.")]


class ChatSentFrame(Struct, tag="chat.sent", frozen=True):
    """Somebody said something."""

    seq: Seq
    at: Moment
    actor: Actor
    message: Annotated[MessageObject, Meta(description="What.")]


class ChatDeletedFrame(Struct, tag="chat.deleted", frozen=True):
    """A message was taken back."""

    seq: Seq
    at: Moment
    actor: Actor
    message_id: Annotated[str, Meta(description="Which, `msg_…`.")]


class MemberJoinedFrame(Struct, tag="member.joined", frozen=True):
    """These people are here now."""

    seq: Seq
    at: Moment
    actor: Actor
    members: Annotated[list[MemberObject], Meta(description="Who.")]


class MemberLeftFrame(Struct, tag="member.left", frozen=True):
    """These people are gone since ten seconds."""

    seq: Seq
    at: Moment
    actor: Actor
    user_ids: Annotated[list[str], Meta(description="Who, `usr_…`.")]


class MemberChangedFrame(Struct, tag="member.changed", frozen=True):
    """Somebody's role, permissions or mute are others."""

    seq: Seq
    at: Moment
    actor: Actor
    member: Annotated[MemberObject, Meta(description="The whole member.")]


class RoomChangedFrame(Struct, tag="room.changed", frozen=True):
    """The room's name, settings or status are others."""

    seq: Seq
    at: Moment
    actor: Actor
    room: Annotated[RoomObject, Meta(description="The whole room.")]


class RoomClosedFrame(Struct, tag="room.closed", frozen=True):
    """The room is closed; 4503 follows."""

    seq: Seq
    at: Moment
    actor: Actor
    room: Annotated[RoomObject, Meta(description="The whole room.")]


class PlaylistChangedFrame(Struct, tag="playlist.changed", frozen=True):
    """What has changed in the playlist since the version before."""

    seq: Seq
    at: Moment
    actor: Actor
    version: Annotated[int, Meta(description="The playlist's version with this change.")]
    changed: Annotated[
        list[MediaObject], Meta(description="Items that are new or others, without `play_url`.")
    ]
    removed: Annotated[list[str], Meta(description="Items that are gone, `med_…`.")]


class Hidden(Struct, tag="hidden", frozen=True):
    """Something happened that you may not see."""

    seq: Seq


class GoingAway(Struct, tag="going_away", frozen=True):
    """The server is about to stop; come back then."""

    retry_after_ms: Annotated[int, Meta(description="Wait so long; each client is told another span.")]


class ViewerStatus(Struct, frozen=True):
    """How one viewer's player stands."""

    user_id: Annotated[str, Meta(description="Who, `usr_…`.")]
    state: Annotated[Literal["watching", "buffering"], Meta(description="What its player does.")]
    behind_ms: Annotated[int, Meta(description="How far behind the room, in ms; negative when ahead.")]


class MemberStatus(Struct, tag="member.status", frozen=True):
    """The viewers whose standing is another; at most once a second."""

    members: Annotated[list[ViewerStatus], Meta(description="Who, and how.")]


class MeChanged(Struct, tag="me.changed", frozen=True):
    """What you may do here is another; told to you alone."""

    me: Annotated[MeObject, Meta(description="The whole of it.")]


ServerFrame = (
    Welcome
    | Ack
    | ErrorFrame
    | TimePong
    | PlaybackChangedFrame
    | ChatSentFrame
    | ChatDeletedFrame
    | MemberJoinedFrame
    | MemberLeftFrame
    | MemberChangedFrame
    | RoomChangedFrame
    | RoomClosedFrame
    | PlaylistChangedFrame
    | Hidden
    | GoingAway
    | MemberStatus
    | MeChanged
)
