"""Nothing half done, nothing switched off, hardly anything faked."""

from __future__ import annotations

import re
from pathlib import Path

from tests.structure.source import ROOT, lines, name_of, production, suite

_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|NotImplemented" r"Error)\b")
_SWITCHED_OFF = re.compile(r"pytest\.(?:mark\.)?(?:skip|xfail|importorskip)|unittest\.skip")
_FAKED = re.compile(r"\bmonkeypatch\b|\bmock\b|\bMagicMock\b|\bAsyncMock\b|\bpatch\(")
_SLEEP = re.compile(r"\b(?:time|asyncio)\.sleep\((?!0\))")
_BLANKET = re.compile(r"#\s*(?:type:\s*ignore|noqa)\s*(?:$|[^\[:])")
FAKED_PER_THOUSAND = 5
SLEEPERS = {
    "tests/bench/": "a measurement lasts",
    "tests/load/": "a measurement lasts",
    "tests/load/scenarios/full_house.py": "a measurement lasts",
    "tests/load/scenarios/stall.py": "a measurement lasts",
    "tests/store/test_migration_faults.py": "cuts a migration at many points",
    "tests/store/test_postgres.py": "tries again while the database restarts",
    "tests/store/test_transactions.py": "cuts a transaction at many points",
    "tests/api/test_unfinished_requests.py": "sends a byte now and then",
    "tests/support/returning.py": "comes back when the server has asked it to",
    "tests/support/waiting.py": "asks again until a deadline",
    "tests/unit/realtime/test_presence.py": "asks again until a deadline",
    "tests/unit/supervisor/test_lock.py": "another process holds the lock",
}
"""The files and folders that may let time pass, each with its reason. Everyone else waits for a condition."""
_HERE = Path(__file__)


def test_nothing_is_left_unfinished() -> None:
    assert matches(_UNFINISHED, production() + others(suite()) + client_files()) == []


def test_no_test_is_switched_off() -> None:
    assert matches(_SWITCHED_OFF, others(suite())) == []


def test_no_check_is_silenced_without_its_name() -> None:
    assert matches(_BLANKET, production() + others(suite())) == []


def test_hardly_anything_is_faked() -> None:
    files = others(suite())
    total = sum(len(lines(path)) for path in files)
    faked = matches(_FAKED, files)
    assert len(faked) <= max(FAKED_PER_THOUSAND, total * FAKED_PER_THOUSAND // 1_000), faked


def test_no_test_waits_for_a_guess() -> None:
    sleeping = [found for found in matches(_SLEEP, others(suite())) if not found.startswith(tuple(SLEEPERS))]
    assert sleeping == []


def matches(pattern: re.Pattern[str], files: tuple[Path, ...]) -> list[str]:
    """`file:line` of every line in which the pattern stands."""
    return [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(lines(path), start=1)
        if pattern.search(line)
    ]


def others(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """All but this file, which has to name what it looks for."""
    return tuple(path for path in files if path != _HERE)


def client_files() -> tuple[Path, ...]:
    """The web client's own source."""
    return tuple(path for pattern in ("*.ts", "*.svelte") for path in (ROOT / "web/src").rglob(pattern))
