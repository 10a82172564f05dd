"""Whether the server lives, is ready for visitors and has started: the checks behind the three probes.

`app` adds the checks (database, migrations, disk); `/health/…` and `synctv health` ask. Checks run with a deadline
and their results are kept for a second, so that probes cost the same however many ask. A check that hangs, even in
its cancelling, holds no probe up: it goes on in a task of its own, and until it is back no other is begun.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from synctv_server.domain.errors import SyncTVError

Probe = Literal["live", "ready", "startup"]
Status = Literal["ok", "fail"]

_log = logging.getLogger(__name__)


class CheckResult(TypedDict):
    """One check as a probe shows it."""

    status: Status
    latency_ms: float
    message: NotRequired[str]


class HealthReport(TypedDict):
    """The answer of a probe: `fail` (503) as soon as one check fails."""

    status: Status
    checks: dict[str, CheckResult]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A named question. `run` returns when all is well and raises when not; a SyncTVError's message is shown."""

    name: str
    run: Callable[[], Awaitable[object]]


class Health:
    """The state of this process. `clock` gives seconds that only rise."""

    def __init__(
        self, clock: Callable[[], float], *, deadline_seconds: float = 2.0, cache_seconds: float = 1.0
    ) -> None:
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._cache_seconds = cache_seconds
        self._checks: list[_CachedCheck] = []
        self._has_started = False
        self._is_draining = False

    def add(self, check: HealthCheck) -> None:
        """Makes the ready probe depend on a check."""
        self._checks.append(_CachedCheck(check))

    def started(self) -> None:
        """Migrations are done, keys are loaded: the startup probe answers ok from now on."""
        self._has_started = True

    def drain(self) -> None:
        """The server is about to stop: the ready probe answers 503 while the listeners are still open."""
        self._is_draining = True

    async def probe(self, probe: Probe) -> HealthReport:
        """The report of one probe. That it answers at all is what `live` shows: the loop turns."""
        match probe:
            case "live":
                return _report({"loop": _state(fault=None)})
            case "startup":
                return _report(
                    {"started": _state(fault=None if self._has_started else "the server is starting")}
                )
            case "ready":
                return await self._ready()

    async def _ready(self) -> HealthReport:
        results = await asyncio.gather(*(self._result(check) for check in self._checks))
        checks = dict(zip((check.name for check in self._checks), results, strict=True))
        checks["started"] = _state(fault=None if self._has_started else "the server is starting")
        checks["draining"] = _state(fault="the server is stopping" if self._is_draining else None)
        return _report(checks)

    async def close(self) -> None:
        """Gives up on checks that still hang."""
        hanging = {check.asking for check in self._checks if check.asking is not None}
        for asking in hanging:
            asking.cancel()
        if hanging:
            await asyncio.wait(hanging, timeout=self._deadline_seconds)

    async def _result(self, check: _CachedCheck) -> CheckResult:
        async with check.lock:
            if check.result is None or self._clock() - check.at >= self._cache_seconds:
                began = self._clock()
                fault = await self._fault(check)
                check.at = self._clock()
                check.result = _state(fault=fault, latency_ms=round((check.at - began) * 1_000, 3))
            return check.result

    async def _fault(self, check: _CachedCheck) -> str | None:
        if check.asking is None:
            check.asking = asyncio.create_task(_asked(check), name=f"health check {check.name}")
        done, _ = await asyncio.wait({check.asking}, timeout=self._deadline_seconds)
        if not done:
            return f"no answer within {self._deadline_seconds:g} seconds"
        asking, check.asking = check.asking, None
        return asking.result()


async def _asked(check: _CachedCheck) -> str | None:
    """What is wrong, in words that may be shown; None when all is well."""
    try:
        await check.run()
    except SyncTVError as error:
        return error.message
    except Exception:
        _log.exception("the health check %s failed", check.name)
        return "failed; the log says how"
    return None


class _CachedCheck:
    """A check, its latest result, the question under way, and the lock that lets one caller ask for all."""

    def __init__(self, check: HealthCheck) -> None:
        self.name = check.name
        self.run = check.run
        self.lock = asyncio.Lock()
        self.at = 0.0
        self.result: CheckResult | None = None
        self.asking: asyncio.Task[str | None] | None = None


def _state(*, fault: str | None, latency_ms: float = 0.0) -> CheckResult:
    if fault is None:
        return CheckResult(status="ok", latency_ms=latency_ms)
    return CheckResult(status="fail", latency_ms=latency_ms, message=fault)


def _report(checks: dict[str, CheckResult]) -> HealthReport:
    is_well = all(check["status"] == "ok" for check in checks.values())
    return HealthReport(status="ok" if is_well else "fail", checks=checks)
