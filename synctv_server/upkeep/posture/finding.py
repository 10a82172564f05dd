"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from synctv_server.upkeep.premises import Premises

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
"""In rising order."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """One thing that a rule sees; `where` is the setting or the file."""

    severity: Severity
    message: str
    fix: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness with the id of the rule that saw it."""

    id: str
    severity: Severity
    message: str
    fix: str
    where: str = ""


Seen = Sequence[Weakness]


@dataclass(frozen=True, slots=True)
class Rule:
    """`about` says in one line what is wanted. `look` may raise NotExaminable: the rule is told as not looked at."""

    id: str
    about: str
    look: Callable[[Premises], Seen | Awaitable[Seen]]


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether one is as grave as the other."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)
