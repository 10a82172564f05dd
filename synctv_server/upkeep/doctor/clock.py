"""The clock: nothing that was written may lie in the future, or keys and sign-ins end at the wrong time."""

from __future__ import annotations

from synctv_server.domain.times import MINUTE, Millis, to_rfc3339
from synctv_server.upkeep.doctor.check import Check, Verdict, ill, well
from synctv_server.upkeep.premises import Premises

_NEWEST = """
SELECT MAX(at) AS at FROM (
    SELECT MAX(created_at) AS at FROM keys
    UNION ALL SELECT MAX(created_at) FROM users
    UNION ALL SELECT MAX(created_at) FROM sessions
    UNION ALL SELECT MAX(created_at) FROM rooms
    UNION ALL SELECT MAX(created_at) FROM messages
) AS moments
"""
_NANOSECONDS_PER_MILLI = 1_000_000
_FIX = "set the clock (`timedatectl set-ntp true`); if it is right, something was written while it was wrong"


async def rows(premises: Premises) -> Verdict:
    """The newest row is not newer than now."""
    [row] = await premises.rows(_NEWEST)
    return _judge(row["at"] or 0, premises.now(), "the newest row of the database")


def files(premises: Premises) -> Verdict:
    """The newest file of the data directory is not newer than now."""
    premises.require_home()
    moments = [path.lstat().st_mtime_ns // _NANOSECONDS_PER_MILLI for path in premises.data_dir.iterdir()]
    return _judge(max(moments, default=0), premises.now(), "the newest file of the data directory")


def _judge(newest: Millis, now: Millis, what: str) -> Verdict:
    if newest <= now + MINUTE:
        return well(f"{what} is of the past")
    return ill(f"{what} is of {to_rfc3339(newest)}, and the clock says {to_rfc3339(now)}", _FIX)


CHECKS = (Check("clock.rows", rows), Check("clock.files", files))
