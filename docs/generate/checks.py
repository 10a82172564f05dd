"""docs/reference/checks.md, from the checks of `synctv doctor` and the rules of `synctv audit`."""

from __future__ import annotations

from docs.generate.markdown import code, document, table
from synctv_server.upkeep.doctor import CHECKS
from synctv_server.upkeep.posture import RULES

_INTRODUCTION = """\
What `synctv doctor` looks at, and by which rules `synctv audit` judges. The names are those of `--json`, and stay.
How to use both is in [Is it well, and is it safe?](../guides/health-and-posture.md)"""


def page() -> str:
    """A table for each of the two."""
    checks = table(("check", "what is wanted"), ((code(check.id), check.wanted) for check in CHECKS))
    rules = table(("rule", "what is wanted"), ((code(rule.id), rule.about) for rule in RULES))
    return document(
        "Checks and rules", _INTRODUCTION, "## `synctv doctor`", checks, "## `synctv audit`", rules
    )
