"""Making an account: by oneself where the site is open, or by an invitation. Called by the front doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.invitations import Invitation
from synctv_server.domain.sessions import Client
from synctv_server.domain.users import SiteRole, User, UserStatus, check_email, check_username
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.invitations import InvitationService


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a registration; without tokens where somebody has to look at it first."""

    status: Literal["active"]
    user: User
    signed_in: SignedIn | None


class RegistrationService:
    """`closed` and `invite` take nobody without an invitation, which only an administrator can make; they differ in
    what the page offers. `open` takes everybody.
    """

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        sessions: SessionService,
        invitations: InvitationService,
        section: AuthSection,
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._invitations = invitations
        self._section = section

    async def register(
        self, username: str, password: str, email: str | None, invite: str | None, client: Client
    ) -> Registered:
        """A new account, signed in.

        Forbidden `auth.registration_closed`, `auth.invite_needed`, `auth.invite_invalid`; Invalid; Conflict
        `user.name_taken`, `user.email_taken`.
        """
        invitation = await self._admit(invite)
        check_username(username)
        address = check_email(email) if email else None
        hashed = await self._credentials.new_hash(username, password)
        user = User(
            id=self._accounts.ids.user(),
            username=username,
            role=invitation.role if invitation is not None else SiteRole.USER,
            status=UserStatus.ACTIVE,
            created_at=self._accounts.now(),
            email=address,
        )
        async with self._accounts.database.transaction(durable=True) as transaction:
            if invitation is not None:
                await self._invitations.take(invitation)
            await self._accounts.users.create(user, hashed)
            who = Party.account(user)
            by = {"role": user.role, "invitation": invitation.id if invitation is not None else None}
            transaction.audit(who, Deed("user.registered", who, after=by, address=client.address))
            signed_in = await self._sessions.open(user, client)
        return Registered("active", user, signed_in)

    async def _admit(self, invite: str | None) -> Invitation | None:
        """The invitation that counts, or None where none is needed; asked before a password costs any work."""
        if invite:
            return await self._invitations.find(invite)
        if self._section.registration == "closed":
            raise Forbidden("registration is closed on this server", code="auth.registration_closed")
        if self._section.registration == "invite":
            raise Forbidden(
                "an account needs an invitation here; open the link of one", code="auth.invite_needed"
            )
        return None
