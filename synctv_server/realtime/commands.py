"""Carries out the commands of a socket: one service call each, and the acknowledgement it earns."""

from __future__ import annotations

import msgspec

from synctv_server.domain.commands import SendChat, Step
from synctv_server.domain.ids import RoomId
from synctv_server.domain.sessions import Actor
from synctv_server.realtime.wire import Ack, CommandFrame, command_of
from synctv_server.services.chat import ChatService
from synctv_server.services.playback import PlaybackService


class Desk:
    """The services that a socket reaches."""

    def __init__(self, playback: PlaybackService, chat: ChatService) -> None:
        self._playback = playback
        self._chat = chat

    async def carry_out(self, actor: Actor, room_id: RoomId, frame: CommandFrame) -> Ack:
        """The acknowledgement; raises what the service raises."""
        command = command_of(frame)
        if isinstance(command, SendChat):
            sent = await self._chat.send(actor, room_id, command)
            return Ack(frame.id, seq=_or_unset(sent.seq), message_id=sent.message.id)
        if isinstance(command, Step):
            applied = await self._playback.step(actor, room_id, command)
        else:
            applied = await self._playback.apply(actor, room_id, command)
        return Ack(frame.id, seq=_or_unset(applied.seq), revision=applied.state.revision)


def _or_unset(seq: int | None) -> int | msgspec.UnsetType:
    return msgspec.UNSET if seq is None else seq
