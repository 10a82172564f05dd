"""The security posture of an installation, as findings with a severity. Called by `synctv audit`.

One file per theme; a rule is a small function that gives the weaknesses it sees. Nothing is changed.
"""

from __future__ import annotations

from synctv_server.upkeep.posture.finding import SEVERITIES, Finding, Severity, at_least
from synctv_server.upkeep.posture.review import RULES, Review, review
from synctv_server.upkeep.posture.sarif import sarif_log

__all__ = ["RULES", "SEVERITIES", "Finding", "Review", "Severity", "at_least", "review", "sarif_log"]
