"""Everything that could be wrong with an installation, each with what to do. Called by `synctv doctor`.

One file per theme; a check is a small function that gives a verdict, perhaps with a cure.
"""

from __future__ import annotations

from synctv_server.upkeep.doctor.check import Check, Cure, Verdict
from synctv_server.upkeep.doctor.examination import CHECKS, Report, examine, mend

__all__ = ["CHECKS", "Check", "Cure", "Report", "Verdict", "examine", "mend"]
