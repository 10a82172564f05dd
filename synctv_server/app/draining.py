"""How a stopping server spends `server.drain_seconds`. Made by `app`, kept to by it and by `supervisor`."""

from __future__ import annotations

from dataclasses import dataclass

_LEAD, _FLUSH, _REQUESTS = 0.1, 0.2, 0.3
"""Shares of the whole. What is left is for the close frames, the jobs and the database."""


@dataclass(frozen=True, slots=True)
class DrainTimes:
    """The most that each phase takes, in their order.

    First the ready probe alone says 503, so that a proxy sends nobody any more (only while viewers are there). Then
    viewers hear when to come back. Then requests that are under way may end; a film that is being loaded does not,
    and its player asks for the rest when the server is back.
    """

    lead_seconds: float
    flush_seconds: float
    requests_seconds: float

    @classmethod
    def of(cls, drain_seconds: float) -> DrainTimes:
        return cls(
            lead_seconds=drain_seconds * _LEAD,
            flush_seconds=drain_seconds * _FLUSH,
            requests_seconds=drain_seconds * _REQUESTS,
        )
