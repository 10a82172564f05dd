"""Sessions: who a token speaks for, refresh, sign-out, the list of one's devices. Called by every front door."""

from __future__ import annotations

from synctv_server.cluster.notices import Notices, SessionEnded, UserBanned
from synctv_server.domain.audit import Deed, Outcome, Party
from synctv_server.domain.errors import NotFound, Unauthenticated
from synctv_server.domain.ids import SessionId, UserId
from synctv_server.domain.sessions import Actor, ActorKind, Client, Session
from synctv_server.domain.users import User
from synctv_server.security.keyring import UnknownKey
from synctv_server.security.tokens import hash_secret
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.live_sessions import LiveSessions
from synctv_server.services.auth.renewal import Renewal, Shown
from synctv_server.services.keys import KeyService


class SessionService:
    """Follows the notices for as long as it lives."""

    def __init__(self, accounts: Accounts, issuer: Issuer, keys: KeyService, notices: Notices) -> None:
        self._accounts = accounts
        self._issuer = issuer
        self._keys = keys
        self._keyring = keys.keyring
        self._notices = notices
        self._renewal = Renewal(accounts, issuer)
        self._live = LiveSessions(accounts.now)
        notices.follow(self._live.hear)

    async def authenticate(self, token: str) -> Actor:
        """Who this access token speaks for.

        Unauthenticated when it is not good, over, or its session has ended: at once on the server that ended it,
        within a second on others. Forbidden `auth.banned`. Asks no database for a token seen within a second.
        """
        try:
            claims = self._keyring.verify(token)
        except UnknownKey:
            await self._keys.reload()
            claims = self._keyring.verify(token)
        return self._live.find(claims.session_id) or await self.actor_of(claims.session_id)

    async def actor_of(self, session_id: SessionId) -> Actor:
        """Who this session speaks for, as the database has it now; refuses as `authenticate` does."""
        mark = self._live.mark()
        session = await self._accounts.sessions.find_session(session_id)
        if session is None or not session.is_alive(self._accounts.now()):
            raise Unauthenticated("this sign-in is over; sign in again", code="auth.session_ended")
        actor = await self._describe(session)
        self._live.keep(session_id, actor, mark)
        return actor

    async def open(self, user: User, client: Client) -> SignedIn:
        """A new session of this account, with its first tokens. Who it is has been proved before."""
        return await self._issuer.open(user, client)

    async def refresh(
        self,
        refresh_token: str,
        client: Client,
        *,
        is_cookie: bool = False,
        idempotency_key: str | None = None,
    ) -> SignedIn:
        """New tokens for a refresh token, which is used up by it.

        A used one that comes again ends the session: Unauthenticated `auth.token_reused`, but for the two
        kindnesses of `renewal`. Of several uses at once one rotates.
        """
        shown = Shown(refresh_token, is_cookie, idempotency_key)
        async with self._accounts.database.transaction(durable=True) as transaction:
            match = await self._renewal.find(refresh_token)
            user = await self._accounts.users.get_user(match.session.user_id)
            self._accounts.refuse_banned(user)
            renewed = await self._renewal.renew(match, user, shown, client)
            if renewed is None:
                await self._end(match.session)
                transaction.audit(Party.account(user), _reuse(match.session, client))
        if renewed is None:
            raise Unauthenticated(
                "this refresh token was used before, so the sign-in was ended; sign in again",
                code="auth.token_reused",
            )
        return renewed

    async def logout(self, refresh_token: str) -> None:
        """End the session that this refresh token is or was of; an unknown one changes nothing."""
        match = await self._accounts.sessions.find_by_refresh(hash_secret(refresh_token))
        if match is not None:
            await self._end(match.session)

    async def list_sessions(self, actor: Actor, user_id: UserId) -> list[Session]:
        """The living sessions of an account: one's own, or anybody's for an administrator."""
        if actor.user_id != user_id:
            actor.require_administrator()
        return await self._accounts.sessions.list_sessions(user_id, self._accounts.now())

    async def end(self, actor: Actor, session_id: SessionId) -> None:
        """End one session, one's own or as an administrator; NotFound when there is none that one may know of."""
        session = await self._accounts.sessions.find_session(session_id)
        may_know = session is not None and (session.user_id == actor.user_id or actor.is_administrator)
        if session is None or not may_know or not session.is_alive(self._accounts.now()):
            raise NotFound("there is no such session")
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._end(session)
            if session.user_id != actor.user_id:
                transaction.audit(actor, Deed("session.ended", Party("session", session.id)))

    async def end_all(self, actor: Actor, user_id: UserId, *, except_current: bool = False) -> None:
        """End all sessions of an account, but the actor's own where `except_current`."""
        if actor.user_id != user_id:
            actor.require_administrator()
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self.end_all_of(user_id, except_id=actor.session_id if except_current else None)
            if actor.user_id != user_id:
                transaction.audit(actor, Deed("session.all_ended", Party("user", user_id)))

    async def end_all_of(
        self, user_id: UserId, *, except_id: SessionId | None = None, is_banned: bool = False
    ) -> None:
        """The same as part of another use case, which has asked for permission; in its transaction."""
        async with self._accounts.database.transaction(durable=True) as transaction:
            ended = await self._accounts.sessions.end_all(user_id, self._accounts.now(), except_id=except_id)
            if is_banned:
                transaction.after_commit(lambda: self._notices.publish(UserBanned(user_id)))
            transaction.after_commit(lambda: self._notices.publish(SessionEnded(tuple(ended))))

    def forget(self, user_id: UserId) -> None:
        """Read the role and name of this account again at its next request; on other servers within a second."""
        self._live.forget(user_id)

    async def _end(self, session: Session) -> None:
        async with self._accounts.database.transaction(durable=True) as transaction:
            await self._accounts.sessions.end(session.id, self._accounts.now())
            transaction.after_commit(lambda: self._notices.publish(SessionEnded((session.id,))))

    async def _describe(self, session: Session) -> Actor:
        if session.guest_name is not None:
            return Actor(
                ActorKind.GUEST,
                session.guest_name,
                user_id=session.user_id,
                session_id=session.id,
                room_id=session.room_id,
            )
        user = await self._accounts.users.find_user(session.user_id)
        if user is None:
            raise Unauthenticated("this account is gone", code="auth.session_ended")
        self._accounts.refuse_banned(user)
        return Actor(ActorKind.USER, user.username, user_id=user.id, role=user.role, session_id=session.id)


def _reuse(session: Session, client: Client) -> Deed:
    return Deed(
        "session.token_reused",
        Party("session", session.id),
        outcome=Outcome.REFUSED,
        address=client.address,
    )
