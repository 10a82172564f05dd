"""The frames that a client sends, and the commands that they carry."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from synctv_server.domain import chat
from synctv_server.domain.commands import (
    Load,
    Pause,
    Play,
    PlaybackCommand,
    Rate,
    Seek,
    SendChat,
    Step,
)
from synctv_server.domain.ids import MediaId, MessageId
from synctv_server.domain.playback import RATE_LEAST, RATE_MOST

ID_LONGEST = 64

FrameId = Annotated[str, Meta(max_length=ID_LONGEST, description="Any string; the answer carries it back.")]
Position = Annotated[
    float, Meta(ge=0, description="Seconds into the item; beyond a known duration it is clamped.")
]
IfRevision = Annotated[
    int, Meta(description="Refuse with `conflict` unless the room is at this playback revision.")
]
OptionalId = Annotated[FrameId | None, Meta(description="Optional here; echoed where there is an answer.")]


class TimePing(Struct, tag="time.ping", forbid_unknown_fields=True, frozen=True):
    """Asks for the server's time; answered by `time.pong` alone."""

    t0: Annotated[float | int, Meta(description="The client's clock when it was sent, ms.")]
    rtt_ms: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="The round trip that the last ping took, ms.")
    ] = None
    id: OptionalId = None


class PlaybackPlay(Struct, tag="playback.play", forbid_unknown_fields=True, frozen=True):
    """Play, from `position` where given."""

    id: FrameId
    position: Position | None = None
    if_revision: IfRevision | None = None


class PlaybackPause(Struct, tag="playback.pause", forbid_unknown_fields=True, frozen=True):
    """Pause at once, settling on `position` where given."""

    id: FrameId
    position: Position | None = None
    if_revision: IfRevision | None = None


class PlaybackSeek(Struct, tag="playback.seek", forbid_unknown_fields=True, frozen=True):
    """Go to `position`; playing goes on, or does not, as before."""

    id: FrameId
    position: Position
    if_revision: IfRevision | None = None


class PlaybackRate(Struct, tag="playback.rate", forbid_unknown_fields=True, frozen=True):
    """Play at another speed."""

    id: FrameId
    rate: Annotated[float, Meta(ge=RATE_LEAST, le=RATE_MOST, description="Speed, 1 being natural.")]
    if_revision: IfRevision | None = None


class PlaybackLoad(Struct, tag="playback.load", forbid_unknown_fields=True, frozen=True):
    """Show another item of the playlist."""

    id: FrameId
    media_id: Annotated[str, Meta(description="The item, `med_…`.")]
    position: Position = 0.0
    playing: Annotated[bool, Meta(description="Whether it starts at once.")] = True
    if_revision: IfRevision | None = None


class PlaybackNext(Struct, tag="playback.next", forbid_unknown_fields=True, frozen=True):
    """Load the next item in list order."""

    id: FrameId
    if_revision: IfRevision | None = None


class PlaybackPrevious(Struct, tag="playback.previous", forbid_unknown_fields=True, frozen=True):
    """Load the previous item in list order."""

    id: FrameId
    if_revision: IfRevision | None = None


class PlaybackReport(Struct, tag="playback.report", forbid_unknown_fields=True, frozen=True):
    """How this viewer's player stands. Answered only by an error."""

    position: Position
    playing: Annotated[bool, Meta(description="Whether the player runs.")]
    buffering: Annotated[bool, Meta(description="Whether it waits for data.")]
    revision: Annotated[int, Meta(description="The playback revision that it follows.")]
    drift_ms: Annotated[
        float | None, Meta(description="Its position minus the room's, in ms; negative when behind.")
    ] = None
    id: OptionalId = None


class ChatSendFrame(Struct, tag="chat.send", forbid_unknown_fields=True, frozen=True):
    """Say something."""

    id: FrameId
    text: Annotated[str, Meta(min_length=1, max_length=chat.TEXT_LONGEST, description="What.")]
    reply_to: Annotated[str | None, Meta(description="The message that it answers, `msg_…`.")] = None
    nonce: Annotated[
        Annotated[str, Meta(max_length=chat.NONCE_LONGEST)] | None,
        Meta(description="A repeat with the same nonce is the same message."),
    ] = None


CommandFrame = (
    PlaybackPlay
    | PlaybackPause
    | PlaybackSeek
    | PlaybackRate
    | PlaybackLoad
    | PlaybackNext
    | PlaybackPrevious
    | ChatSendFrame
)
"""The frames that are answered by `ack` or `error`."""

ClientFrame = TimePing | PlaybackReport | CommandFrame


def command_of(frame: CommandFrame) -> PlaybackCommand | Step | SendChat:
    """What the frame asks for, in the words of the domain."""
    match frame:
        case ChatSendFrame(text=text, reply_to=reply_to, nonce=nonce):
            return SendChat(text=text, reply_to=MessageId(reply_to) if reply_to else None, nonce=nonce)
        case PlaybackNext(if_revision=revision):
            return Step(step=1, if_revision=revision)
        case PlaybackPrevious(if_revision=revision):
            return Step(step=-1, if_revision=revision)
        case _:
            return _playback_command(frame)


def _playback_command(
    frame: PlaybackPlay | PlaybackPause | PlaybackSeek | PlaybackRate | PlaybackLoad,
) -> PlaybackCommand:
    match frame:
        case PlaybackPlay(position=position, if_revision=revision):
            return Play(position=position, if_revision=revision)
        case PlaybackPause(position=position, if_revision=revision):
            return Pause(position=position, if_revision=revision)
        case PlaybackSeek(position=to, if_revision=revision):
            return Seek(position=to, if_revision=revision)
        case PlaybackRate(rate=rate, if_revision=revision):
            return Rate(rate=rate, if_revision=revision)
        case PlaybackLoad():
            return Load(
                media_id=MediaId(frame.media_id),
                position=frame.position,
                playing=frame.playing,
                if_revision=frame.if_revision,
            )
