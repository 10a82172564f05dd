"""Identifiers: opaque text with a type prefix, ordered by time and not guessable (the layout of a ULID).

Twenty-six Crockford base32 characters carry 48 bits of milliseconds and 80 random bits. One `Ids` lives in a
process and never goes backwards, so that chat, which is ordered by message id, keeps the order in which it
was accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NewType

from synctv_server.domain.times import Now

UserId = NewType("UserId", str)
RoomId = NewType("RoomId", str)
MediaId = NewType("MediaId", str)
MessageId = NewType("MessageId", str)
SessionId = NewType("SessionId", str)
ConnectionId = NewType("ConnectionId", str)
InvitationId = NewType("InvitationId", str)
RecordId = NewType("RecordId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_RANDOM_BITS = 80
_RANDOM_BYTES = _RANDOM_BITS // 8
# Ids of one millisecond step by a random amount of this many bits: still ordered, still not guessable.
_STEP_BYTES = 8


class Ids:
    """Makes ids.

    `entropy(n)` gives n random bytes; `now` may stand still or step back, the ids still rise. `guard` is
    held while one is made: a lock, where several threads ask.
    """

    def __init__(
        self,
        now: Now,
        entropy: Callable[[int], bytes],
        guard: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.now = now
        self._entropy = entropy
        self._last = 0
        self._guard = guard or nullcontext()

    def user(self) -> UserId:
        return UserId(self._next("usr"))

    def room(self) -> RoomId:
        return RoomId(self._next("room"))

    def media(self) -> MediaId:
        return MediaId(self._next("med"))

    def message(self) -> MessageId:
        return MessageId(self._next("msg"))

    def session(self) -> SessionId:
        return SessionId(self._next("ses"))

    def connection(self) -> ConnectionId:
        return ConnectionId(self._next("con"))

    def invitation(self) -> InvitationId:
        return InvitationId(self._next("inv"))

    def record(self) -> RecordId:
        return RecordId(self._next("log"))

    def _next(self, prefix: str) -> str:
        with self._guard:
            value = (self.now() << _RANDOM_BITS) | int.from_bytes(self._entropy(_RANDOM_BYTES), "big")
            if value >> _RANDOM_BITS <= self._last >> _RANDOM_BITS:
                value = self._last + 1 + int.from_bytes(self._entropy(_STEP_BYTES), "big")
            self._last = value
        return f"{prefix}_{_base32(value)}"


def _base32(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range((_LENGTH - 1) * 5, -1, -5))
