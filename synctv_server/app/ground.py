"""What everything stands on: clock, ids, metrics, health, the database, and what replicas share. Built first."""

from __future__ import annotations

import secrets
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from synctv_server.app.checks import disk_check, schema_check
from synctv_server.cluster.counters import Counters
from synctv_server.cluster.memory.counters import MemoryCounters
from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.cluster.memory.once import MemoryOnce
from synctv_server.cluster.memory.presence import MemoryPresence
from synctv_server.cluster.memory.room_log import MemoryRoomLog
from synctv_server.cluster.notices import Notices
from synctv_server.cluster.once import Once
from synctv_server.cluster.presence import Presence
from synctv_server.cluster.room_log import RoomLog
from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.config.settings import Settings
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.ids import Ids
from synctv_server.domain.times import Now
from synctv_server.net.reach import origin_of
from synctv_server.observability.health import Health, HealthCheck
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.wire import encode_event, numbered_frame
from synctv_server.security.passwords import PasswordHasher
from synctv_server.store import Database, StoreObserver, open_database
from synctv_server.store.trail import AuditTrail
from synctv_server.upkeep.backup.installed import Installed
from synctv_server.upkeep.backup.schedule import BackupSchedule


@dataclass(frozen=True, slots=True)
class Cluster:
    """What replicas share; with one server, in this process."""

    log: RoomLog
    notices: Notices
    presence: Presence
    counters: Counters
    once: Once


@dataclass(frozen=True, slots=True)
class Ground:
    """`link_base` is the address by which people reach the server, without a slash at its end."""

    settings: Settings
    data_dir: Path
    link_base: str
    now: Now
    ids: Ids
    metrics: Metrics
    health: Health
    database: Database
    cluster: Cluster
    hasher: PasswordHasher
    backups: BackupSchedule


async def lay_ground(loaded: LoadedSettings, now: Now, stack: AsyncExitStack) -> Ground:
    """Opens the database and starts the threads for passwords; both are closed with `stack`."""
    settings = loaded.settings
    metrics = Metrics()
    password = settings.database.password
    database = await stack.enter_async_context(
        open_database(
            settings.database.url,
            password=password.reveal() if password else None,
            pool_size=settings.database.pool_size,
            observer=_StoreMetrics(metrics),
            trail=AuditTrail(loaded.data_dir / AUDIT_HEAD_FILE_NAME, now=now),
        )
    )
    hasher = stack.enter_context(PasswordHasher())
    health = Health(time.monotonic)
    stack.push_async_callback(health.close)
    health.add(HealthCheck("database", database.ping))
    health.add(schema_check(settings.database))
    health.add(disk_check(loaded.data_dir))
    metrics.on_render(lambda: _fill_gauges(metrics, database, hasher))
    server = settings.server
    return Ground(
        settings=settings,
        data_dir=loaded.data_dir,
        link_base=origin_of(server.public_url, server.host, server.port),
        now=now,
        ids=Ids(now, secrets.token_bytes, Lock()),
        metrics=metrics,
        health=health,
        database=database,
        cluster=_in_this_process(now),
        hasher=hasher,
        backups=BackupSchedule(Installed.of(loaded), database, settings.backup, now),
    )


def _in_this_process(now: Now) -> Cluster:
    return Cluster(
        log=MemoryRoomLog(encode_event, numbered_frame, now),
        notices=MemoryNotices(),
        presence=MemoryPresence(),
        counters=MemoryCounters(now),
        once=MemoryOnce(now),
    )


class _StoreMetrics(StoreObserver):
    """What the store tells of itself, as metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def waited(self, seconds: float) -> None:
        self._metrics.db_connection_acquire_duration_seconds.observe(seconds)

    def queried(self, seconds: float) -> None:
        self._metrics.db_query_duration_seconds.observe(seconds)

    def query_failed(self) -> None:
        self._metrics.db_query_errors_total.inc()

    def rolled_back(self) -> None:
        self._metrics.db_transaction_rollbacks_total.inc()

    def audited(self, entries: int) -> None:
        self._metrics.audit_entries_total.inc(entries)


def _fill_gauges(metrics: Metrics, database: Database, hasher: PasswordHasher) -> None:
    use = database.pool_use()
    metrics.db_pool_size_max.set(use.size_max)
    metrics.db_connections_active.set(use.active)
    metrics.db_connections_idle.set(use.idle)
    metrics.db_connections_waiting.set(use.waiting)
    metrics.db_pool_utilization_ratio.set(use.active / use.size_max if use.size_max else 0)
    metrics.passwords_waiting.set(hasher.waiting)
