"""What can go wrong, as the product says it. Raised at the rule, translated once at each edge.

`KINDS` is the table of the contract: each kind has one stable word, an HTTP status, an exit code and a gRPC
status. A narrower code has the word of its kind or of its subject before a dot: `room.full`, `auth.locked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field of the input; `field` is a path like `settings.max_members`."""

    field: str
    message: str


class SyncTVError(Exception):
    """Base of all errors that a person may be told of.

    `message` says what to do next; it never holds a secret.
    """

    kind: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 70
    grpc_status: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.kind
        self.hint = hint
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds


class Invalid(SyncTVError):
    """The input breaks a rule; `errors` names the fields."""

    kind, http_status, exit_code, grpc_status = "invalid", 422, 2, "INVALID_ARGUMENT"


class Malformed(Invalid):
    """The body does not parse at all."""

    http_status = 400


class UnsupportedContent(Invalid):
    """The body is of a type that this route does not read."""

    http_status = 415


class Unauthenticated(SyncTVError):
    """Nobody is signed in, or what was shown as proof is not good."""

    kind, http_status, exit_code, grpc_status = "unauthenticated", 401, 7, "UNAUTHENTICATED"


class Forbidden(SyncTVError):
    """Signed in, and not allowed."""

    kind, http_status, exit_code, grpc_status = "forbidden", 403, 7, "PERMISSION_DENIED"


class NotFound(SyncTVError):
    """No such thing, or none that this person may know of."""

    kind, http_status, exit_code, grpc_status = "not_found", 404, 8, "NOT_FOUND"


class Conflict(SyncTVError):
    """The state of things does not allow it now: taken, closed, changed in between."""

    kind, http_status, exit_code, grpc_status = "conflict", 409, 9, "ABORTED"


class PreconditionFailed(Conflict):
    """`If-Match` named another version than the present one."""

    http_status = 412


class RateLimited(SyncTVError):
    """Too often; `retry_after_seconds` says when to come back."""

    kind, http_status, exit_code, grpc_status = "rate_limited", 429, 1, "RESOURCE_EXHAUSTED"


class TooLarge(SyncTVError):
    """More bytes or items than the limit."""

    kind, http_status, exit_code, grpc_status = "too_large", 413, 2, "OUT_OF_RANGE"


class Unavailable(SyncTVError):
    """Something that this needs is away or busy; the same request may succeed later."""

    kind, http_status, exit_code, grpc_status = "unavailable", 503, 6, "UNAVAILABLE"


class ConfigurationInvalid(SyncTVError):
    """The configuration cannot be used as it stands. Met by the command line only."""

    kind, exit_code = "configuration_invalid", 5


class ActionNeeded(SyncTVError):
    """Something must be done first, such as pending migrations. Met by the command line only."""

    kind, exit_code = "action_needed", 3


class BrokenState(SyncTVError):
    """A dirty or drifted schema, a bad backup. Met by the command line only."""

    kind, exit_code = "broken_state", 4


class IncompatibleVersion(SyncTVError):
    """The database or a file belongs to another version of the program. Met by the command line only."""

    kind, exit_code = "incompatible_version", 10


KINDS: tuple[type[SyncTVError], ...] = (
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    RateLimited,
    TooLarge,
    Unavailable,
    SyncTVError,
)
"""The kinds that travel over HTTP, WebSocket and gRPC.

The last is `internal`, whose text never leaves the server.
"""
