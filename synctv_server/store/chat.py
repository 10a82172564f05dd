"""Messages of rooms, ordered by id. Called by the chat service, inside the room's turn to write."""

from __future__ import annotations

import re

from synctv_server.domain.chat import Message
from synctv_server.domain.ids import MessageId, RoomId, UserId
from synctv_server.domain.pages import Page
from synctv_server.domain.sessions import Person
from synctv_server.domain.text import invalid
from synctv_server.store.database import Database
from synctv_server.store.engine import Row

_ADD = """
INSERT INTO messages (id, room_id, author_id, author_name, text, created_at, reply_to, nonce, deleted)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (room_id, author_id, nonce) WHERE nonce IS NOT NULL DO NOTHING
RETURNING id
"""
_FIND = """
SELECT id, room_id, author_id, author_name, text, created_at, reply_to, nonce, deleted
FROM messages WHERE id = {} AND room_id = {}
"""
_FIND_BY_NONCE = """
SELECT id, room_id, author_id, author_name, text, created_at, reply_to, nonce, deleted
FROM messages WHERE room_id = {} AND author_id = {} AND nonce = {}
"""
_NEWEST = """
SELECT id, room_id, author_id, author_name, text, created_at, reply_to, nonce, deleted
FROM messages WHERE room_id = {} ORDER BY id DESC LIMIT {}
"""
_BEFORE = """
SELECT id, room_id, author_id, author_name, text, created_at, reply_to, nonce, deleted
FROM messages WHERE room_id = {} AND id < {} ORDER BY id DESC LIMIT {}
"""
_MARK_DELETED = """
UPDATE messages SET deleted = {}, text = '' WHERE id = {} AND room_id = {} AND NOT deleted RETURNING id
"""
_ID = re.compile(r"msg_[0-9a-z]{26}")


class MessageStore:
    """One row per message. A message is only found in its own room."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, message: Message) -> Message:
        """`message` itself, or the one that this author has sent to this room with the same nonce before."""
        added = await self._database.fetch(
            _ADD,
            message.id,
            message.room_id,
            message.author.id,
            message.author.name,
            message.text,
            message.created_at,
            message.reply_to,
            message.nonce,
            message.deleted,
        )
        if added:
            return message
        sent = await self._database.fetch(_FIND_BY_NONCE, message.room_id, message.author.id, message.nonce)
        return _message(sent[0])

    async def find_message(self, room_id: RoomId, message_id: MessageId) -> Message | None:
        row = await self._database.fetch_one(_FIND, message_id, room_id)
        return None if row is None else _message(row)

    async def list_messages(self, room_id: RoomId, before: MessageId | None, limit: int) -> Page[Message]:
        """The newest first, those before `before`: the cursor of a page is the id of its last message.

        Invalid, field `cursor`, when `before` is no id of a message.
        """
        if before is None:
            rows = await self._database.fetch(_NEWEST, room_id, limit + 1)
        elif _ID.fullmatch(before):
            rows = await self._database.fetch(_BEFORE, room_id, before, limit + 1)
        else:
            raise invalid("cursor", "is not one that this server has given; begin without it")
        items = tuple(_message(row) for row in rows[:limit])
        return Page(items, items[-1].id if len(rows) > limit else None)

    async def mark_deleted(self, room_id: RoomId, message_id: MessageId) -> bool:
        """Empty it and mark it; False where it was deleted before or never was."""
        return bool(await self._database.fetch(_MARK_DELETED, True, message_id, room_id))


def _message(row: Row) -> Message:
    return Message(
        id=MessageId(row["id"]),
        room_id=RoomId(row["room_id"]),
        author=Person(UserId(row["author_id"]), row["author_name"]),
        text=row["text"],
        created_at=row["created_at"],
        reply_to=None if row["reply_to"] is None else MessageId(row["reply_to"]),
        nonce=row["nonce"],
        deleted=bool(row["deleted"]),
    )
