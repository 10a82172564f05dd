"""Which sessions were seen alive a moment ago, so that a request asks no database. Part of `SessionService`."""

from __future__ import annotations

from synctv_server.cluster.notices import Notice, SessionEnded, UserBanned
from synctv_server.domain.ids import SessionId, UserId
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import SECOND, Millis, Now

FRESH_FOR: Millis = SECOND
_MOST = 20_000


class LiveSessions:
    """Actors by session, for one second, dropped at once by a notice.

    So an ended session is over at once where its end is heard, and within a second anywhere.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._actors: dict[SessionId, tuple[Actor, Millis]] = {}
        self._losses = 0

    def find(self, session_id: SessionId) -> Actor | None:
        """Who this session speaks for, if it was seen alive within the last second."""
        held = self._actors.get(session_id)
        return held[0] if held is not None and self._now() < held[1] else None

    def mark(self) -> int:
        """To be taken before the database is asked and handed to `keep` with what it said."""
        return self._losses

    def keep(self, session_id: SessionId, actor: Actor, mark: int) -> None:
        """Remember an answer of the database, unless a session has ended since `mark`: it may be this one."""
        if mark != self._losses:
            return
        self._actors.pop(session_id, None)
        if len(self._actors) >= _MOST:
            del self._actors[next(iter(self._actors))]
        self._actors[session_id] = (actor, self._now() + FRESH_FOR)

    def hear(self, notice: Notice) -> None:
        """Drop what a notice makes wrong."""
        if isinstance(notice, SessionEnded):
            self._losses += 1
            for session_id in notice.session_ids:
                self._actors.pop(session_id, None)
        elif isinstance(notice, UserBanned):
            self.forget(notice.user_id)

    def forget(self, user_id: UserId) -> None:
        """Drop all sessions of an account whose role or name has changed."""
        self._losses += 1
        gone = [session_id for session_id, (actor, _) in self._actors.items() if actor.user_id == user_id]
        for session_id in gone:
            del self._actors[session_id]
