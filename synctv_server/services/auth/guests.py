"""Guests: people with a name and a room's link and no account. Called by the front doors.

A guest is a session bound to one room, with a stable id; the secret of its cookie, or an access token that still
holds, brings the same guest back.
"""

from __future__ import annotations

import secrets

from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.errors import Unauthenticated
from synctv_server.domain.ids import RoomId
from synctv_server.domain.permissions import Role
from synctv_server.domain.sessions import Client, Person, Session, check_guest_name
from synctv_server.domain.times import SECOND, Millis
from synctv_server.security.tokens import hash_secret, new_secret
from synctv_server.services.admission import Admission, Entrant
from synctv_server.services.auth.accounts import Accounts, SignedIn
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.sessions import SessionService


class GuestService:
    """A guest's sign-in lasts as long as a connection may, from its last renewal."""

    def __init__(
        self,
        accounts: Accounts,
        issuer: Issuer,
        sessions: SessionService,
        admission: Admission,
        section: LimitsSection,
    ) -> None:
        self._accounts = accounts
        self._issuer = issuer
        self._sessions = sessions
        self._admission = admission
        self._section = section

    async def enter(
        self,
        room_id: RoomId,
        display_name: str | None,
        password: str | None,
        client: Client,
        guest_token: str | None = None,
    ) -> SignedIn:
        """A guest in this room, with the membership that goes with it.

        `guest_token` is the secret of the room's cookie or an access token: where it is of a living guest of this
        room, that guest comes back under its old name. Refuses as `Admission.admit` does.
        """
        session = await self._find(room_id, guest_token) if guest_token else None
        if session is not None and guest_token is not None:
            return await self._come_back(session, password, client, guest_token)
        name = check_guest_name(display_name) if display_name else f"Guest {secrets.randbelow(9_000) + 1_000}"
        return await self._come_new(room_id, name, password, client)

    @property
    def _life(self) -> Millis:
        return self._section.lifetime_seconds * SECOND

    async def _come_new(self, room_id: RoomId, name: str, password: str | None, client: Client) -> SignedIn:
        now = self._accounts.now()
        session = Session(
            id=self._accounts.ids.session(),
            user_id=self._accounts.ids.user(),
            created_at=now,
            last_used_at=now,
            expires_at=now + self._life,
            user_agent=client.user_agent,
            address=client.address,
            guest_name=name,
            room_id=room_id,
        )
        secret = new_secret()

        async def keep() -> None:
            await self._accounts.sessions.create(session, hash_secret(secret))

        person = Person(session.user_id, name)
        await self._admission.admit(
            room_id, Entrant(person=person, role=Role.GUEST, address=client.address), password, along=keep
        )
        return self._issuer.signed_in(person, session, secret)

    async def _come_back(
        self, session: Session, password: str | None, client: Client, guest_token: str
    ) -> SignedIn:
        person = Person(session.user_id, session.guest_name or "")
        room_id = session.room_id
        if room_id is None:
            raise Unauthenticated("this is no guest's sign-in")
        await self._admission.admit(
            room_id, Entrant(person=person, role=Role.GUEST, address=client.address), password
        )
        renewed = await self._issuer.extend(session, client, self._life)
        return self._issuer.signed_in(person, renewed, None if "." in guest_token else guest_token)

    async def _find(self, room_id: RoomId, guest_token: str) -> Session | None:
        """The living guest of this room whose secret or access token this is."""
        if "." in guest_token:
            session = await self._of_access_token(guest_token)
        else:
            match = await self._accounts.sessions.find_by_refresh(hash_secret(guest_token))
            session = match.session if match is not None else None
        if session is None or not session.is_guest or session.room_id != room_id:
            return None
        return session if session.is_alive(self._accounts.now()) else None

    async def _of_access_token(self, token: str) -> Session | None:
        try:
            actor = await self._sessions.authenticate(token)
        except Unauthenticated:
            return None
        return await self._accounts.sessions.find_session(actor.session_id) if actor.session_id else None
