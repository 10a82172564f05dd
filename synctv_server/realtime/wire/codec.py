"""JSON in and out: client frames to structs, events and answers to bytes. Pure."""

from __future__ import annotations

import re
from typing import assert_never

import msgspec

from synctv_server.domain import events
from synctv_server.domain.errors import FieldError, Invalid
from synctv_server.domain.events import Change, RoomEvent
from synctv_server.domain.times import Millis
from synctv_server.realtime.wire import server
from synctv_server.realtime.wire.client import ID_LONGEST, ClientFrame
from synctv_server.realtime.wire.frames import text_frame
from synctv_server.realtime.wire.objects import (
    PersonObject,
    media_object,
    member_object,
    message_object,
    person_object,
    playback_object,
    room_object,
)

_client: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_anything = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_WHERE = re.compile(r"(?P<fault>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_TYPES: dict[type[Change], str] = {
    events.PlaybackChanged: "playback.changed",
    events.ChatSent: "chat.sent",
    events.ChatDeleted: "chat.deleted",
    events.MemberJoined: "member.joined",
    events.MemberLeft: "member.left",
    events.MemberChanged: "member.changed",
    events.RoomChanged: "room.changed",
    events.RoomClosed: "room.closed",
    events.PlaylistChanged: "playlist.changed",
}
_NO_NUMBER = b'"seq":0,'


def decode(text: str) -> ClientFrame:
    """The frame; Invalid with the field and what it should be."""
    try:
        return _client.decode(text)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(f"this is no JSON object: {error}") from error


def id_of(text: str) -> str | None:
    """The id of a frame that could not be decoded, where it has one."""
    try:
        frame = _anything.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    found = frame.get("id") if isinstance(frame, dict) else None
    return found if isinstance(found, str) and len(found) <= ID_LONGEST else None


def encode_frame(frame: server.ServerFrame) -> bytes:
    """The whole text frame, ready for a socket."""
    return text_frame(_encoder.encode(frame))


def encode_event(event: RoomEvent) -> bytes:
    """The event as a JSON object without its number, which the log splices in front."""
    actor = person_object(event.actor) if event.actor else None
    numbered = _encoder.encode(_of_change(event.change, event.at, actor))
    return numbered.replace(_NO_NUMBER, b"", 1)


def type_of(event: RoomEvent) -> str:
    """The `type` with which the event travels."""
    return _TYPES[type(event.change)]


def encode_part(part: msgspec.Struct) -> msgspec.Raw:
    """A part that many frames will carry, encoded once."""
    return msgspec.Raw(_encoder.encode(part))


def _of_change(change: Change, at: Millis, actor: PersonObject | None) -> server.ServerFrame:
    """The frame of an event; its number, the first field after the type, is 0 here."""
    match change:
        case events.PlaybackChanged(playback):
            return server.PlaybackChangedFrame(0, at, actor, playback_object(playback))
        case events.ChatSent(message):
            return server.ChatSentFrame(0, at, actor, message_object(message))
        case events.ChatDeleted(message_id):
            return server.ChatDeletedFrame(0, at, actor, message_id)
        case events.RoomChanged(room):
            return server.RoomChangedFrame(0, at, actor, room_object(room))
        case events.RoomClosed(room):
            return server.RoomClosedFrame(0, at, actor, room_object(room))
        case _:
            return _of_longer_change(change, at, actor)


def _of_longer_change(
    change: events.PlaylistChanged | events.MemberJoined | events.MemberLeft | events.MemberChanged,
    at: Millis,
    actor: PersonObject | None,
) -> server.ServerFrame:
    match change:
        case events.PlaylistChanged(version, changed, removed):
            items = [media_object(item) for item in changed]
            return server.PlaylistChangedFrame(0, at, actor, version, items, list(removed))
        case events.MemberJoined(members):
            present = [member_object(member, at, present=True) for member in members]
            return server.MemberJoinedFrame(0, at, actor, present)
        case events.MemberLeft(user_ids):
            return server.MemberLeftFrame(0, at, actor, list(user_ids))
        case events.MemberChanged(member):
            return server.MemberChangedFrame(0, at, actor, member_object(member, at))
        case _:
            assert_never(change)


def _invalid(message: str) -> Invalid:
    """Msgspec's words with the field in front."""
    found = _WHERE.fullmatch(message)
    if found is None:
        return Invalid(message)
    fault = found["fault"][0].lower() + found["fault"][1:]
    return Invalid(f"{found['path']}: {fault}", errors=(FieldError(found["path"], fault),))
