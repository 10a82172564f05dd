"""`python -m tests.load [NAME…] [--out DIR] [--scale X] [--minutes N]`: runs scenarios, prints what they find.

With `--out` it writes a report with plots there. The exit code is 0 when every goal is met, else 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.load.findings import Outcome
from tests.load.report import Section, machine, table, write
from tests.load.scenarios import ALL
from tests.load.scenarios.soak import soak_for


def main(words: list[str]) -> int:
    wanted = _arguments(words)
    print(machine())
    sections = []
    for name in wanted.names or ALL:
        before = os.getloadavg()[0]
        outcome = _run(name, wanted)
        says = (ALL[name].__doc__ or "").partition("\n")[0]
        section = Section(name, says, outcome, (before, os.getloadavg()[0]))
        print(table(section), flush=True)
        sections.append(section)
    if wanted.out:
        command = " ".join(["python -m tests.load", *words])
        print(f"\n{write(wanted.out, command, sections)}")
    return 0 if all(finding.is_met for each in sections for finding in each.outcome.findings) else 1


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description="Viewers by the thousand.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}; all without one")
    parser.add_argument("--out", type=Path, help="a folder for the report and its plots")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of viewers and seconds (1)")
    parser.add_argument("--minutes", type=float, help="how long `soak` lasts (2)")
    wanted = parser.parse_args(words)
    if unknown := set(wanted.names) - set(ALL):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    if not wanted.scale > 0:
        parser.error("--scale must be above 0")
    return wanted


def _run(name: str, wanted: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="synctv-load-") as folder:
        if name == "soak" and wanted.minutes:
            return soak_for(Path(folder), wanted.minutes)
        return ALL[name](Path(folder), wanted.scale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
