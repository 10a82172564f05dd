"""The three probes, the deadline and the cache of the checks."""

from __future__ import annotations

import asyncio

from synctv_server.domain.errors import Unavailable
from synctv_server.observability.health import Health, HealthCheck


class Clock:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Database:
    """Something that is checked, counts how often, and fails when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.fault: Exception | None = None

    async def ping(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault


def started(database: Database, clock: Clock | None = None, deadline_seconds: float = 2.0) -> Health:
    health = Health(clock or Clock(), deadline_seconds=deadline_seconds)
    health.add(HealthCheck("database", database.ping))
    health.started()
    return health


async def test_ready_names_every_check() -> None:
    report = await started(Database()).probe("ready")
    assert report["status"] == "ok"
    assert set(report["checks"]) == {"database", "started", "draining"}
    assert report["checks"]["database"] == {"status": "ok", "latency_ms": 0.0}


async def test_failing_check_makes_ready_fail_with_its_message_and_live_stays_ok() -> None:
    database = Database()
    database.fault = Unavailable("the database does not answer")
    health = started(database)
    report = await health.probe("ready")
    assert report["status"] == "fail"
    assert report["checks"]["database"]["message"] == "the database does not answer"
    assert (await health.probe("live"))["status"] == "ok"


async def test_text_of_an_unknown_fault_stays_in_the_log() -> None:
    database = Database()
    database.fault = RuntimeError("password=canary")
    report = await started(database).probe("ready")
    assert report["checks"]["database"]["status"] == "fail"
    assert "canary" not in str(report)


async def test_check_that_hangs_fails_at_its_deadline() -> None:
    health = Health(Clock(), deadline_seconds=0.01)
    health.started()
    health.add(HealthCheck("stuck", asyncio.Event().wait))
    report = await health.probe("ready")
    assert report["checks"]["stuck"]["message"] == "no answer within 0.01 seconds"


async def test_check_that_hangs_in_its_cancelling_too_holds_no_probe_up_and_is_asked_once() -> None:
    released = asyncio.Event()
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        try:
            await released.wait()
        finally:
            await released.wait()  # as a connection that waits for its thread

    clock = Clock()
    health = Health(clock, deadline_seconds=0.01)
    health.started()
    health.add(HealthCheck("stuck", ask))
    for _ in range(3):
        clock.seconds += 2
        async with asyncio.timeout(1):
            assert (await health.probe("ready"))["status"] == "fail"
    assert asked == 1
    released.set()
    clock.seconds += 2
    assert (await health.probe("ready"))["status"] == "ok"
    await health.probe("ready")
    assert asked == 1


async def test_close_gives_up_on_a_check_that_hangs() -> None:
    health = Health(Clock(), deadline_seconds=0.01)
    health.add(HealthCheck("stuck", asyncio.Event().wait))
    await health.probe("ready")
    async with asyncio.timeout(1):
        await health.close()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "health check stuck"] == []


async def test_probes_at_once_ask_one_time_and_a_second_later_again() -> None:
    database, clock = Database(), Clock()
    health = started(database, clock)
    await asyncio.gather(*(health.probe("ready") for _ in range(50)))
    assert database.asked == 1
    clock.seconds += 1.0
    await health.probe("ready")
    assert database.asked == 2


async def test_startup_and_ready_wait_for_the_start() -> None:
    health = Health(Clock())
    assert (await health.probe("startup"))["status"] == "fail"
    assert (await health.probe("ready"))["status"] == "fail"
    health.started()
    assert (await health.probe("startup"))["status"] == "ok"
    assert (await health.probe("ready"))["status"] == "ok"


async def test_draining_server_is_alive_and_not_ready() -> None:
    health = started(Database())
    health.drain()
    report = await health.probe("ready")
    assert report["status"] == "fail"
    assert report["checks"]["draining"]["message"] == "the server is stopping"
    assert (await health.probe("live"))["status"] == "ok"
