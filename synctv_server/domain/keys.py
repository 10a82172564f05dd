"""Keys of the installation as records: what a key is for and where it stands in its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from synctv_server.domain.times import Millis


class KeyPurpose(StrEnum):
    SIGNING = "signing"
    SEALING = "sealing"
    MASTER = "master"


class KeyState(StrEnum):
    """`next` is published and does not sign yet; `retiring` verifies and no longer signs."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key.

    `sealed` is its secret part, encrypted by the key that stands above it; empty for the master key, and for a sealing
    key that is retired. `sealed_previous` is the same under the master key before, until its rotation is finished.
    """

    kid: str
    purpose: KeyPurpose
    algorithm: str
    state: KeyState
    created_at: Millis
    activated_at: Millis | None = None
    retires_at: Millis | None = None
    sealed: bytes = field(default=b"", repr=False)
    sealed_previous: bytes | None = field(default=None, repr=False)

    @property
    def verifies(self) -> bool:
        return self.state in (KeyState.NEXT, KeyState.ACTIVE, KeyState.RETIRING)
