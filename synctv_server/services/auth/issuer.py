"""Opens sessions and makes their access tokens. Used by the services of this package."""

from __future__ import annotations

from dataclasses import replace

from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.sessions import Client, Person, Session
from synctv_server.domain.times import SECOND, Millis
from synctv_server.domain.users import User
from synctv_server.security.keyring import Keyring
from synctv_server.security.tokens import Claims, hash_secret, new_secret
from synctv_server.services.auth.accounts import Accounts, SignedIn


class Issuer:
    """The lives of tokens are those of the settings; no access token outlives its session."""

    def __init__(self, accounts: Accounts, keyring: Keyring, section: AuthSection) -> None:
        self._accounts = accounts
        self._keyring = keyring
        self._section = section

    @property
    def refresh_life(self) -> Millis:
        """How long a session lives from its last refresh on."""
        return self._section.refresh_token_seconds * SECOND

    async def open(self, user: User, client: Client) -> SignedIn:
        """A new session of an account, kept when this returns, or with the transaction that is open."""
        now = self._accounts.now()
        session = Session(
            id=self._accounts.ids.session(),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=now + self.refresh_life,
            user_agent=client.user_agent,
            address=client.address,
        )
        refresh_token = new_secret()
        await self._accounts.sessions.create(session, hash_secret(refresh_token))
        return self.signed_in(user, session, refresh_token)

    def signed_in(self, user: User | Person, session: Session, refresh_token: str | None) -> SignedIn:
        """The answer to a sign-in, with a new access token of this session."""
        now = self._accounts.now()
        expires_at = min(now + self._section.access_token_seconds * SECOND, session.expires_at)
        token = self._keyring.sign(Claims(session.user_id, session.id, now, expires_at))
        return SignedIn(user, session, token, refresh_token, (expires_at - now) // SECOND)

    async def extend(self, session: Session, client: Client, life: Millis) -> Session:
        """The session used now and good for `life` from now on."""
        now = self._accounts.now()
        await self._accounts.sessions.extend(session.id, now + life)
        await self._accounts.sessions.touch(session.id, now, client.address)
        return replace(session, last_used_at=now, expires_at=now + life, address=client.address)
