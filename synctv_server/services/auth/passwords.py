"""Signing in with name and password, and changing the password. Called by the front doors."""

from __future__ import annotations

from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Forbidden, RateLimited, Unauthenticated
from synctv_server.domain.ids import UserId
from synctv_server.domain.sessions import Actor, Client
from synctv_server.domain.users import User, name_key
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.failed_sign_ins import FailedSignIns
from synctv_server.services.auth.lockout import Attempt, Lockout
from synctv_server.services.auth.sessions import SessionService


class LoginService:
    """An unknown name costs the same work and gets the same answers as a wrong password."""

    def __init__(self, accounts: Accounts, credentials: Credentials, sessions: SessionService) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._lockout = Lockout(accounts.now)
        self._failures = FailedSignIns(accounts)

    async def login(self, identifier: str, password: str, client: Client) -> SignedIn:
        """A new session for a name or e-mail address with its password.

        Unauthenticated `auth.wrong_password`, RateLimited `auth.locked` after ten wrong ones, Forbidden
        `auth.banned`, Unavailable when too many sign in at once.
        """
        try:
            return await self._login(identifier, password, client)
        except (Unauthenticated, RateLimited, Forbidden) as refusal:
            await self._failures.note(identifier, client.address, refusal.code)
            raise

    async def _login(self, identifier: str, password: str, client: Client) -> SignedIn:
        user = await self._accounts.users.find_user_by_name(identifier)
        known = await self._known_addresses(user)
        name = user.id if user is not None else name_key(identifier)
        found, hashed = await self._compare(user, password, self._lockout.begin(name, client.address, known))
        renewed = await self._credentials.renewed_hash(password, hashed)
        async with self._accounts.database.transaction(durable=True) as transaction:
            # A password that was changed while this one was being compared opens nothing any more.
            if await self._accounts.users.password_hash(found.id) != hashed:
                raise _wrong_password()
            found = await self._accounts.users.get_user(found.id)
            self._accounts.refuse_banned(found)
            if renewed is not None:
                await self._accounts.users.set_password_hash(found.id, renewed)
            signed_in = await self._sessions.open(found, client)
            session = Party("session", signed_in.session.id)
            transaction.audit(Party.account(found), Deed("user.signed_in", session, address=client.address))
            return signed_in

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Set another password for one's own account and end its other sessions.

        Forbidden for who has no account, otherwise refuses as `login` does.
        """
        user = await self._accounts.users.get_user(actor.account())
        # A lock of its own: wrong sign-ins elsewhere do not keep the owner from changing the password.
        await self._compare(user, old, self._lockout.begin(f"{user.id} {actor.session_id}", "", ()))
        hashed = await self._credentials.new_hash(user.username, new)
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._accounts.users.set_password_hash(user.id, hashed)
            transaction.audit(actor, Deed("user.password_changed", Party.account(user)))
            await self._sessions.end_all_of(user.id, except_id=actor.session_id)

    def forgive(self, user: User) -> None:
        """The wrong passwords that were typed for this account count no more."""
        self._lockout.forgive(user.id)

    async def _compare(self, user: User | None, password: str, attempt: Attempt) -> tuple[User, str]:
        """The account and the hash that the password matches, or the refusal."""
        hashed = await self._accounts.users.password_hash(user.id) if user is not None else None
        is_right = await self._credentials.verify(password, hashed)
        self._lockout.settle(attempt)
        if not is_right or user is None or hashed is None:
            self._lockout.wrong(attempt)
            raise _wrong_password()
        self._lockout.right(attempt)
        return user, hashed

    async def _known_addresses(self, user: User | None) -> list[str]:
        user_id = user.id if user is not None else UserId("")
        sessions = await self._accounts.sessions.list_sessions(user_id, self._accounts.now())
        return [session.address for session in sessions]


def _wrong_password() -> Unauthenticated:
    return Unauthenticated("the name or the password is wrong", code="auth.wrong_password")
