"""What a check is: an id, a question to the premises, and the verdict that it comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import getdoc
from typing import Literal

from synctv_server.upkeep.premises import Premises

Status = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Cure:
    """A way to mend what was found: in words, and the act itself. It may be taken twice without harm."""

    does: str
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, and what a person can do about it."""

    status: Status
    message: str
    fix: str = ""
    cure: Cure | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. `run` may raise NotExaminable: the check is skipped then.

    `about` says what is wanted; of a function with a name its first line does.
    """

    id: str
    run: Callable[[Premises], Verdict | Awaitable[Verdict]]
    about: str = ""

    @property
    def wanted(self) -> str:
        """What is wanted, in one sentence."""
        return self.about or (getdoc(self.run) or "").partition("\n")[0]


def well(message: str) -> Verdict:
    """Nothing to do."""
    return Verdict("ok", message)


def doubtful(message: str, fix: str, cure: Cure | None = None) -> Verdict:
    """It works, and should not stay so."""
    return Verdict("warn", message, fix, cure)


def ill(message: str, fix: str, cure: Cure | None = None) -> Verdict:
    """It does not work, or is dangerous."""
    return Verdict("fail", message, fix, cure)
