"""The first frame of a connection: the room as it stands, and the number up to which it holds everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec import UNSET

from synctv_server.realtime.wire import (
    LimitsObject,
    MemberObject,
    Welcome,
    encode_frame,
    playback_object,
    room_object,
)

if TYPE_CHECKING:
    from synctv_server.realtime.session import Session

FRAME_BYTES_MOST = 64 * 1_024
HEARTBEAT_SECONDS = 15
PING_DEADLINE_SECONDS = 20
"""The server pings this often, and ends a connection that does not answer within the deadline."""


def welcome_frame(session: Session, resumed_from: int | None) -> bytes:
    """From the room in memory alone; the members' bytes are those of every other welcome."""
    live, around = session.live, session.around
    limits = around.limits
    was_dropped = around.dropped.take(session.room_id, session.actor.session_id)
    return encode_frame(
        Welcome(
            session_id=session.id,
            server_time=around.now(),
            room=room_object(live.room),
            me=session.me(),
            playback=playback_object(live.playback),
            # Raw JSON of MemberObjects, encoded when each came.
            members=cast("list[MemberObject]", live.members_seen_by(session)),
            seq=around.log.head(session.room_id),
            epoch=around.log.epoch(session.room_id),
            heartbeat_seconds=HEARTBEAT_SECONDS,
            limits=LimitsObject(
                frame_bytes=FRAME_BYTES_MOST,
                inbound_per_second=limits.inbound_per_second,
                chat_per_second=limits.chat_per_second,
                idle_seconds=limits.idle_seconds,
                lifetime_seconds=limits.lifetime_seconds,
            ),
            resumed_from=UNSET if resumed_from is None else resumed_from,
            dropped_for="too_slow" if was_dropped else UNSET,
        )
    )
