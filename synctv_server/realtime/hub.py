"""All live rooms and connections of this server. Opened by `app`; `api.ws` enters and leaves, services ask it.

Owns every task of the live side: commands, presence, the clock of the rooms.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from synctv_server.cluster.notices import (
    KeysChanged,
    MemberRemoved,
    Notice,
    Notices,
    PermissionsChanged,
    RoomGone,
    SessionEnded,
    SettingsChanged,
    UserBanned,
)
from synctv_server.cluster.presence import ConnectionLimits, Presence
from synctv_server.cluster.room_log import RoomLog, Unfollow
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import SyncTVError, Unavailable
from synctv_server.domain.events import Change, RoomEvent
from synctv_server.domain.ids import ConnectionId, RoomId, UserId
from synctv_server.domain.playback import anchored
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import MINUTE, Millis, Now
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.closing import OF_REMOVAL, CloseCode
from synctv_server.realtime.commands import Desk
from synctv_server.realtime.dropped import Dropped
from synctv_server.realtime.room import LiveRoom
from synctv_server.realtime.session import Session
from synctv_server.realtime.statuses import Drift
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.wire import GoingAway
from synctv_server.services.permissions import not_a_member
from synctv_server.services.tickets import TicketService
from synctv_server.store.members import MemberStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore

EMPTY_ROOM_STAYS: Millis = 5 * MINUTE
TICK_SECONDS = 1.0
_FLUSH_STEP_SECONDS = 0.02
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What replicas share, as far as the live side needs it."""

    log: RoomLog
    notices: Notices
    presence: Presence


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a room that comes to life is read from."""

    rooms: RoomStore
    members: MemberStore
    playback: PlaybackStore


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits, clock, metrics and names of connections."""

    limits: LimitsSection
    metrics: Metrics
    now: Now
    new_id: Callable[[], ConnectionId]


class Hub:
    """Use inside `async with hub.running()`."""

    def __init__(
        self, *, shared: Shared, rows: Rows, tickets: TicketService, desk: Desk, bounds: Bounds
    ) -> None:
        self._tickets = tickets
        self.shared = shared
        self._rows = rows
        self._desk = desk
        self._bounds = bounds
        self._rooms: dict[RoomId, LiveRoom] = {}
        self._unfollow: dict[RoomId, Unfollow] = {}
        self.sessions: dict[ConnectionId, Session] = {}
        self._is_draining = False
        self._tasks: asyncio.TaskGroup | None = None
        self._around = Surroundings(
            log=shared.log,
            dropped=Dropped(bounds.now),
            limits=bounds.limits,
            metrics=bounds.metrics,
            now=bounds.now,
            publish=self._publish_soon,
            spawn=self._spawn,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Keep the rooms' clock and hear notices; on the way out every command that was taken is carried out."""
        stop_hearing = self.shared.notices.follow(self._hear)
        async with asyncio.TaskGroup() as self._tasks:
            ticking = self._tasks.create_task(self._tick_on(), name="rooms' clock")
            try:
                yield self
            finally:
                ticking.cancel()
                stop_hearing()
        self._tasks = None
        for unfollow in self._unfollow.values():
            unfollow()

    def __len__(self) -> int:
        return len(self.sessions)

    def count_rooms(self) -> int:
        return len(self._rooms)

    async def enter(self, actor: Actor, room_id: RoomId, address: str) -> Session:
        """A place in the room for one more connection.

        Raises what refuses it, as `TicketService.require_entry`, and Unavailable while the server stops. Whoever
        got a session gives it back with `leave`.
        """
        if self._is_draining:
            raise Unavailable("the server is about to stop; come back in a moment", retry_after_seconds=5)
        session = Session(self._bounds.new_id(), actor, room_id, self._around, self._desk)
        self.sessions[session.id] = session
        try:
            await self._admit(session, address)
        except BaseException:
            await self.leave(session)
            raise
        return session

    async def leave(self, session: Session) -> None:
        """The connection is over."""
        session.closed()
        self.sessions.pop(session.id, None)
        if live := self._rooms.get(session.room_id):
            live.leave(session)
        await self.shared.presence.leave(session.id)

    async def live_room(self, room_id: RoomId) -> LiveRoom:
        """The room in memory, read from its rows where it is not there yet. NotFound where there is none."""
        live = self._rooms.get(room_id)
        return live or await self._fill(room_id)

    def delay_of(self, room_id: RoomId) -> Millis:
        """The one-way delay that a change must be scheduled ahead of; 0 while nobody's is known."""
        live = self._rooms.get(room_id)
        return live.one_way_delay() if live else 0

    def presence_of(self, room_id: RoomId) -> frozenset[UserId]:
        """The people who are here, as the room was told."""
        live = self._rooms.get(room_id)
        return frozenset(live.present) if live else frozenset()

    def drift_in(self, room_id: RoomId) -> Drift | None:
        """How far its viewers are from the room; None while nobody here plays it."""
        live = self._rooms.get(room_id)
        return live.statuses.drift() if live else None

    def tick(self) -> None:
        """What the clock brings each second: overdue connections, departures, stalled sockets, empty rooms."""
        now = self._bounds.now()
        for session in list(self.sessions.values()):
            code = session.overdue(now)
            if code is not None:
                session.end(code)
        for live in list(self._rooms.values()):
            self._tick_room(live, now)
        self._around.dropped.sweep()
        self._bounds.metrics.ws_connections.set(len(self.sessions))
        self._bounds.metrics.rooms_live.set(len(self._rooms))

    async def shut_down(self, *, spread_ms: Millis, flush_seconds: float) -> None:
        """Tell every client when to come back, each another moment; let them read it; close with 4000.

        Commands that have come are answered first, as far as `flush_seconds` allow.
        """
        self._is_draining = True
        for session in list(self.sessions.values()):
            session.answer(GoingAway(random.randint(0, spread_ms)))  # noqa: S311 (spreads load, keeps no secret)
        for live in self._rooms.values():
            live.tiers.flush()
        for _ in range(round(flush_seconds / _FLUSH_STEP_SECONDS)):
            if self._is_quiet():
                break
            await asyncio.sleep(_FLUSH_STEP_SECONDS)
        for live in list(self._rooms.values()):
            live.end_all(CloseCode.GOING_AWAY)

    def _is_quiet(self) -> bool:
        """Nobody is behind, and no command waits for its answer."""
        return not any(live.tiers.count_behind() for live in self._rooms.values()) and not any(
            session.is_working for session in self.sessions.values()
        )

    def _tick_room(self, live: LiveRoom, now: Millis) -> None:
        with self._faults_counted():
            live.tick(now)
            if self._may_go(live, now):
                self._let_go(live.id)

    async def _admit(self, session: Session, address: str) -> None:
        standing = await self._tickets.require_entry(session.actor, session.room_id, address)
        if standing.member is None:
            raise not_a_member()
        user_id = standing.member.person.id
        await self.shared.presence.enter(
            session.room_id, user_id, session.id, ConnectionLimits.of(self._bounds.limits)
        )
        session.take_place(await self.live_room(session.room_id), standing.member)

    async def _fill(self, room_id: RoomId) -> LiveRoom:
        """The log's head first, then the rows, then whatever came in between."""
        live = LiveRoom(room_id, self._around)
        unfollow = await self.shared.log.follow(room_id, live.deliver)
        try:
            room = await self._rows.rooms.get_room(room_id)
            playback = anchored(await self._rows.playback.get_state(room_id), self._bounds.now())
        except BaseException:
            unfollow()
            raise
        if other := self._rooms.get(room_id):
            # Somebody who came at the same moment was quicker.
            unfollow()
            return other
        live.fill(room, playback)
        self._rooms[room_id] = live
        self._unfollow[room_id] = unfollow
        return live

    def _may_go(self, live: LiveRoom, now: Millis) -> bool:
        return not live.sessions and live.attendance.is_settled and now - live.empty_since > EMPTY_ROOM_STAYS

    def _let_go(self, room_id: RoomId) -> None:
        del self._rooms[room_id]
        self._unfollow.pop(room_id)()

    def _hear(self, notice: Notice) -> None:
        match notice:
            case SessionEnded(session_ids):
                self._end(lambda session: session.actor.session_id in session_ids, CloseCode.SIGNED_OUT)
            case UserBanned(user_id):
                self._end(lambda session: session.actor.user_id == user_id, CloseCode.BANNED)
            case MemberRemoved(room_id, user_id, reason):
                self._end(
                    lambda session: session.room_id == room_id and session.actor.user_id == user_id,
                    OF_REMOVAL[reason],
                )
            case RoomGone(room_id):
                self._end(lambda session: session.room_id == room_id, CloseCode.ROOM_CLOSED)
            case PermissionsChanged(room_id, user_id):
                self._spawn(self._read_standing(room_id, user_id))
            case KeysChanged() | SettingsChanged():
                pass

    def _end(self, concerns: Callable[[Session], bool], code: CloseCode) -> None:
        for session in list(self.sessions.values()):
            if concerns(session):
                session.end(code)

    async def _read_standing(self, room_id: RoomId, user_id: UserId | None) -> None:
        """Read one person's standing again, or the room's settings, in case their event did not come."""
        live = self._rooms.get(room_id)
        if live is None:
            return
        try:
            if user_id is None:
                live.change_room(await self._rows.rooms.get_room(room_id))
                return
            version = -1
            member = None
            while version != live.standings_version:
                version = live.standings_version
                member = await self._rows.members.find_member(room_id, user_id)
        except SyncTVError as error:
            _logger.warning("the standing of a member could not be read again: %s", error.message)
            return
        if member is not None:
            live.change_standing(member)
            return
        for session in live.sessions_of(user_id):
            session.end(CloseCode.NO_PERMISSION)

    def _publish_soon(self, room_id: RoomId, change: Change) -> None:
        self._spawn(self._publish(room_id, RoomEvent(change, self._bounds.now())))

    async def _publish(self, room_id: RoomId, event: RoomEvent) -> None:
        try:
            await self.shared.log.publish(room_id, event)
        except SyncTVError as error:
            _logger.warning("presence in room %s was not told: %s", room_id, error.message)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._tasks is None:
            # The hub has closed: a timer of a room that nobody sees any more.
            work.close()
        else:
            self._tasks.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        with self._faults_counted():
            await work

    @contextmanager
    def _faults_counted(self) -> Iterator[None]:
        """A fault in one room's work must not end the others'."""
        try:
            yield
        except Exception:
            _logger.exception("work of the live side failed")
            self._bounds.metrics.internal_errors_total.labels(door="ws").inc()

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            with self._faults_counted():
                self.tick()
