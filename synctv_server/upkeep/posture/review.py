"""Takes all rules, and tells what none of them could look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synctv_server.domain.errors import SyncTVError
from synctv_server.upkeep.posture import access, files, keys, people, programs, secrets
from synctv_server.upkeep.posture.finding import SEVERITIES, Finding, Rule, Seen
from synctv_server.upkeep.premises import NotExaminable, Premises, told

RULES: tuple[Rule, ...] = (
    *secrets.RULES,
    *access.RULES,
    *files.RULES,
    *keys.RULES,
    *people.RULES,
    *programs.RULES,
)


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """A rule that could not be applied, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """The gravest finding first."""

    findings: Sequence[Finding]
    skipped: Sequence[NotLookedAt]


async def review(premises: Premises) -> Review:
    """Every rule on the premises as they are. Never raises for what is broken there."""
    findings: list[Finding] = []
    skipped: list[NotLookedAt] = []
    for rule in RULES:
        try:
            findings += [
                Finding(rule.id, seen.severity, seen.message, seen.fix, seen.where)
                for seen in await _seen(rule, premises)
            ]
        except NotExaminable as reason:
            skipped.append(NotLookedAt(rule.id, str(reason)))
        except SyncTVError as error:
            skipped.append(NotLookedAt(rule.id, error.message))
        except OSError as error:
            skipped.append(NotLookedAt(rule.id, told(error)))
        except Exception as error:
            strange = f"what is there cannot be understood: {type(error).__name__}: {error}"
            skipped.append(NotLookedAt(rule.id, strange))
    findings.sort(key=lambda finding: -SEVERITIES.index(finding.severity))
    return Review(findings, skipped)


async def _seen(rule: Rule, premises: Premises) -> Seen:
    seen = rule.look(premises)
    return seen if isinstance(seen, Sequence) else await seen
