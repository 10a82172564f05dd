"""Accounts as administrators and their owners see and change them. Called by the admin routes and `/me`."""

from __future__ import annotations

from dataclasses import replace

from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Conflict, NotFound, PreconditionFailed
from synctv_server.domain.ids import SessionId
from synctv_server.domain.pages import Page
from synctv_server.domain.sessions import Actor, Session
from synctv_server.domain.text import invalid, one_line
from synctv_server.domain.times import Millis, to_rfc3339
from synctv_server.domain.users import (
    EditAccount,
    SiteRole,
    User,
    UserStatus,
    check_email,
    check_username,
)
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.auth.credentials import Credentials
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.auth.setup import SetupService
from synctv_server.store.members import MemberStore

REASON_LONGEST = 500


class UserService:
    """Nobody acts on an account of an equal or higher role but the operator; a site never loses its last root."""

    def __init__(
        self, accounts: Accounts, credentials: Credentials, sessions: SessionService, setup: SetupService
    ) -> None:
        self._accounts = accounts
        self._credentials = credentials
        self._sessions = sessions
        self._setup = setup
        self._members = MemberStore(accounts.database)

    async def create(
        self, actor: Actor, username: str, password: str | None, email: str | None, role: SiteRole
    ) -> User:
        """A new account. Without a password nobody can sign in to it until one is set.

        Forbidden for a role that is not below the actor's; Invalid; Conflict `user.name_taken`, `user.email_taken`.
        """
        actor.require_above(role)
        check_username(username)
        address = check_email(email) if email else None
        hashed = await self._credentials.new_hash(username, password) if password is not None else None
        user = User(
            id=self._accounts.ids.user(),
            username=username,
            role=role,
            status=UserStatus.ACTIVE,
            created_at=self._accounts.now(),
            email=address,
        )
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._accounts.users.create(user, hashed)
            given = {"role": role, "email": address}
            transaction.audit(actor, Deed("user.created", Party.account(user), after=given))
            if role is SiteRole.ROOT:
                transaction.after_commit(self._setup.forget_link)
        return user

    async def get(self, actor: Actor, name: str) -> User:
        """The account of this name or e-mail address, for an administrator; NotFound."""
        actor.require_administrator()
        return await self._accounts.users.get_user_by_name(name)

    async def list_users(self, actor: Actor, cursor: str | None, limit: int) -> Page[User]:
        """Accounts in the order of their making, for an administrator."""
        actor.require_administrator()
        return await self._accounts.users.list_users(cursor, limit)

    async def set_password(self, actor: Actor, name: str, password: str) -> User:
        """Another password for somebody's account; all its sessions end."""
        user = await self._get_below(actor, name)
        hashed = await self._credentials.new_hash(user.username, password)
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._accounts.users.set_password_hash(user.id, hashed)
            transaction.audit(actor, Deed("user.password_set", Party.account(user)))
            await self._sessions.end_all_of(user.id)
        return user

    async def set_role(self, actor: Actor, name: str, role: SiteRole) -> User:
        """Another role on the site; Forbidden where either role is not below the actor's, Conflict `user.last_root`."""
        actor.require_above(role)
        async with self._accounts.database.transaction(durable=True) as transaction:
            user = await self._get_below(actor, name)
            if role is not SiteRole.ROOT:
                await self._keep_a_root(user)
            changed = await self._accounts.users.update(replace(user, role=role), user.version)
            transaction.audit(actor, _change("user.role_set", user, changed))
            transaction.after_commit(lambda: self._sessions.forget(user.id))
            if role is SiteRole.ROOT:
                transaction.after_commit(self._setup.forget_link)
        return changed

    async def ban(self, actor: Actor, name: str, reason: str, until: Millis | None) -> User:
        """Keep an account from signing in, for ever or until a moment, and end its sessions."""
        clean = one_line("reason", reason, longest=REASON_LONGEST)
        if until is not None and until <= self._accounts.now():
            raise invalid("until", "must be in the future")
        async with self._accounts.database.transaction(durable=True) as transaction:
            user = await self._get_below(actor, name)
            await self._keep_a_root(user)
            banned = replace(user, status=UserStatus.BANNED, ban_reason=clean, banned_until=until)
            changed = await self._accounts.users.update(banned, user.version)
            transaction.audit(actor, _change("user.banned", user, changed))
            await self._sessions.end_all_of(user.id, is_banned=True)
        return changed

    async def unban(self, actor: Actor, name: str) -> User:
        """Let an account sign in again; one that is not banned stays as it is."""
        async with self._accounts.database.transaction(durable=True) as transaction:
            user = await self._get_below(actor, name)
            if user.status is UserStatus.ACTIVE:
                return user
            free = replace(user, status=UserStatus.ACTIVE, ban_reason=None, banned_until=None)
            changed = await self._accounts.users.update(free, user.version)
            transaction.audit(actor, _change("user.unbanned", user, changed))
        return changed

    async def sessions(self, actor: Actor, name: str) -> list[Session]:
        """The living sessions of somebody's account, for an administrator."""
        user = await self.get(actor, name)
        return await self._sessions.list_sessions(actor, user.id)

    async def end_session(self, actor: Actor, name: str, session_id: SessionId) -> None:
        """End one sign-in of somebody's account; NotFound where it is not a living one of that account."""
        user = await self._get_below(actor, name)
        if session_id not in [each.id for each in await self._sessions.list_sessions(actor, user.id)]:
            raise NotFound("this account has no such session")
        await self._sessions.end(actor, session_id)

    async def end_sessions(self, actor: Actor, name: str) -> int:
        """End all sign-ins of somebody's account; how many there were."""
        user = await self._get_below(actor, name)
        living = await self._sessions.list_sessions(actor, user.id)
        await self._sessions.end_all(actor, user.id)
        return len(living)

    async def me(self, actor: Actor) -> User:
        """One's own account; Forbidden for guests and the operator, who have none."""
        return await self._accounts.users.get_user(actor.account())

    async def update_me(
        self, actor: Actor, edit: EditAccount, *, expected_version: int | None = None
    ) -> User:
        """One's own name and e-mail address; the name changes in all rooms.

        Invalid; Conflict `user.name_taken`, `user.email_taken`; PreconditionFailed where it was changed meanwhile.
        """
        async with self._accounts.database.transaction(durable=True) as transaction:
            user = await self.me(actor)
            if expected_version not in (None, user.version):
                raise PreconditionFailed("the account has been changed in between; read it again")
            changed = await self._accounts.users.update(_edited(user, edit), user.version)
            if changed.username != user.username:
                await self._members.rename(user.id, changed.username)
                transaction.after_commit(lambda: self._sessions.forget(user.id))
        return changed

    async def _get_below(self, actor: Actor, name: str) -> User:
        user = await self.get(actor, name)
        actor.require_above(user.role)
        return user

    async def _keep_a_root(self, user: User) -> None:
        if user.role is not SiteRole.ROOT:
            return
        if await self._accounts.users.hold_roots() in ([], [user.id]):
            raise Conflict(
                "this is the last root account; make another one root first", code="user.last_root"
            )


def _change(action: str, before: User, after: User) -> Deed:
    old, new = _standing(before), _standing(after)
    changed = [name for name in old if old[name] != new[name]]
    return Deed(
        action,
        Party.account(after),
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
    )


def _standing(user: User) -> dict[str, str | None]:
    """What the audit log tells of an account."""
    until = user.banned_until
    return {
        "role": user.role,
        "status": user.status,
        "ban_reason": user.ban_reason,
        "banned_until": None if until is None else to_rfc3339(until),
    }


def _edited(user: User, edit: EditAccount) -> User:
    username = user.username if edit.username is None else check_username(edit.username)
    email = user.email
    if edit.email is not None:
        email = check_email(edit.email) if edit.email else None
    return replace(user, username=username, email=email)
