"""What all services of accounts stand on, and what a sign-in gives. Built once by `app`."""

from __future__ import annotations

from dataclasses import dataclass, field

from synctv_server.domain.errors import Forbidden
from synctv_server.domain.ids import Ids
from synctv_server.domain.sessions import Person, Session
from synctv_server.domain.times import Now, to_rfc3339
from synctv_server.domain.users import User
from synctv_server.store import Database
from synctv_server.store.links.invitations import InvitationStore
from synctv_server.store.sessions import SessionStore
from synctv_server.store.users import UserStore


class Accounts:
    """The stores of accounts, with the database, the ids and the clock."""

    def __init__(self, database: Database, ids: Ids, now: Now) -> None:
        self.database = database
        self.ids = ids
        self.now = now
        self.users = UserStore(database)
        self.sessions = SessionStore(database)
        self.invitations = InvitationStore(database)

    def refuse_banned(self, user: User) -> None:
        """Forbidden `auth.banned`, with reason and end, for an account that is banned from the site."""
        if user.is_banned(self.now()):
            reason = f": {user.ban_reason}" if user.ban_reason else ""
            end = f" until {to_rfc3339(user.banned_until)}" if user.banned_until is not None else ""
            raise Forbidden(f"this account is banned{end}{reason}", code="auth.banned")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody is in. `refresh_token` is None for a guest who showed an access token: the cookie stays as it is."""

    user: User | Person
    session: Session
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_seconds: int
