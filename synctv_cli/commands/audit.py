"""`synctv audit`: the security posture of this installation; and `synctv audit log`, the record of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from synctv_cli.commands import LightGroup, audit_log
from synctv_cli.context import Invocation
from synctv_cli.failures import ACTION_NEEDED
from synctv_cli.views import Lines, Result

if TYPE_CHECKING:
    from synctv_server.upkeep.posture import Review

app = typer.Typer(cls=LightGroup, rich_markup_mode=None, add_completion=False)
app.add_typer(audit_log.app, name="log")


@app.callback(invoke_without_command=True)
def audit(
    ctx: typer.Context,
    *,
    output_format: Annotated[
        Literal["text", "json", "sarif"],
        typer.Option("--format", metavar="text|json|sarif", help="`json` is the same as --json."),
    ] = "text",
    fail_on: Annotated[
        Literal["info", "low", "medium", "high", "critical"],
        typer.Option(
            metavar="SEVERITY", help="Exit 3 when a finding is at least so grave: info to critical."
        ),
    ] = "high",
) -> Result | None:
    """Judge the security of this installation by its settings, files, keys and accounts; changes nothing."""
    import asyncio

    from synctv_server.upkeep.posture import at_least

    if ctx.invoked_subcommand is not None:
        return None
    invocation = Invocation.of(ctx)
    invocation.require_installation()
    if output_format == "json":
        invocation.output.as_json = True
    reviewed, sarif = asyncio.run(_reviewed(invocation))
    is_grave = any(at_least(finding.severity, fail_on) for finding in reviewed.findings)
    text = Lines(sarif) if output_format == "sarif" else Lines(_in_words(reviewed), hang=10)
    return Result(_document(reviewed), text, ACTION_NEEDED if is_grave else 0)


async def _reviewed(invocation: Invocation) -> tuple[Review, list[str]]:
    """The review, and the same as lines of SARIF."""
    import json

    from synctv_cli.premises import opened_premises
    from synctv_server.upkeep.posture import review, sarif_log

    async with opened_premises(invocation) as premises:
        reviewed = await review(premises)
        log = json.dumps(sarif_log(reviewed, premises.config_file), ensure_ascii=False, indent=2)
        return reviewed, log.splitlines()


def _document(reviewed: Review) -> dict[str, object]:
    return {
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "message": finding.message,
                "fix": finding.fix,
                "where": finding.where,
            }
            for finding in reviewed.findings
        ],
        "skipped": [{"id": each.id, "reason": each.reason} for each in reviewed.skipped],
    }


def _in_words(reviewed: Review) -> list[str]:
    lines = []
    for finding in reviewed.findings:
        lines += [
            f"{finding.severity:8}  {finding.id:24}  {finding.message}",
            f"          do: {finding.fix}",
        ]
    reasons = dict.fromkeys(each.reason for each in reviewed.skipped)
    for reason in reasons:
        ids = ", ".join(each.id for each in reviewed.skipped if each.reason == reason)
        lines.append(f"not looked at, since {reason}: {ids}")
    count = len(reviewed.findings)
    return [*lines, f"{count} finding{'' if count == 1 else 's'}"]
