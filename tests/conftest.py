"""What holds for every test, and who works when: the long ones first, and those that measure moments undisturbed."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist shows no types

# A slow machine is no fault of the property, and a failure has to come back on the next run of the same commit.
settings.register_profile("synctv", deadline=None, derandomize=True)
settings.load_profile("synctv")

LONG = "tests/e2e/"
MEASURED = tuple(f"{LONG}test_{name}.py" for name in ("jitter", "thirty_viewers", "two_browsers"))
"""These tell milliseconds apart: one worker takes them one after another, and the others leave them the cores."""
_MANNERS = 10
_AHEAD = 2
"""A worker begins a test when it has the next one too."""


class Measured(LoadScopeScheduling):  # type: ignore[misc]
    """Each test goes to the next worker that is free; all that measure are one, the largest, which is given out first.

    Until that one is through, only as many workers work as there are cores; from then on all of them, since most
    tests wait for processes rather than compute. The mark `xdist_group` would make them one too, but has no effect
    with pytest 9.2 (pytest-xdist's issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "measured" if nodeid.startswith(MEASURED) else nodeid

    def _waits(self, node: object) -> bool:
        given_out = (work["measured"] for work in self.assigned_work.values() if "measured" in work)
        measuring = any(not all(tests.values()) for tests in given_out)
        return measuring and node in self.nodes[os.cpu_count() :]

    def _assign_work_unit(self, node: object) -> None:
        if not self._waits(node):
            super()._assign_work_unit(node)

    def mark_test_complete(self, node: object, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        for other in self.nodes:
            if self._pending_of(self.assigned_work[other]) < _AHEAD:
                self._reschedule(other)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Measured:
    return Measured(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """So that in the end no worker is left alone with a long one."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """All that was imported stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A worker that measures nothing, or no more, stands back for good, with every process that it starts then."""
    if not item.nodeid.startswith(MEASURED):
        os.nice(_MANNERS - os.nice(0))
