"""The protocol as bytes: what is taken, what is refused and how, what goes out."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.chat import Message
from synctv_server.domain.commands import Load, Pause, Play, Rate, Seek, SendChat, Step
from synctv_server.domain.errors import Invalid
from synctv_server.domain.events import (
    Change,
    ChatDeleted,
    ChatSent,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    PlaybackChanged,
    PlaylistChanged,
    RoomChanged,
    RoomClosed,
    RoomEvent,
)
from synctv_server.domain.ids import MediaId, MessageId, RoomId, UserId
from synctv_server.domain.media import MediaItem, MediaKind
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Override, Permission, Role
from synctv_server.domain.playback import PlaybackState
from synctv_server.domain.rooms import Room, Visibility
from synctv_server.domain.sessions import Person
from synctv_server.realtime import wire

ANN = Person(UserId("usr_ann"), "Ann")
ROOM = Room(RoomId("room_a"), "Films", Visibility.PRIVATE, ANN, created_at=1, updated_at=1)
MEMBER = Member(
    ROOM.id, ANN, Role.OWNER, joined_at=1, own=Override(deny=Permission.SEND_CHAT), muted_until=99
)
ITEM = MediaItem(
    MediaId("med_1"), ROOM.id, "Film", "https://example.org/a.mp4", MediaKind.VIDEO, ANN, 5, order_key=1.0
)
MESSAGE = Message(MessageId("msg_1"), ROOM.id, ANN, 'say "seq":0, twice "seq":0,', created_at=5)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"type":"playback.play","id":"1"}', Play()),
        ('{"type":"playback.play","id":"1","position":2,"if_revision":3}', Play(position=2, if_revision=3)),
        ('{"type":"playback.pause","id":"1","position":2.5}', Pause(position=2.5)),
        ('{"type":"playback.seek","id":"1","position":0}', Seek(position=0)),
        ('{"type":"playback.rate","id":"1","rate":1.25}', Rate(rate=1.25)),
        (
            '{"type":"playback.load","id":"1","media_id":"med_1","playing":false}',
            Load(media_id=MediaId("med_1"), playing=False),
        ),
        ('{"type":"playback.next","id":"1","if_revision":4}', Step(step=1, if_revision=4)),
        ('{"type":"playback.previous","id":"1"}', Step(step=-1)),
        (
            '{"type":"chat.send","id":"1","text":"hi","nonce":"n","reply_to":"msg_1"}',
            SendChat(text="hi", reply_to=MessageId("msg_1"), nonce="n"),
        ),
    ],
)
def test_a_command_frame_becomes_the_command_of_the_domain(text: str, command: object) -> None:
    frame = wire.decode(text)
    assert not isinstance(frame, wire.TimePing | wire.PlaybackReport)
    assert frame.id == "1"
    assert wire.command_of(frame) == command


@pytest.mark.parametrize(
    ("text", "frame_id", "field"),
    [
        ("{", None, None),
        ("[]", None, None),
        ('"play"', None, None),
        ("", None, None),
        ('{"id":"a"}', "a", None),
        ('{"type":7,"id":"a"}', "a", "type"),
        ('{"type":"dance","id":"a"}', "a", "type"),
        ('{"type":"welcome","id":"a"}', "a", "type"),
        ('{"type":"playback.seek","id":"a"}', "a", None),
        ('{"type":"playback.seek","id":"a","position":"3"}', "a", "position"),
        ('{"type":"playback.seek","id":"a","position":-1}', "a", "position"),
        ('{"type":"playback.seek","id":"a","position":1e999}', None, "position"),
        ('{"type":"playback.seek","id":"a","position":NaN}', None, None),
        ('{"type":"playback.rate","id":"a","rate":5}', "a", "rate"),
        ('{"type":"playback.pause","id":"a","if_revison":1}', "a", None),
        ('{"type":"playback.pause","id":7}', None, "id"),
        ('{"type":"chat.send","id":"a","text":""}', "a", "text"),
        ('{"type":"playback.pause","id":"%s"}' % ("x" * 65), None, "id"),
        ('{"a":' * 20_000, None, None),
    ],
)
def test_a_bad_frame_is_invalid_with_its_id_and_field(
    text: str, frame_id: str | None, field: str | None
) -> None:
    with pytest.raises(Invalid) as refused:
        wire.decode(text)
    assert refused.value.code == "invalid"
    assert wire.id_of(text) == frame_id
    assert [error.field for error in refused.value.errors] == ([field] if field else [])


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_no_text_does_anything_but_decode_or_be_invalid(text: str) -> None:
    try:
        wire.decode(text)
    except Invalid:
        wire.id_of(text)


@pytest.mark.parametrize(
    "change",
    [
        PlaybackChanged(PlaybackState(revision=3)),
        ChatSent(MESSAGE),
        ChatDeleted(MESSAGE.id),
        MemberJoined((MEMBER,)),
        MemberLeft((ANN.id,)),
        MemberChanged(MEMBER),
        RoomChanged(ROOM),
        RoomClosed(ROOM),
        PlaylistChanged(4, (ITEM,), (MediaId("med_2"),)),
    ],
)
@pytest.mark.parametrize("actor", [ANN, None])
def test_every_event_is_the_frame_that_the_schema_says(change: Change, actor: Person | None) -> None:
    event = RoomEvent(change, at=17, actor=actor)
    numbered = wire.numbered_frame(12, wire.encode_event(event))
    (payload,) = wire.payloads(numbered)
    frame = msgspec.json.decode(payload, type=wire.ServerFrame, strict=True)
    raw = msgspec.json.decode(payload)
    assert list(raw)[:3] == ["seq", "type", "at"]
    assert (raw["seq"], raw["at"], raw["type"]) == (12, 17, wire.type_of(event))
    assert raw["actor"] == ({"id": "usr_ann", "name": "Ann"} if actor else None)
    assert frame.__struct_config__.tag == wire.type_of(event)


def test_a_message_that_looks_like_a_number_is_left_alone() -> None:
    (payload,) = wire.payloads(wire.numbered_frame(3, wire.encode_event(RoomEvent(ChatSent(MESSAGE), at=1))))
    assert msgspec.json.decode(payload)["message"]["text"] == MESSAGE.text


def test_a_room_event_never_carries_a_play_url() -> None:
    event = RoomEvent(PlaylistChanged(1, (ITEM,)), at=1)
    assert b"play_url" not in wire.encode_event(event)
    assert wire.media_object(ITEM, "/api/v1/x?sig=1").play_url == "/api/v1/x?sig=1"


def test_a_mute_that_is_over_is_none() -> None:
    assert wire.member_object(MEMBER, 98).muted_until == 99
    assert wire.member_object(MEMBER, 99).muted_until is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_of_any_size_is_one_unmasked_text_frame(size: int) -> None:
    payload = b"x" * size
    frame = wire.text_frame(payload)
    assert frame[0] == 0x81
    assert not frame[1] & 0x80
    assert list(wire.payloads(frame * 3)) == [payload] * 3
