"""The jobs of this server: what is cleared when it has expired, and what is looked after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from synctv_server.app.accounts import AccountServices
from synctv_server.app.ground import Ground
from synctv_server.app.rooms import RoomServices
from synctv_server.domain.room_log import KEPT_FOR as ROOM_LOG_KEPT_FOR
from synctv_server.domain.times import DAY, Millis
from synctv_server.jobs import Job, Jobs
from synctv_server.realtime.caretaker import LOOK_SECONDS
from synctv_server.store.idempotency import IdempotencyStore
from synctv_server.store.links.recovery import RecoveryStore
from synctv_server.store.members import MemberStore
from synctv_server.store.room_log import RoomLogStore

_SWEEP_SECONDS = 600.0
_KEYS_SECONDS = 60.0
_FOLLOW_KEYS_SECONDS = 2.0
_LOG_SECONDS = 30.0
_AUDIT_SECONDS = 10.0
_BACKUP_SECONDS = 300.0
_KEPT_AFTER: Millis = DAY
"""For how long a session or invitation that is over can still be told from one that never was."""


def build_jobs(
    ground: Ground, accounts: AccountServices, rooms: RoomServices, answers: IdempotencyStore
) -> Jobs:
    """Everything that runs by the clock."""
    internal_errors = ground.metrics.internal_errors_total.labels("jobs")
    jobs = [*_expiry(ground, accounts, answers), *_care(ground, accounts, rooms)]
    return Jobs(jobs, on_fault=internal_errors.inc)


def _expiry(ground: Ground, accounts: AccountServices, answers: IdempotencyStore) -> Iterator[Job]:
    """What is cleared when its time is over, each with its count."""
    kept = accounts.accounts

    def expired(noun: str, delete: Callable[[Millis], Awaitable[int]], after: Millis) -> Job:
        counter = ground.metrics.expired_total.labels(noun)

        async def clear() -> None:
            counter.inc(await delete(ground.now() - after))

        return Job(f"expired {noun}", _SWEEP_SECONDS, clear)

    yield expired("sessions", kept.sessions.delete_expired, _KEPT_AFTER)
    yield expired("guests", MemberStore(ground.database).delete_stale_guests, 0)
    yield expired("invitations", kept.invitations.delete_expired, _KEPT_AFTER)
    yield expired("recovery links", RecoveryStore(ground.database).delete_expired, 0)
    yield expired("answers", answers.delete_expired, 0)
    yield expired("room log", RoomLogStore(ground.database).delete_expired, ROOM_LOG_KEPT_FOR)


def _care(ground: Ground, accounts: AccountServices, rooms: RoomServices) -> Iterator[Job]:
    """What is looked after."""

    async def sweep_log() -> None:
        ground.cluster.log.sweep()

    async def prune_audit() -> None:
        await accounts.audit.prune(ground.settings.observability.audit_keep_days)

    yield Job("rooms that play", LOOK_SECONDS, rooms.caretaker.look_after)
    yield Job("room logs", _LOG_SECONDS, sweep_log)
    yield Job("life of signing keys", _KEYS_SECONDS, accounts.signing_keys.look_after)
    yield Job("life of sealing keys", _KEYS_SECONDS, accounts.sealing_keys.look_after)
    yield Job("keys that others changed", _FOLLOW_KEYS_SECONDS, accounts.keys.follow)
    yield Job("audit checkpoints", _AUDIT_SECONDS, accounts.audit.checkpoint)
    yield Job("audit pruning", _SWEEP_SECONDS, prune_audit)
    yield Job("backup", _BACKUP_SECONDS, ground.backups.look_after)
