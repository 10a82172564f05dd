"""The ordered log of a room: gives each event its number, keeps the latest, delivers to who follows.

Services publish after their commit; `realtime` follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from synctv_server.domain.events import RoomEvent
from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import MINUTE, Millis

RING_EVENTS = 1_024
RING_AGE: Millis = 5 * MINUTE
RING_BYTES = 4 * 1_024 * 1_024
"""How much a room's log holds for those who come back: whichever bound is met first."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event with its number; `frame` is what every socket gets, made once."""

    seq: int
    event: RoomEvent
    frame: bytes


Encode = Callable[[RoomEvent], bytes]
"""An event as a JSON object without its number."""

Number = Callable[[int, bytes], bytes]
"""That object with `seq` spliced in front, ready for the wire."""

Deliver = Callable[[LogEntry], None]
"""Takes one entry. Must neither wait nor raise."""

Unfollow = Callable[[], None]


class RoomLog(Protocol):
    """One ordered log per room; `seq` counts 1, 2, 3… without gaps within an epoch."""

    async def publish(self, room_id: RoomId, event: RoomEvent) -> int:
        """Number the event, keep it, deliver it to all that follow; its `seq`."""

    async def follow(self, room_id: RoomId, deliver: Deliver) -> Unfollow:
        """Have every later entry delivered, in order, until the answer is called.

        From then on `head`, `epoch` and `since` are known for this room.
        """

    def head(self, room_id: RoomId) -> int:
        """The latest number; 0 before the first event."""

    def epoch(self, room_id: RoomId) -> str:
        """Names this numbering. Another epoch counts from 1 again."""

    def since(self, room_id: RoomId, seq: int) -> Sequence[LogEntry] | None:
        """The entries after `seq`, oldest first; None where they are not all held, or `seq` is none of this log."""

    def sweep(self) -> None:
        """Drop what is too old, and the logs that nobody follows and nobody has written to for `RING_AGE`."""
