"""Chat: messages of a room, ordered by id."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain import text
from synctv_server.domain.ids import MessageId, RoomId
from synctv_server.domain.sessions import Person
from synctv_server.domain.times import Millis

TEXT_LONGEST = 500
NONCE_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Message:
    """One line of chat. A deleted one keeps its place and loses its text."""

    id: MessageId
    room_id: RoomId
    author: Person
    text: str
    created_at: Millis
    reply_to: MessageId | None = None
    nonce: str | None = None
    deleted: bool = False


def check_text(value: str) -> str:
    return text.many_lines("text", value, longest=TEXT_LONGEST, shortest=1)


def check_nonce(value: str) -> str:
    return text.one_line("nonce", value, longest=NONCE_LONGEST)
