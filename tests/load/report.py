"""The table on the screen, and the report in a folder: Markdown with a picture for each plot."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.load.findings import Finding, Outcome, Plot
from tests.load.plots import svg


@dataclass(frozen=True, slots=True)
class Section:
    """One scenario that has run. `load` is the machine's load average before and after it."""

    name: str
    says: str
    outcome: Outcome
    load: tuple[float, float]

    @property
    def heading(self) -> str:
        return f"{self.name} (load average {self.load[0]:.1f} before, {self.load[1]:.1f} after)"


def table(section: Section) -> str:
    """For the screen: figure, goal, and a mark where a goal is missed."""
    lines = [f"\n== {section.heading} =="]
    for finding in section.outcome.findings:
        mark = "" if finding.is_met else "  MISSED"
        lines.append(
            f"{finding.what:<58}{_figure(finding.value):>12} {finding.unit:<5}{_goal(finding):<12}{mark}"
        )
    return "\n".join(lines)


def write(folder: Path, command: str, sections: list[Section]) -> Path:
    """`report.md` and its pictures; gives the report's path."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [f"# Load\n\n{machine()}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, `{command}`.\n"]
    for section in sections:
        parts.append(f"## {section.heading}\n\n{section.says}\n")
        parts.append("| figure | | goal | |\n| --- | ---: | --- | --- |")
        parts += [
            f"| {f.what} | {_figure(f.value)} {f.unit} | {_goal(f)} | {'' if f.is_met else 'missed'} |"
            for f in section.outcome.findings
        ]
        parts.append("")
        for plot in section.outcome.plots:
            name = _file_name(section.name, plot)
            (folder / name).write_text(svg(plot), encoding="utf-8")
            parts.append(f"![{plot.title}]({name})\n")
    report = folder / "report.md"
    report.write_text("\n".join(parts), encoding="utf-8")
    return report


def machine() -> str:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE)):
        model = found[1]
    return (
        f"{os.cpu_count()} cores, {model}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; server on one core, viewers on another, over loopback."
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def _goal(finding: Finding) -> str:
    return "" if finding.most is None else f"<= {finding.most:g}"


def _file_name(scenario: str, plot: Plot) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", plot.title.lower()).strip("-")
    return f"{scenario}-{words}.svg"
