"""Invitations to make an account: made by administrators, taken by registration. Called by the admin routes."""

from __future__ import annotations

from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.invitations import Invitation
from synctv_server.domain.sessions import Actor
from synctv_server.domain.text import invalid
from synctv_server.domain.times import DAY, SECOND, to_rfc3339
from synctv_server.domain.users import SiteRole
from synctv_server.security.tokens import hash_secret, new_secret
from synctv_server.services.auth.accounts import Accounts

USES_MOST = 1_000
LONGEST_SECONDS = 365 * DAY // SECOND


class InvitationService:
    """`link_base` is the address that people reach the server by, without a slash at its end."""

    def __init__(self, accounts: Accounts, link_base: str) -> None:
        self._accounts = accounts
        self._link_base = link_base

    async def create(
        self, actor: Actor, role: SiteRole, uses: int, expires_in_seconds: int
    ) -> tuple[Invitation, str]:
        """An invitation and its link, which is shown this once: only the hash of its secret is kept.

        Forbidden for a role that is not below the actor's; Invalid when a number is out of bounds.
        """
        actor.require_above(role)
        if not 1 <= uses <= USES_MOST:
            raise invalid("uses", f"must be 1 to {USES_MOST}")
        if not 60 <= expires_in_seconds <= LONGEST_SECONDS:
            raise invalid("expires_in_seconds", "must be one minute to one year")
        now = self._accounts.now()
        secret = new_secret()
        invitation = Invitation(
            id=self._accounts.ids.invitation(),
            role=role,
            uses_left=uses,
            created_at=now,
            expires_at=now + expires_in_seconds * SECOND,
            created_by=actor.user_id,
        )
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._accounts.invitations.create(invitation, hash_secret(secret))
            given = {"role": role, "uses": uses, "expires_at": to_rfc3339(invitation.expires_at)}
            transaction.audit(
                actor, Deed("invitation.created", Party("invitation", invitation.id), after=given)
            )
        # The secret stands in the fragment, which a browser sends to no server and no log keeps.
        return invitation, f"{self._link_base}/register#{secret}"

    async def find(self, secret: str) -> Invitation:
        """The usable invitation of this secret; Forbidden `auth.invite_invalid` when there is none."""
        invitation = await self._accounts.invitations.find_by_secret(hash_secret(secret))
        if invitation is None or not invitation.is_usable(self._accounts.now()):
            raise _not_usable()
        return invitation

    async def take(self, invitation: Invitation) -> None:
        """Use it up once, in the transaction that makes the account; of many at once no more than it has uses."""
        if not await self._accounts.invitations.take(invitation.id, self._accounts.now()):
            raise _not_usable()


def _not_usable() -> Forbidden:
    return Forbidden("this invitation was used up or is over; ask for a new one", code="auth.invite_invalid")
