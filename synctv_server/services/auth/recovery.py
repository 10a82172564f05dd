"""Account rescue: a one-time link by which somebody who lost a password sets a new one.

Made by an administrator or the operator, handed over by other means; used on the page of its address.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.sessions import Actor
from synctv_server.domain.text import invalid
from synctv_server.domain.times import DAY, SECOND, Millis
from synctv_server.domain.users import User
from synctv_server.security.tokens import hash_secret, new_secret
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.passwords import LoginService
from synctv_server.services.auth.sessions import SessionService
from synctv_server.store.links.recovery import RecoveryStore

LONGEST_SECONDS = 7 * DAY // SECOND


@dataclass(frozen=True, slots=True)
class RecoveryLink:
    """The link as its owner opens it; the secret stands in its fragment and is shown this once."""

    url: str = field(repr=False)
    expires_at: Millis


class RecoveryService:
    """`link_base` is the address that people reach the server by, without a slash at its end."""

    def __init__(
        self,
        accounts: Accounts,
        credentials: Credentials,
        sessions: SessionService,
        login: LoginService,
        link_base: str,
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._login = login
        self._store = RecoveryStore(accounts.database)
        self._link_base = link_base

    async def make_link(self, actor: Actor, name: str, expires_in_seconds: int) -> RecoveryLink:
        """The one link of this account; an older one is dead by it. Nothing else changes until it is used.

        Forbidden where the account's role is not below the actor's; NotFound; Invalid when the span is out of bounds.
        """
        actor.require_administrator()
        if not 60 <= expires_in_seconds <= LONGEST_SECONDS:
            raise invalid("expires_in", "must be one minute to seven days")
        user = await self._accounts.users.get_user_by_name(name)
        actor.require_above(user.role)
        now = self._accounts.now()
        secret, expires_at = new_secret(), now + expires_in_seconds * SECOND
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._store.put(user.id, hash_secret(secret), expires_at, now)
            transaction.audit(actor, Deed("user.recovery_started", Party.account(user)))
        # The secret stands in the fragment, which a browser sends to no server and no log keeps.
        return RecoveryLink(f"{self._link_base}/recover#{secret}", expires_at)

    async def recover(self, token: str, password: str) -> User:
        """The account with its new password; the link is used up, its sessions end, and wrong tries are forgiven.

        Of several who use the link at once one succeeds. Forbidden `auth.recovery_invalid` for one that was used, is
        over, or was replaced; Invalid when the password breaks a rule, which leaves the link as it is.
        """
        token_hash = hash_secret(token)
        user_id = await self._store.find_user(token_hash, self._accounts.now())
        if user_id is None:
            raise _not_usable()
        user = await self._accounts.users.get_user(user_id)
        hashed = await self._credentials.new_hash(user.username, password)
        async with self._accounts.database.transaction(durable=True) as transaction:
            if not await self._store.consume(token_hash, self._accounts.now()):
                raise _not_usable()
            await self._accounts.users.set_password_hash(user.id, hashed)
            await self._sessions.end_all_of(user.id)
            transaction.audit(Party.account(user), Deed("user.recovered", Party.account(user)))
            transaction.after_commit(lambda: self._login.forgive(user))
        return user


def _not_usable() -> Forbidden:
    return Forbidden(
        "this link was used or is over; ask an administrator for a new one", code="auth.recovery_invalid"
    )
