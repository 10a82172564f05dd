"""Accounts in the database, with the hashes of their passwords, which leave it only to be compared.

Called by the services of accounts. Writes are durable when they stand alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from synctv_server.domain.errors import Conflict, NotFound
from synctv_server.domain.ids import UserId
from synctv_server.domain.pages import Page
from synctv_server.domain.users import SiteRole, User, UserStatus, name_key
from synctv_server.store import cursors
from synctv_server.store.database import Database
from synctv_server.store.engine import Row
from synctv_server.store.engines.faults import UniqueViolated
from synctv_server.store.tables import Users

_BY_ID = """
SELECT id, username, email, role, status, ban_reason, banned_until, created_at, version
FROM users WHERE id = {}
"""


class UserStore:
    """One row per account; names and e-mail addresses are unique without case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, user: User, password_hash: str | None) -> None:
        """A new account; Conflict `user.name_taken` or `user.email_taken`."""
        row = Users(**_values(user), id=user.id, created_at=user.created_at, password_hash=password_hash)
        with _told_what_is_taken(user):
            await self._database.keep(Users.insert(row))

    async def get_user(self, user_id: UserId) -> User:
        """The account; NotFound when there is none with this id."""
        user = await self.find_user(user_id)
        if user is None:
            raise _no_such_user()
        return user

    async def find_user(self, user_id: UserId) -> User | None:
        row = await self._database.fetch_one(_BY_ID, user_id)
        return None if row is None else _user(row)

    async def get_user_by_name(self, name_or_email: str) -> User:
        """The account with this name or e-mail address; NotFound when there is none."""
        user = await self.find_user_by_name(name_or_email)
        if user is None:
            raise _no_such_user()
        return user

    async def find_user_by_name(self, name_or_email: str) -> User | None:
        """By the name, or by the e-mail address where it holds an `@`, which no name does; both without case."""
        column = Users.email_key if "@" in name_or_email else Users.name_key
        query = Users.select().where(column == name_key(name_or_email)).limit(1)
        rows = await self._database.run(query)
        return _user(rows[0]) if rows else None

    async def list_users(
        self,
        cursor: str | None,
        limit: int,
        *,
        status: UserStatus | None = None,
        role: SiteRole | None = None,
    ) -> Page[User]:
        """Accounts in the order in which they were made."""
        query = Users.select().order_by(Users.id).limit(limit + 1)
        if cursor is not None:
            query = query.where(Users.id > cursors.decode(cursor, tuple[str])[0])
        if status is not None:
            query = query.where(Users.status == status.value)
        if role is not None:
            query = query.where(Users.role == role.value)
        rows = await self._database.run(query)
        return cursors.page(rows, limit, _user, lambda row: (row["id"],))

    async def update(self, user: User, expected_version: int) -> User:
        """The account as it is kept now, one version on.

        Conflict `user.changed` when its version is another than expected, `user.name_taken`,
        `user.email_taken`.
        """
        kept = replace(user, version=expected_version + 1)
        query = (
            Users.update(**_values(kept))
            .where((Users.id == user.id) & (Users.version == expected_version))
            .returning(Users.id)
        )
        with _told_what_is_taken(user):
            if not await self._database.keep(query):
                raise Conflict("the account has been changed in between; read it again", code="user.changed")
        return kept

    async def password_hash(self, user_id: UserId) -> str | None:
        """The hash to compare with; None for no such account, or one without a password."""
        row = await self._database.fetch_one("SELECT password_hash FROM users WHERE id = {}", user_id)
        return None if row is None else row["password_hash"]

    async def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        """NotFound when there is no such account."""
        query = Users.update({Users.password_hash: password_hash}).where(Users.id == user_id)
        if not await self._database.keep(query.returning(Users.id)):
            raise _no_such_user()

    async def count_users(self) -> int:
        rows = await self._database.fetch("SELECT COUNT(*) AS number FROM users")
        return int(rows[0]["number"])

    async def hold_roots(self) -> list[UserId]:
        """The root accounts that are not banned. All roots stay as they are until the transaction ends."""
        # An update that changes nothing takes the rows on both databases; SELECT ... FOR UPDATE is PostgreSQL's.
        held = await self._database.fetch(
            "UPDATE users SET version = version WHERE role = {} RETURNING id, status", SiteRole.ROOT.value
        )
        return [UserId(row["id"]) for row in held if row["status"] == UserStatus.ACTIVE.value]

    async def has_root(self) -> bool:
        """Whether the first account has been made."""
        found = await self._database.fetch("SELECT 1 FROM users WHERE role = {} LIMIT 1", SiteRole.ROOT.value)
        return bool(found)


def _values(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name_key": user.name_key,
        "email": user.email,
        "email_key": None if user.email is None else user.email.lower(),
        "role": user.role.value,
        "status": user.status.value,
        "ban_reason": user.ban_reason,
        "banned_until": user.banned_until,
        "version": user.version,
    }


def _user(row: Row) -> User:
    return User(
        id=UserId(row["id"]),
        username=row["username"],
        role=SiteRole(row["role"]),
        status=UserStatus(row["status"]),
        created_at=row["created_at"],
        email=row["email"],
        ban_reason=row["ban_reason"],
        banned_until=row["banned_until"],
        version=row["version"],
    )


@contextmanager
def _told_what_is_taken(user: User) -> Iterator[None]:
    try:
        yield
    except UniqueViolated as error:
        if error.concerns("email_key"):
            raise Conflict(
                f"there is an account with the address {user.email} already", code="user.email_taken"
            ) from error
        raise Conflict(f"the name {user.username} is taken", code="user.name_taken") from error


def _no_such_user() -> NotFound:
    return NotFound("there is no such account", code="user.not_found")
