"""What runs by the clock: jobs with a name and an interval. Built by `app`, run by `supervisor` beside its doors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from synctv_server.domain.errors import SyncTVError
from synctv_server.observability.logs import request_id

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called every `interval_seconds`, the first time one interval after the start."""

    name: str
    interval_seconds: float
    run: Callable[[], Awaitable[object]]


class Jobs:
    """The jobs of one server. One that fails is logged, and runs again when its time comes."""

    def __init__(self, jobs: Sequence[Job], on_fault: Callable[[], None]) -> None:
        self._jobs = tuple(jobs)
        self._on_fault = on_fault

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._repeat(job), name=f"job {job.name}")

    async def run_once(self) -> None:
        """All jobs now, one after the other."""
        for job in self._jobs:
            await self._attempt(job)

    async def _repeat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(job.interval_seconds)
            await self._attempt(job)

    async def _attempt(self, job: Job) -> None:
        before = request_id.set(f"job {job.name}")
        try:
            await job.run()
        except SyncTVError as error:
            _log.warning("the job %s could not be done: %s", job.name, error.message)
        except Exception:
            _log.exception("the job %s failed", job.name)
            self._on_fault()
        finally:
            request_id.reset(before)
