"""Talk in a room: sent once, read backwards, deleted softly."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.chat import Message, check_nonce, check_text
from synctv_server.domain.commands import SendChat
from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.events import ChatDeleted, ChatSent
from synctv_server.domain.ids import Ids, MessageId, RoomId
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import Permission, require
from synctv_server.domain.room_log import RoomDeed
from synctv_server.domain.sessions import Actor
from synctv_server.domain.text import invalid
from synctv_server.services.limits import Limits
from synctv_server.services.permissions import RoomAccess
from synctv_server.services.turns import Receipt, Turn, Turns
from synctv_server.store.chat import MessageStore


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was kept; `seq` of its event, None for a repeat."""

    message: Message
    seq: int | None


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class ChatService:
    """Ids are made within the turn, so that messages are ordered by id as they are by the log."""

    turns: Turns
    access: RoomAccess
    messages: MessageStore
    limits: Limits
    ids: Ids

    async def send(self, actor: Actor, room_id: RoomId, wanted: SendChat) -> Sent:
        """Needs `send_chat`. A repeat with the same nonce is the same message, and no second event.

        Invalid on bad text or a `reply_to` that is not here; Conflict (`chat.nonce`) on another message with a
        nonce that was used; RateLimited beyond the rate of a member.
        """
        text = check_text(wanted.text)
        nonce = None if wanted.nonce is None else check_nonce(wanted.nonce)
        await self.limits.chat(room_id, actor.person())

        async def say(turn: Turn) -> tuple[Message, Receipt]:
            standing = await self.access.enter(actor, room_id, Permission.SEND_CHAT)
            author = standing.insider()
            message = Message(
                self.ids.message(), room_id, author, text, turn.at, reply_to=wanted.reply_to, nonce=nonce
            )
            kept = await self.messages.keep(message)
            if kept is not message:
                _require_same(kept, text, wanted.reply_to)
                return kept, Receipt()
            await self._check_reply(room_id, wanted.reply_to)
            return message, turn.publish(ChatSent(message), author)

        message, receipt = await self.turns.take(room_id, say)
        return Sent(message, receipt.seq)

    async def list_messages(
        self, actor: Actor, room_id: RoomId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Message]:
        """Newest first, from before `cursor`. Needs `view_history`."""
        await self.access.enter(actor, room_id, Permission.VIEW_HISTORY, even_closed=True)
        before = None if cursor is None else MessageId(cursor)
        return await self.messages.list_messages(room_id, before, limit)

    async def delete(self, actor: Actor, room_id: RoomId, message_id: MessageId) -> None:
        """One's own, or with `delete_messages` any: it keeps its place and loses its text."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id)
            message = await self.messages.find_message(room_id, message_id)
            if message is None:
                raise NotFound("there is no such message in this room", code="message.not_found")
            if message.author.id != standing.insider().id:
                require(standing.mask, Permission.DELETE_MESSAGES)
            if not message.deleted:
                await self.messages.mark_deleted(room_id, message_id)
                turn.publish(ChatDeleted(message_id), standing.person)
                details = {"message_id": message_id}
                turn.record(RoomDeed("message.deleted", standing.person, message.author, details))

    async def _check_reply(self, room_id: RoomId, reply_to: MessageId | None) -> None:
        if reply_to is None:
            return
        answered = await self.messages.find_message(room_id, reply_to)
        if answered is None or answered.deleted:
            raise invalid("reply_to", "is no message of this room")


def _require_same(sent: Message, text: str, reply_to: MessageId | None) -> None:
    # A message that has been deleted meanwhile has no text to compare any more.
    if not sent.deleted and (sent.text, sent.reply_to) != (text, reply_to):
        raise Conflict("this nonce was used for another message", code="chat.nonce")
