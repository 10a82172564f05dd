"""What a room plays: every command of any front door passes here, in the room's turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from synctv_server.domain import playback
from synctv_server.domain.commands import Load, PlaybackCommand, Step
from synctv_server.domain.errors import Unavailable
from synctv_server.domain.events import PlaybackChanged
from synctv_server.domain.ids import MediaId, RoomId
from synctv_server.domain.media import neighbour
from synctv_server.domain.permissions import Permission
from synctv_server.domain.playback import PlaybackState, anchored, pause_at, start_delay
from synctv_server.domain.room_log import playback_deed
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.text import invalid
from synctv_server.domain.times import MINUTE, Millis, Now
from synctv_server.services.permissions import RoomAccess
from synctv_server.services.turns import Receipt, Turn, Turns
from synctv_server.store.media import MediaStore
from synctv_server.store.playback import PlaybackStore

OUTAGE_MOST: Millis = MINUTE
"""A server that was away for longer than this finds its rooms paused where it left them."""
_TRIES = 5

DelayOf = Callable[[RoomId], Millis]
"""The p95 one-way delay of a room's members, from who measures it."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The state after a command; `seq` of its event, None where there is none."""

    state: PlaybackState
    seq: int | None


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class PlaybackService:
    """Turns give one order on this server; the revision in the row gives it over several."""

    turns: Turns
    access: RoomAccess
    playback: PlaybackStore
    media: MediaStore
    delay_of: DelayOf
    now: Now

    async def state(self, actor: Actor, room_id: RoomId) -> PlaybackState:
        """The present state, for whoever is in the room."""
        await self.access.enter(actor, room_id, even_closed=True)
        return await self._current(room_id, self.now())

    async def apply(self, actor: Actor, room_id: RoomId, command: PlaybackCommand) -> Applied:
        """Play, pause, seek and rate need `control_playback`, load `choose_media`.

        Without `if_revision` it is applied to the newest state. A command that changes nothing gives the present
        state and no event. NotFound for an item that is not in the playlist; raises as `domain.playback.apply`.
        """
        needed = Permission.CHOOSE_MEDIA if isinstance(command, Load) else Permission.CONTROL_PLAYBACK
        delay = start_delay(self.delay_of(room_id))

        async def change(turn: Turn) -> tuple[PlaybackState, Receipt]:
            standing = await self.access.enter(actor, room_id, needed)
            return await self._change(turn, command, standing.person, delay)

        state, receipt = await self.turns.take(room_id, change)
        return Applied(state, receipt.seq)

    async def step(self, actor: Actor, room_id: RoomId, step: Step) -> Applied:
        """Load the next or previous item in list order, playing. NotFound (`playlist.end`) at an end."""
        if step.step not in (1, -1):
            raise invalid("step", "must be 1 or -1")
        delay = start_delay(self.delay_of(room_id))

        async def change(turn: Turn) -> tuple[PlaybackState, Receipt]:
            standing = await self.access.enter(actor, room_id, Permission.CHOOSE_MEDIA)
            state = await self._current(room_id, turn.at)
            item = neighbour(await self.media.list_items(room_id), state.media_id, step.step)
            command = Load(media_id=item.id, if_revision=step.if_revision)
            return await self._change(turn, command, standing.person, delay)

        state, receipt = await self.turns.take(room_id, change)
        return Applied(state, receipt.seq)

    async def pause_deserted(self, room_id: RoomId) -> None:
        """Pause a room in which nobody has been for a while, where it stands now."""
        async with self.turns.turn(room_id) as turn:
            await self._hold(turn, turn.at)

    async def recover(self) -> int:
        """After an outage: rooms that nobody kept alive for a minute are paused where they were then.

        Called once, before anybody is let in; after a shorter outage they play on as their rows say.
        """
        paused = 0
        for room_id, _, last_alive in await self.playback.list_playing():
            if self.now() - last_alive > OUTAGE_MOST:
                async with self.turns.turn(room_id) as turn:
                    await self._hold(turn, last_alive)
                paused += 1
        return paused

    async def _hold(self, turn: Turn, moment: Millis) -> None:
        state = await self._current(turn.room_id, turn.at)
        if not state.playing:
            return
        duration = await self._duration(turn.room_id, state.media_id)
        position = state.position_at(moment)
        held = pause_at(state, position if duration is None else min(position, duration), turn.at)
        if await self.playback.put(turn.room_id, held, expected_revision=state.revision):
            turn.publish(PlaybackChanged(held), None)

    async def _change(
        self, turn: Turn, command: PlaybackCommand, by: Person | None, delay: Millis
    ) -> tuple[PlaybackState, Receipt]:
        """Apply to the newest state; once more where another server was quicker."""
        for _ in range(_TRIES):
            before = await self._current(turn.room_id, turn.at)
            duration = await self._duration_after(turn.room_id, before, command)
            after = playback.apply(before, command, turn.at, delay=delay, duration=duration)
            if after is before:
                return before, Receipt()
            if await self.playback.put(turn.room_id, after, expected_revision=before.revision):
                turn.record(playback_deed(command, by))
                return after, turn.publish(PlaybackChanged(after), by)
        raise Unavailable("the room is changing too fast; try again", code="room.busy", retry_after_seconds=1)

    async def _current(self, room_id: RoomId, now: Millis) -> PlaybackState:
        return anchored(await self.playback.get_state(room_id), now)

    async def _duration_after(
        self, room_id: RoomId, before: PlaybackState, command: PlaybackCommand
    ) -> float | None:
        if isinstance(command, Load):
            return (await self.media.get_item(room_id, command.media_id)).duration
        return await self._duration(room_id, before.media_id)

    async def _duration(self, room_id: RoomId, media_id: MediaId | None) -> float | None:
        item = None if media_id is None else await self.media.find_item(room_id, media_id)
        return None if item is None else item.duration
