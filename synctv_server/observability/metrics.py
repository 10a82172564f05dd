"""Every metric of the server, in one place and one registry of its own. Made by `app`, handed to whoever counts.

The names `db_…` are those of the seed; all others begin with `synctv_`. Gauges of things that are counted elsewhere
(sessions, pool, queues) are read when the page is asked for: `on_render`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from synctv_server.observability.logs import dropped_lines

# A moment of birth beside each series tells nobody anything here. The library has no types for this function.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_QUICK = (0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_REQUEST = (0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DRIFT = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.5, 5.0)


@dataclass(frozen=True, slots=True)
class MetricReference:
    """One metric as the reference shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    description: str


class Metrics:
    """The metrics as attributes. A label value never comes from a visitor: routes and types, not paths and names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reference: list[MetricReference] = []
        self._on_render: list[Callable[[], None]] = []
        ProcessCollector(registry=self.registry)
        self._declare_database()
        self._declare_doors()
        self._declare_rooms()
        self._declare_upkeep()

    def on_render(self, fill: Callable[[], None]) -> None:
        """Calls `fill` each time before the page is written, to set gauges. It must not block."""
        self._on_render.append(fill)

    def render(self) -> bytes:
        """The page in Prometheus' text format, `CONTENT_TYPE`."""
        for fill in self._on_render:
            fill()
        return generate_latest(self.registry)

    def _declare_database(self) -> None:
        self.db_pool_size_max = self._gauge(
            "db_pool_size_max", "Connections that the pool may hold; with SQLite, readers and the writer."
        )
        self.db_connections_active = self._gauge("db_connections_active", "Connections at work.")
        self.db_connections_idle = self._gauge("db_connections_idle", "Open connections that wait for work.")
        self.db_connections_waiting = self._gauge(
            "db_connections_waiting",
            "Callers that wait for a connection; with SQLite, also for the one writer.",
        )
        self.db_pool_utilization_ratio = self._gauge(
            "db_pool_utilization_ratio",
            "Connections at work, as a part of those that the pool may hold: 0 to 1.",
        )
        self.db_connection_acquire_duration_seconds = self._histogram(
            "db_connection_acquire_duration_seconds", "How long a caller waited for a connection.", _QUICK
        )
        self.db_query_duration_seconds = self._histogram(
            "db_query_duration_seconds", "How long a statement took.", _QUICK
        )
        self.db_query_errors_total = self._counter(
            "db_query_errors_total", "Statements that the database refused or that did not reach it."
        )
        self.db_transaction_rollbacks_total = self._counter(
            "db_transaction_rollbacks_total", "Transactions that were undone."
        )

    def _declare_doors(self) -> None:
        self.http_request_duration_seconds = self._histogram(
            "synctv_http_request_duration_seconds",
            "How long an HTTP request took, to the last byte of its answer.",
            _REQUEST,
            labels=("method", "route", "status"),
        )
        self.internal_errors_total = self._counter(
            "synctv_internal_errors_total",
            "Faults of the program that were answered `internal`; the log has each with its request id.",
            labels=("door",),
        )
        self.rate_limited_total = self._counter(
            "synctv_rate_limited_total",
            "Requests and commands that were refused as too many.",
            labels=("scope",),
        )
        self.ws_connections = self._gauge("synctv_ws_connections", "Open sockets.")
        self.ws_messages_total = self._counter(
            "synctv_ws_messages_total",
            "Frames, by direction (`in`, `out`) and type.",
            labels=("direction", "type"),
        )
        self.outbox_dropped_total = self._counter(
            "synctv_outbox_dropped_total", "Viewers that were dropped, by the reason.", labels=("reason",)
        )

    def _declare_rooms(self) -> None:
        self.rooms_live = self._gauge("synctv_rooms_live", "Rooms that are held in memory.")
        self.fanout_seconds = self._histogram(
            "synctv_fanout_seconds", "From an event's publication to its last write to a socket.", _QUICK
        )
        self.playback_drift_seconds = self._histogram(
            "synctv_playback_drift_seconds",
            "How far a viewer who reports is from the room, either way.",
            _DRIFT,
        )
        self.turns_waiting = self._gauge(
            "synctv_turns_waiting", "Commands that wait for the turn of their room."
        )

    def _declare_upkeep(self) -> None:
        self.passwords_waiting = self._gauge(
            "synctv_passwords_waiting", "Password checks that wait for a free core."
        )
        self.signing_key_age_seconds = self._gauge(
            "synctv_signing_key_age_seconds", "Age of each signing key that is in use.", labels=("kid",)
        )
        self.audit_entries_total = self._counter(
            "synctv_audit_entries_total", "Entries written into the audit log."
        )
        self.expired_total = self._counter(
            "synctv_expired_total", "Rows that were cleared because they had expired.", labels=("noun",)
        )
        self.log_lines_dropped_total = self._counter(
            "synctv_log_lines_dropped_total",
            "Log lines that were lost because the disk or terminal was too slow.",
        )
        self._log_lines_counted = dropped_lines()
        self.on_render(self._count_dropped_lines)

    def _count_dropped_lines(self) -> None:
        dropped = dropped_lines()
        self.log_lines_dropped_total.inc(max(0, dropped - self._log_lines_counted))
        self._log_lines_counted = dropped

    def _gauge(self, name: str, description: str, *, labels: Sequence[str] = ()) -> Gauge:
        self._note(name, "gauge", labels, description)
        return Gauge(name, description, labels, registry=self.registry)

    def _counter(self, name: str, description: str, *, labels: Sequence[str] = ()) -> Counter:
        self._note(name, "counter", labels, description)
        return Counter(name, description, labels, registry=self.registry)

    def _histogram(
        self, name: str, description: str, buckets: Sequence[float], *, labels: Sequence[str] = ()
    ) -> Histogram:
        self._note(name, "histogram", labels, description)
        return Histogram(name, description, labels, registry=self.registry, buckets=buckets)

    def _note(self, name: str, kind: str, labels: Sequence[str], description: str) -> None:
        self.reference.append(MetricReference(name, kind, tuple(labels), description))
