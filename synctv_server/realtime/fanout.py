"""Delivery to viewers of one room: what one tick brings goes to each socket in one write.

`Tiers` feeds it. No task, no await and no encoding per viewer: see docs/decisions/0007-fan-out.md. Every method is
plain, so state never changes between a read and a write.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from synctv_server.cluster.room_log import LogEntry
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import NONE, Permission
from synctv_server.domain.times import Millis
from synctv_server.realtime.audience import Audience, write_through
from synctv_server.realtime.closing import CloseCode
from synctv_server.realtime.outbox import VISIBILITY, WAITING_BYTES_MOST, Outbox
from synctv_server.realtime.surroundings import Surroundings
from synctv_server.realtime.wire import hidden_frame

_CHUNK_BYTES = 64 * 1_024


class Pending(NamedTuple):
    """One frame for the room. `seq` is 0 where it has none: then it is left out for who may not see it."""

    seq: int
    needs: Permission
    frame: bytes


class FanOut:
    """The viewers who are at the head stand in audiences by what they may see; the slow ones stand behind."""

    def __init__(
        self,
        room_id: RoomId,
        around: Surroundings,
        replaceable: Callable[[], Pending | None],
        schedule: Callable[[FanOut], None],
    ) -> None:
        self._room_id = room_id
        self._log = around.log
        self._limits = around.limits
        self._metrics = around.metrics
        self._replaceable = replaceable
        self._schedule = schedule
        self._pending: list[Pending] = []
        self._audiences: defaultdict[Permission, Audience] = defaultdict(Audience)
        self._behind: dict[Outbox, None] = {}
        self._answering: dict[Outbox, None] = {}
        self._paused: list[Outbox] = []
        self._flushed = around.log.head(room_id)
        self._sent_bytes = 0

    def __len__(self) -> int:
        return len(self._behind) + sum(map(len, self._audiences.values()))

    def add(self, outbox: Outbox, mask: Permission, *, resume_from: int | None = None) -> None:
        """Let the viewer in after its welcome, at the head or with what came after `resume_from`."""
        outbox.sees = mask & VISIBILITY
        outbox.cursor = self._flushed if resume_from is None else resume_from
        outbox.behind_from = self._sent_bytes
        self._behind[outbox] = None
        self._catch_up(outbox)

    def remove(self, outbox: Outbox) -> None:
        """Nothing more is written to it."""
        self._behind.pop(outbox, None)
        self._answering.pop(outbox, None)
        self._audiences[outbox.sees].discard(outbox)

    def change_sight(self, outbox: Outbox, mask: Permission) -> None:
        """From the next event on it sees what `mask` lets it see."""
        sees = mask & VISIBILITY
        if sees == outbox.sees:
            return
        self.flush()
        is_at_head = self._audiences[outbox.sees].discard(outbox)
        outbox.sees = sees
        if is_at_head:
            self._audiences[sees].add(outbox)

    def put(self, pending: Pending) -> None:
        """Pass this on with the tick's batch."""
        self._pending.append(pending)
        self._schedule(self)

    def answer(self, outbox: Outbox, frame: bytes) -> None:
        """Give this viewer alone a frame, after this tick's batch."""
        outbox.put(frame)
        self._answering[outbox] = None
        if outbox.own_count > self._limits.outbox_messages or outbox.own_bytes > WAITING_BYTES_MOST:
            self._drop(outbox, "answers")
        else:
            self._schedule(self)

    def flush(self) -> None:
        """Write all that waits to everybody who can take it."""
        if not (self._pending or self._answering):
            return
        started = time.perf_counter()
        has_news = bool(self._pending)
        self._set_paused_aside()
        answering, self._answering = self._answering, {}
        batches = self._batches()
        speaking = [outbox for outbox in answering if outbox not in self._behind]
        for outbox in speaking:
            self._audiences[outbox.sees].discard(outbox)
            write_through(outbox, batches.get(outbox.sees, b"") + outbox.take_own())
        for sees, batch in batches.items():
            self._audiences[sees].write(batch)
        for outbox in speaking:
            self._audiences[outbox.sees].add(outbox)
        self._set_paused_aside()
        if has_news:
            self._drop_far_behind()
            self._metrics.fanout_seconds.observe(time.perf_counter() - started)

    def note_pause(self, outbox: Outbox) -> None:
        """The socket is full. Comes from inside `write`: the audiences stay as they are until the loop is through."""
        outbox.is_paused = True
        self._paused.append(outbox)

    def resume(self, outbox: Outbox) -> None:
        """The socket is empty again: pull what was missed."""
        outbox.is_paused = False
        outbox.paused_at = 0
        if outbox in self._behind:
            self._catch_up(outbox)

    def count_behind(self) -> int:
        return len(self._behind)

    def drop_stalled(self, now: Millis) -> None:
        """Drop the viewers whose sockets have taken nothing for too long. Called by the clock."""
        deadline = now - int(self._limits.send_timeout_seconds * 1_000)
        for outbox in list(self._behind):
            if not outbox.paused_at:
                outbox.paused_at = now
            elif outbox.paused_at < deadline:
                self._drop(outbox, "stalled")

    def _batches(self) -> dict[Permission, bytes]:
        """What waits, joined once for each audience, and counted as flushed."""
        pending, self._pending = self._pending, []
        if not pending:
            return {}
        batches = {}
        for sees, audience in self._audiences.items():
            if audience:
                batches[sees] = b"".join(_as_seen(pending, sees))
        self._flushed = max(self._flushed, *(item.seq for item in pending))
        self._sent_bytes += sum(len(item.frame) for item in pending)
        return batches

    def _set_paused_aside(self) -> None:
        paused, self._paused = self._paused, []
        for outbox in paused:
            if outbox.is_paused and self._audiences[outbox.sees].discard(outbox):
                outbox.cursor = self._flushed
                outbox.behind_from = self._sent_bytes
                self._behind[outbox] = None

    def _catch_up(self, outbox: Outbox) -> None:
        """Pull from the ring until the head is reached or the socket is full again."""
        while not outbox.is_paused and outbox.cursor < self._flushed:
            entries = self._log.since(self._room_id, outbox.cursor)
            if entries is None:
                self._drop(outbox, "fell_off")
                return
            outbox.socket.write(self._chunk(outbox, entries))
        if outbox.is_paused:
            return
        latest = self._replaceable()
        batch = b"".join(_as_seen([latest], outbox.sees)) if latest else b""
        if own := batch + outbox.take_own():
            outbox.socket.write(own)
        if outbox.is_paused:
            return
        del self._behind[outbox]
        self._audiences[outbox.sees].add(outbox)

    def _chunk(self, outbox: Outbox, entries: Iterable[LogEntry]) -> bytes:
        """The next entries as this viewer sees them, up to a size; moves its cursor."""
        size = 0
        frames = []
        for entry in entries:
            if size > _CHUNK_BYTES or entry.seq > self._flushed:
                break
            may_see = not entry.event.needs & ~outbox.sees
            frames.append(entry.frame if may_see else hidden_frame(entry.seq))
            size += len(frames[-1])
            outbox.cursor = entry.seq
        return b"".join(frames)

    def _drop_far_behind(self) -> None:
        for outbox in list(self._behind):
            if self._flushed - outbox.cursor > self._limits.outbox_messages:
                self._drop(outbox, "messages")
            elif self._sent_bytes - outbox.behind_from > WAITING_BYTES_MOST:
                self._drop(outbox, "bytes")

    def _drop(self, outbox: Outbox, reason: str) -> None:
        self._metrics.outbox_dropped_total.labels(reason=reason).inc()
        outbox.is_dropped = True
        self.remove(outbox)
        outbox.socket.close(CloseCode.TOO_SLOW, CloseCode.TOO_SLOW.reason)


def _as_seen(pending: Iterable[Pending], sees: Permission) -> list[bytes]:
    frames = []
    for item in pending:
        if item.needs is NONE or not item.needs & ~sees:
            frames.append(item.frame)
        elif item.seq:
            frames.append(hidden_frame(item.seq))
    return frames
