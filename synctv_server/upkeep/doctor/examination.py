"""Takes all checks, one after the other, and the cures of those that have one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from inspect import isawaitable

from synctv_server.domain.errors import SyncTVError
from synctv_server.upkeep.doctor import (
    accounts,
    audit_log,
    backups,
    clock,
    configuration,
    control,
    database,
    files,
    keys,
    logs,
    machine,
    media,
    modes,
    network,
    postgres,
    schema,
)
from synctv_server.upkeep.doctor.check import Check, Cure, Verdict, ill
from synctv_server.upkeep.premises import NotExaminable, Premises, told

CHECKS: tuple[Check, ...] = (
    *configuration.CHECKS,
    *files.CHECKS,
    *modes.CHECKS,
    *machine.CHECKS,
    *clock.CHECKS,
    *logs.CHECKS,
    *network.CHECKS,
    *control.CHECKS,
    *database.CHECKS,
    *postgres.CHECKS,
    *schema.CHECKS,
    *keys.CHECKS,
    *accounts.CHECKS,
    *audit_log.CHECKS,
    *backups.CHECKS,
    *media.CHECKS,
)

_ROUNDS = 3  # a cure may lay bare what could not be seen before


@dataclass(frozen=True, slots=True)
class Report:
    """A check with its verdict; `cured` says what was done about it, `complaint` why a cure did not take."""

    id: str
    verdict: Verdict
    cured: str = ""
    complaint: str = ""


async def examine(premises: Premises) -> list[Report]:
    """Every check on the premises as they are. Changes nothing, and never raises for what is broken there."""
    return [Report(check.id, await _taken(check, premises)) for check in CHECKS]


async def mend(open_premises: Callable[[], AbstractAsyncContextManager[Premises]]) -> list[Report]:
    """As `examine`, after every cure there is; the premises are opened anew for each round."""
    outcomes: dict[str, Report] = {}
    reports: list[Report] = []
    for _ in range(_ROUNDS):
        async with open_premises() as premises:
            reports = await examine(premises)
            taken = [
                await _cured(report, cure) for report, cure in _cures(reports) if report.id not in outcomes
            ]
        outcomes |= {outcome.id: outcome for outcome in taken}
        if not taken:
            break
    return [
        replace(report, cured=outcomes[report.id].cured, complaint=outcomes[report.id].complaint)
        if report.id in outcomes
        else report
        for report in reports
    ]


def _cures(reports: list[Report]) -> list[tuple[Report, Cure]]:
    return [(report, report.verdict.cure) for report in reports if report.verdict.cure is not None]


async def _taken(check: Check, premises: Premises) -> Verdict:
    try:
        verdict = check.run(premises)
        return verdict if isinstance(verdict, Verdict) else await verdict
    except NotExaminable as reason:
        return Verdict("skip", str(reason))
    except SyncTVError as error:
        return Verdict("skip", error.message)
    except OSError as error:
        return Verdict("skip", told(error))
    except Exception as error:
        return ill(
            f"what is there cannot be understood: {type(error).__name__}: {error}",
            "restore what was changed by hand; if nothing was, please report it",
        )


async def _cured(report: Report, cure: Cure) -> Report:
    """The report once the cure was taken, or with why it did not take."""
    try:
        done = cure.act()
        if isawaitable(done):
            await done
    except OSError as error:
        return replace(report, complaint=told(error))
    except SyncTVError as error:
        return replace(report, complaint=error.message)
    return replace(report, cured=cure.does)
