"""People and their sign-ins as they travel over HTTP: used by `auth`, `me`, `setup` and `admin`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from synctv_server.domain.sessions import Session
from synctv_server.domain.times import to_rfc3339
from synctv_server.domain.users import User

Moment = Annotated[
    str, msgspec.Meta(description="RFC 3339 in UTC.", extra_json_schema={"format": "date-time"})
]
Password = Annotated[str, msgspec.Meta(max_length=1_024)]
Username = Annotated[str, msgspec.Meta(max_length=100)]
Email = Annotated[str, msgspec.Meta(max_length=320)]


class UserObject(msgspec.Struct, frozen=True, kw_only=True):
    """An account, as its owner and administrators see it."""

    id: str
    username: str
    role: Literal["user", "admin", "root"]
    status: Literal["active", "banned"]
    email: str | None
    created_at: Moment
    banned_until: Moment | None
    ban_reason: str | None
    version: int


class SessionObject(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in of one device."""

    id: str
    created_at: Moment
    last_used_at: Moment
    expires_at: Moment
    user_agent: str
    address: str
    current: Annotated[bool, msgspec.Meta(description="It is the one that asks.")]


def user_object(user: User) -> UserObject:
    return UserObject(
        id=user.id,
        username=user.username,
        role=user.role.value,
        status=user.status.value,
        email=user.email,
        created_at=to_rfc3339(user.created_at),
        banned_until=None if user.banned_until is None else to_rfc3339(user.banned_until),
        ban_reason=user.ban_reason,
        version=user.version,
    )


def session_object(session: Session, *, current: str | None) -> SessionObject:
    """`current` is the id of the session that asks, if it is one."""
    return SessionObject(
        id=session.id,
        created_at=to_rfc3339(session.created_at),
        last_used_at=to_rfc3339(session.last_used_at),
        expires_at=to_rfc3339(session.expires_at),
        user_agent=session.user_agent,
        address=session.address,
        current=session.id == current,
    )
