"""One connection of one person to one room: what comes in, what is answered, when it ends.

Without I/O of its own: `api.ws` hands it the frames and a `Socket`; commands run one after the other in a task of the
hub, so that a slow turn delays neither pongs nor the answers to `time.ping`.
"""

from __future__ import annotations

import logging
from enum import Enum, auto

from msgspec import UNSET

from synctv_server.domain.errors import RateLimited, SyncTVError
from synctv_server.domain.ids import ConnectionId, RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import NONE, Permission, names
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import SECOND, Millis
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.commands import Desk
from synctv_server.realtime.fanout import FanOut
from synctv_server.realtime.inbound import Inbound, InboundRate
from synctv_server.realtime.outbox import Outbox, Socket
from synctv_server.realtime.room import LiveRoom
from synctv_server.realtime.statuses import drift_of, is_running
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.welcome import FRAME_BYTES_MOST, welcome_frame
from synctv_server.realtime.wire import (
    CommandFrame,
    ErrorFrame,
    MeChanged,
    MeObject,
    PlaybackReport,
    ServerFrame,
    TimePing,
    TimePong,
    decode,
    encode_frame,
    id_of,
    person_object,
)

_COMMANDS_WAITING_MOST = 256
_ROUND_TRIP_MOST_MS = 2_000.0
_INTERNAL = "something went wrong here; it is in the server's log"
_logger = logging.getLogger(__name__)


class Phase(Enum):
    ARRIVING = auto()  # counted, not yet welcomed
    OPEN = auto()
    ENDED = auto()


class Session:
    """Notices reach it from the moment it exists: one that is to end before it was opened ends when it opens."""

    __slots__ = (
        "_commands",
        "_desk",
        "_ending",
        "_fan_out",
        "_rate",
        "actor",
        "around",
        "id",
        "is_working",
        "last_frame_at",
        "live",
        "mask",
        "member",
        "opened_at",
        "outbox",
        "phase",
        "room_id",
        "round_trip_ms",
    )

    live: LiveRoom
    member: Member
    outbox: Outbox
    _fan_out: FanOut

    def __init__(
        self, connection_id: ConnectionId, actor: Actor, room_id: RoomId, around: Surroundings, desk: Desk
    ) -> None:
        self.id = connection_id
        self.actor = actor
        self.room_id = room_id
        self.around = around
        self.mask: Permission = NONE
        self.phase = Phase.ARRIVING
        self.round_trip_ms: float | None = None
        self.opened_at = self.last_frame_at = around.now()
        self._desk = desk
        self._rate = InboundRate(around.limits.inbound_per_second, self.opened_at)
        self._commands: list[CommandFrame] = []
        self.is_working = False
        self._ending: CloseCode | None = None

    def take_place(self, live: LiveRoom, member: Member) -> None:
        """Stand in the room, before the handshake is answered."""
        self.live, self.member = live, member
        live.join(self)
        self._evaluate()

    def open(self, socket: Socket, *, resume: int | None = None, epoch: str | None = None) -> None:
        """Welcome the viewer: snapshot and head in one step, then what came after `resume` where it is held."""
        if self._ending is not None:
            socket.close(self._ending, self._ending.reason)
            return
        live, log = self.live, self.around.log
        fan_out = self._fan_out = live.tiers.place()
        fan_out.flush()
        is_held = (
            resume is not None
            and epoch == log.epoch(self.room_id)
            and log.since(self.room_id, resume) is not None
        )
        resumed_from = resume if is_held else None
        self.outbox = Outbox(socket)
        self.phase = Phase.OPEN
        socket.listener = self
        socket.write(welcome_frame(self, resumed_from))
        fan_out.add(self.outbox, self.mask, resume_from=resumed_from)
        live.attendance.arrive(self.member)

    def receive(self, text: str) -> None:
        """Take one text frame. Answers come by the outbox; nothing is dropped in silence."""
        now = self.around.now()
        self.last_frame_at = now
        if len(text) > FRAME_BYTES_MOST or len(text.encode()) > FRAME_BYTES_MOST:
            self.end(CloseCode.TOO_LARGE)
            return
        verdict = self._rate.take(now) if self.around.limits.enabled else Inbound.TAKEN
        if verdict is Inbound.FLOOD:
            self.end(CloseCode.FLOOD)
            return
        try:
            if verdict is Inbound.REFUSED:
                self._refuse_as_too_many()
            self._take(decode(text), now)
        except SyncTVError as error:
            self._answer_error(id_of(text), error)

    def receive_binary(self) -> None:
        """The protocol has no binary frames."""
        self.end(CloseCode.BAD_PROTOCOL)

    def end(self, code: CloseCode) -> None:
        """Close with this code, after what it was told."""
        if self.phase is Phase.ARRIVING:
            self._ending = code
        elif self.phase is Phase.OPEN:
            self._fan_out.flush()
            self.closed()
            self.outbox.socket.close(code, code.reason)

    def answer(self, frame: ServerFrame) -> None:
        """Tell this connection alone."""
        if self.phase is Phase.OPEN:
            self._count("out", frame)
            self._fan_out.answer(self.outbox, encode_frame(frame))

    def change_standing(self, member: Member) -> None:
        """Role, permissions or the room's preset are others; told when the permissions are."""
        before, role = self.mask, self.member.role
        self.member = member
        self._evaluate()
        if self.phase is Phase.OPEN:
            self._fan_out.change_sight(self.outbox, self.mask)
            if (before, role) != (self.mask, member.role):
                self.answer(MeChanged(self.me()))

    def me(self) -> MeObject:
        return MeObject(
            user=person_object(self.member.person),
            role=self.member.role,
            permissions=names(self.mask),
            session=self.actor.session_id,
        )

    def overdue(self, now: Millis) -> CloseCode | None:
        """The code with which the clock ends it; None while it may live."""
        limits = self.around.limits
        if now - self.opened_at > limits.lifetime_seconds * SECOND:
            return CloseCode.LIFETIME_OVER
        if now - self.last_frame_at > limits.idle_seconds * SECOND:
            return CloseCode.IDLE
        return None

    def paused(self) -> None:
        self._fan_out.note_pause(self.outbox)

    def resumed(self) -> None:
        self._fan_out.resume(self.outbox)

    def closed(self) -> None:
        if self.phase is Phase.OPEN:
            self.phase = Phase.ENDED
            self.outbox.socket.listener = None
            self._fan_out.remove(self.outbox)
            self.live.attendance.depart(self.member.person.id)
            if self.outbox.is_dropped:
                self.around.dropped.note(self.room_id, self.actor.session_id)

    def _evaluate(self) -> None:
        self.mask = self.member.permissions(self.live.room.settings.control, self.around.now())

    def _take(self, frame: TimePing | PlaybackReport | CommandFrame, now: Millis) -> None:
        self._count("in", frame)
        if isinstance(frame, TimePing):
            self._note_round_trip(frame.rtt_ms)
            self.answer(TimePong(frame.t0, now, self.around.now(), UNSET if frame.id is None else frame.id))
        elif isinstance(frame, PlaybackReport):
            self._note_report(frame, now)
        else:
            self._queue(frame)

    def _note_round_trip(self, claimed_ms: float | None) -> None:
        """Half of it schedules the room, so a claim counts only as far as the protocol's own ping bears it out."""
        if claimed_ms is None:
            return
        measured = self.outbox.socket.round_trip_ms()
        most = _ROUND_TRIP_MOST_MS if measured is None else min(_ROUND_TRIP_MOST_MS, 2 * measured + 50)
        self.round_trip_ms = min(claimed_ms, most)

    def _note_report(self, report: PlaybackReport, now: Millis) -> None:
        drift_ms = drift_of(report, self.live.playback, now)
        if drift_ms is not None and is_running(report):
            self.around.metrics.playback_drift_seconds.observe(abs(drift_ms) / 1_000)
        self.live.statuses.note(self.member.person.id, report, drift_ms)

    def _queue(self, frame: CommandFrame) -> None:
        if len(self._commands) >= _COMMANDS_WAITING_MOST:
            raise RateLimited("too many commands wait; let some be answered first", retry_after_seconds=1)
        self._commands.append(frame)
        if not self.is_working:
            self.is_working = True
            self.around.spawn(self._work())

    async def _work(self) -> None:
        """Carry out what waits, in order."""
        try:
            while self._commands:
                await self._carry_out(self._commands.pop(0))
        finally:
            self.is_working = False

    async def _carry_out(self, frame: CommandFrame) -> None:
        try:
            self.answer(await self._desk.carry_out(self.actor, self.room_id, frame))
        except SyncTVError as error:
            self._answer_error(frame.id, error)
        except Exception:
            _logger.exception("a command of connection %s failed", self.id)
            self.around.metrics.internal_errors_total.labels(door="ws").inc()
            self.answer(ErrorFrame(frame.id, "internal", _INTERNAL))

    def _refuse_as_too_many(self) -> None:
        self.around.metrics.rate_limited_total.labels(scope="inbound").inc()
        raise RateLimited(f"too many frames: at most {self._rate.per_second} a second", retry_after_seconds=1)

    def _answer_error(self, frame_id: str | None, error: SyncTVError) -> None:
        after = UNSET if error.retry_after_seconds is None else error.retry_after_seconds
        self.answer(ErrorFrame(frame_id, error.code, error.message, after))

    def _count(self, direction: str, frame: TimePing | PlaybackReport | CommandFrame | ServerFrame) -> None:
        tag = str(frame.__struct_config__.tag)
        self.around.metrics.ws_messages_total.labels(direction=direction, type=tag).inc()
