"""One open application for a test of the doors; `tests/support/doors.py` has the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.doors import House, Visitor, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as made:
        yield made


@pytest.fixture
async def ann(house: House) -> Visitor:
    return await house.person("ann")


@pytest.fixture
async def bob(house: House) -> Visitor:
    return await house.person("bob")
