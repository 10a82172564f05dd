"""`/rooms/{room_id}/messages`: the chat of the room, newest first."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.domain.commands import SendChat
from synctv_server.domain.ids import MessageId, RoomId
from synctv_server.realtime.wire import MessageObject, message_object


class MessageBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A repeat with the same `nonce` is the same message."""

    text: Annotated[str, Meta(description="1 to 500 characters.", examples=["Popcorn?"])]
    reply_to: Annotated[str, Meta(max_length=64)] | None = None
    nonce: Annotated[str, Meta(max_length=64)] | None = None


class MessagesController(Controller):
    path = "/rooms/{room_id:str}/messages"
    tags = ("chat",)

    @get("/", operation_id="listMessages", summary="Read the chat, newest first")
    async def list_messages(
        self, request: Call, room_id: FromPath[str], cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
    ) -> ListOf[MessageObject]:
        page = await request.parts.chat.list_messages(
            request.actor, RoomId(room_id), cursor=cursor, limit=limit
        )
        return listed(page, message_object)

    @post("/", operation_id="sendMessage", summary="Say something")
    async def send(self, request: Call, room_id: FromPath[str], data: JSONBody[MessageBody]) -> MessageObject:
        reply_to = None if data.reply_to is None else MessageId(data.reply_to)
        command = SendChat(text=data.text, reply_to=reply_to, nonce=data.nonce)
        sent = await request.parts.chat.send(request.actor, RoomId(room_id), command)
        return message_object(sent.message)

    @delete("/{message_id:str}", operation_id="deleteMessage", summary="Take a message back")
    async def remove(self, request: Call, room_id: FromPath[str], message_id: FromPath[str]) -> None:
        """One's own, or any with `delete_messages`. It keeps its place and loses its text."""
        await request.parts.chat.delete(request.actor, RoomId(room_id), MessageId(message_id))
