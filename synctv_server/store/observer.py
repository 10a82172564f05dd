"""What the store tells about itself: times and counts of each query, and the present use of the pool.

`app` hands in an observer that feeds the metrics; the store knows nothing of Prometheus.
"""

from __future__ import annotations

from dataclasses import dataclass


class StoreObserver:
    """Hears of each wait, query and rollback. This one hears and does nothing."""

    def waited(self, seconds: float) -> None:
        """A caller has had to wait this long for a connection."""

    def queried(self, seconds: float) -> None:
        """One statement took this long, well or badly."""

    def query_failed(self) -> None:
        """One statement was refused by the database or did not reach it."""

    def rolled_back(self) -> None:
        """One transaction was undone."""

    def audited(self, entries: int) -> None:
        """So many entries of the audit log were kept."""


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How many connections there may be, how many stand idle or work, and how many callers wait for one."""

    size_max: int
    idle: int
    active: int
    waiting: int
