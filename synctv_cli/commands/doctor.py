"""`synctv doctor`: everything that could be wrong with this installation, each with what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from synctv_cli.commands import YES, single_command
from synctv_cli.context import Invocation
from synctv_cli.failures import ACTION_NEEDED
from synctv_cli.views import Lines, Result

if TYPE_CHECKING:
    from synctv_server.upkeep.doctor import Report

app = single_command()

_GRAVE = {"fail": {"fail"}, "warn": {"fail", "warn"}}


@app.command()
def doctor(
    ctx: typer.Context,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without a decision.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: say what it would do, do nothing.")
    ] = False,
    fail_on: Annotated[
        Literal["fail", "warn"],
        typer.Option(metavar="fail|warn", help="Exit 3 when a check is at least this bad."),
    ] = "fail",
    _yes: YES = False,
) -> Result:
    """Look for everything that could be wrong, and say what to do; exit 3 when something is."""
    import asyncio

    invocation = Invocation.of(ctx)
    reports = asyncio.run(_reports(invocation, is_mending=fix and not dry_run))
    _write_down(invocation, [report for report in reports if report.cured])
    is_grave = any(report.verdict.status in _GRAVE[fail_on] for report in reports)
    lines = _lines(reports, is_verbose=invocation.output.is_verbose, tells_cures=fix)
    return Result(
        {"checks": [_shown(report) for report in reports]},
        Lines(lines, hang=10),
        ACTION_NEEDED if is_grave else 0,
    )


async def _reports(invocation: Invocation, *, is_mending: bool) -> list[Report]:
    from synctv_cli.premises import opened_premises
    from synctv_server.upkeep.doctor import examine, mend

    if is_mending:
        async with _alone(invocation):
            return await mend(partial(opened_premises, invocation))
    async with opened_premises(invocation) as premises:
        return await examine(premises)


@asynccontextmanager
async def _alone(invocation: Invocation) -> AsyncIterator[None]:
    """No other command works on the installation meanwhile; a running server may, and so may nothing at all."""
    from synctv_server.supervisor.lock import InstallationLock, held

    holder = InstallationLock(invocation.data_dir).find_holder()
    if not invocation.data_dir.is_dir() or (holder is not None and holder.is_server):
        yield
        return
    async with held(invocation.data_dir, "doctor"):
        yield


def _write_down(invocation: Invocation, cured: Sequence[Report]) -> None:
    from synctv_cli.operator import write_down
    from synctv_server.domain.audit import Deed, Party

    if cured:
        deeds = [
            Deed("fault.mended", Party("check", "", report.id), after={"cure": report.cured})
            for report in cured
        ]
        write_down(invocation, *deeds)


def _shown(report: Report) -> dict[str, object]:
    verdict = report.verdict
    shown: dict[str, object] = {"id": report.id, "status": verdict.status, "message": verdict.message}
    if verdict.fix:
        shown["fix"] = verdict.fix
    if verdict.cure is not None:
        shown["cure"] = verdict.cure.does
    if report.cured:
        shown["cured"] = report.cured
    if report.complaint:
        shown["complaint"] = report.complaint
    return shown


def _lines(reports: Sequence[Report], *, is_verbose: bool, tells_cures: bool) -> list[str]:
    lines: list[str] = []
    for report in reports:
        verdict = report.verdict
        if verdict.status in {"ok", "skip"} and not (is_verbose or report.cured):
            continue
        lines.append(f"{verdict.status:4}  {report.id:20}  {verdict.message}")
        lines += [f"      do: {verdict.fix}"] if verdict.fix else []
        lines += [f"      --fix does: {verdict.cure.does}"] if verdict.cure and tells_cures else []
        lines += [f"      done: {report.cured}"] if report.cured else []
        lines += [f"      --fix could not: {report.complaint}"] if report.complaint else []
    count = Counter(report.verdict.status for report in reports)
    lines.append(
        f"{len(reports)} checks: {count['ok']} ok, {count['warn']} warn, {count['fail']} fail, {count['skip']} skipped"
    )
    return lines
