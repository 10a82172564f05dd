"""The life of an installation: what the command line, the jobs and the administration do to it."""

from __future__ import annotations
