"""Invitations to make an account: a link with a secret, a role, a number of uses and an end."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.ids import InvitationId, UserId
from synctv_server.domain.times import Millis
from synctv_server.domain.users import SiteRole


@dataclass(frozen=True, slots=True)
class Invitation:
    """Only the hash of the secret is kept."""

    id: InvitationId
    role: SiteRole
    uses_left: int
    created_at: Millis
    expires_at: Millis
    created_by: UserId | None = None

    def is_usable(self, now: Millis) -> bool:
        return self.uses_left > 0 and now < self.expires_at
