"""What can go wrong in a command, as the person or the script in front of it is told.

Used by `main` at its edge, and by commands that refuse their input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synctv_server.domain.errors import FieldError, SyncTVError

FAILED = 1
ACTION_NEEDED = 3
BROKEN_STATE = 4
NOT_PERMITTED = 7
INCOMPATIBLE = 10
BUG = 70
INTERRUPTED = 130


class Usage(SyncTVError):
    """The command was typed in a way that it cannot be carried out."""

    kind, http_status, exit_code, grpc_status = "usage", 422, 2, "INVALID_ARGUMENT"


@dataclass(frozen=True)
class Failure:
    """An error as it is shown: a stable word, what happened, what to do, and the exit code."""

    code: str
    message: str
    exit_code: int
    hint: str = ""
    errors: Sequence[FieldError] = ()
    id: str = ""


def expected(error: SyncTVError) -> Failure:
    """An error of the product; its message was written for people."""
    hint = error.hint or ""
    if error.retry_after_seconds is not None and not hint:
        hint = f"Try again in {error.retry_after_seconds:.0f} s."
    return Failure(error.code, error.message, error.exit_code, hint, error.errors)
