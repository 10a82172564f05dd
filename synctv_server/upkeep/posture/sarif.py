"""Findings as SARIF 2.1.0 (OASIS), which code scanning of GitHub, GitLab and Azure reads. For `--format sarif`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from synctv_server import __version__
from synctv_server.upkeep.posture.finding import Finding, Severity
from synctv_server.upkeep.posture.review import RULES, Review

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {
    "info": "note",
    "low": "note",
    "medium": "warning",
    "high": "error",
    "critical": "error",
}
_SCORES: dict[Severity, str] = {
    "info": "0.0",
    "low": "3.0",
    "medium": "5.5",
    "high": "8.0",
    "critical": "9.5",
}
"""`security-severity`, by which GitHub ranks: above 9.0 is critical, from 7.0 high, from 4.0 medium."""


def sarif_log(reviewed: Review, config_file: Path) -> dict[str, Any]:
    """The log of one run. A finding about a setting is placed in `config_file`."""
    indexes = {rule.id: index for index, rule in enumerate(RULES)}
    run = {
        "tool": {"driver": {"name": "synctv audit", "version": __version__, "rules": _rules(reviewed)}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": f"not looked at: {each.reason}"},
                        "associatedRule": {"id": each.id, "index": indexes[each.id]},
                    }
                    for each in reviewed.skipped
                ],
            }
        ],
        "results": [_result(finding, indexes[finding.id], config_file) for finding in reviewed.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(reviewed: Review) -> list[dict[str, Any]]:
    """Every rule, with the score of the worst that it found; without one it found nothing."""
    worst = {finding.id: finding.severity for finding in reversed(reviewed.findings)}
    return [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.about},
            "properties": {"tags": ["security"], "security-severity": _SCORES[worst.get(rule.id, "info")]},
        }
        for rule in RULES
    ]


def _result(finding: Finding, index: int, config_file: Path) -> dict[str, Any]:
    place = Path(finding.where) if finding.where.startswith("/") else config_file
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": place.as_uri()}}}
    if finding.where and place == config_file:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.where}]
    mark = hashlib.sha256(f"{finding.id}\n{finding.where}".encode()).hexdigest()
    return {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. To mend it: {finding.fix}"},
        "locations": [location],
        "partialFingerprints": {"synctvAudit/v1": mark},
        "properties": {"severity": finding.severity, "fix": finding.fix},
    }
