"""Refresh tokens: each use gives a new one, and a used one that comes again ends the session.

Part of `SessionService`. There are two kindnesses, for a client whose answer was lost (contract §3, Refresh): the
cookie form takes the token before the present one for ten seconds without rotating again, and the body form gives
the same answer to the same `Idempotency-Key` for sixty. The answer that they give again is kept beside the session,
encrypted under the used token itself: only who shows that one can have it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from synctv_server.domain.errors import Unauthenticated
from synctv_server.domain.sessions import Client
from synctv_server.domain.times import SECOND, Millis
from synctv_server.domain.users import User
from synctv_server.security.tokens import hash_secret, lock_with, new_secret, unlock_with
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.issuer import Issuer
from synctv_server.store.sessions import RefreshMatch

COOKIE_KINDNESS: Millis = 10 * SECOND
REPEAT_KINDNESS: Millis = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Shown:
    """A refresh token as it came: in the cookie of the web client, or in a body with or without an idempotency key."""

    token: str
    is_cookie: bool
    idempotency_key: str | None


class Renewal:
    """Decides what one shown refresh token gets. All of it is called inside one transaction."""

    def __init__(self, accounts: Accounts, issuer: Issuer) -> None:
        self._accounts = accounts
        self._issuer = issuer

    async def find(self, token: str) -> RefreshMatch:
        """The session that this token is or was of; Unauthenticated when there is none, or it is over."""
        match = await self._accounts.sessions.find_by_refresh(hash_secret(token))
        if match is None or match.session.is_guest:
            raise Unauthenticated(
                "the refresh token is not known; sign in again", code="auth.refresh_unknown"
            )
        if not match.session.is_alive(self._accounts.now()):
            raise Unauthenticated("this sign-in is over; sign in again", code="auth.session_ended")
        return match

    async def renew(self, match: RefreshMatch, user: User, shown: Shown, client: Client) -> SignedIn | None:
        """New tokens, or those of a kindness; None when the token is a used one that came again."""
        if match.which == "current":
            renewed = await self._rotate(match, user, shown, client)
            if renewed is not None:
                return renewed
            match = await self.find(shown.token)  # the same token, used by somebody else a moment ago
        return self._repeat(match, user, shown)

    async def _rotate(self, match: RefreshMatch, user: User, shown: Shown, client: Client) -> SignedIn | None:
        token = new_secret()
        session = match.session
        signed_in = self._issuer.signed_in(
            user, replace(session, expires_at=self._accounts.now() + self._issuer.refresh_life), token
        )
        is_first = await self._accounts.sessions.rotate(
            session.id,
            hash_secret(shown.token),
            hash_secret(token),
            self._accounts.now(),
            successor=lock_with(shown.token, _packed(signed_in, shown.idempotency_key)),
        )
        if not is_first:
            return None
        return replace(
            signed_in, session=await self._issuer.extend(session, client, self._issuer.refresh_life)
        )

    def _repeat(self, match: RefreshMatch, user: User, shown: Shown) -> SignedIn | None:
        if match.which != "previous" or match.successor is None or match.rotated_at is None:
            return None
        answer = unlock_with(shown.token, match.successor)
        if answer is None:
            return None
        age = self._accounts.now() - match.rotated_at
        refresh_token, access_token, expires_in, key = json.loads(answer)
        if shown.is_cookie and age <= COOKIE_KINDNESS:
            return self._issuer.signed_in(user, match.session, refresh_token)
        is_repeat = shown.idempotency_key is not None and shown.idempotency_key == key
        if is_repeat and not shown.is_cookie and age <= REPEAT_KINDNESS:
            return SignedIn(user, match.session, access_token, refresh_token, expires_in)
        return None


def _packed(signed_in: SignedIn, key: str | None) -> bytes:
    answer = (signed_in.refresh_token, signed_in.access_token, signed_in.expires_in_seconds, key)
    return json.dumps(answer).encode()
