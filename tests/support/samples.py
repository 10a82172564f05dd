"""Domain values for tests, with ids that rise and everything else as plain as can be."""

from __future__ import annotations

import secrets

from synctv_server.domain.chat import Message
from synctv_server.domain.ids import Ids, RoomId
from synctv_server.domain.media import MediaItem, MediaKind
from synctv_server.domain.members import Member
from synctv_server.domain.permissions import Role
from synctv_server.domain.rooms import Room, RoomSettings, Visibility
from synctv_server.domain.sessions import Person, Session
from synctv_server.domain.times import DAY, Millis
from synctv_server.domain.users import SiteRole, User, UserStatus

NOW: Millis = 1_800_000_000_000
ids = Ids(lambda: NOW, secrets.token_bytes)


def user(name: str, *, role: SiteRole = SiteRole.USER, email: str | None = None) -> User:
    return User(ids.user(), name, role, UserStatus.ACTIVE, NOW, email)


def person(name: str) -> Person:
    """Somebody without an account: a guest, or one whose account does not matter."""
    return Person(ids.user(), name)


def person_of(account: User) -> Person:
    return Person(account.id, account.username)


def session(of: Person, *, guest_room: RoomId | None = None, expires_at: Millis = NOW + DAY) -> Session:
    guest_name = of.name if guest_room else None
    return Session(ids.session(), of.id, NOW, NOW, expires_at, "Firefox", "192.0.2.7", guest_name, guest_room)


def room(owner: Person, name: str = "Film night", *, visibility: Visibility = Visibility.PUBLIC) -> Room:
    return Room(ids.room(), name, visibility, owner, NOW, NOW, settings=RoomSettings.default_for(visibility))


def member(of: Room, who: Person, *, role: Role = Role.MEMBER, joined_at: Millis = NOW) -> Member:
    return Member(of.id, who, role, joined_at)


def item(of: Room, title: str = "Big Buck Bunny", *, order_key: float = 1.0) -> MediaItem:
    url = "https://media.example/bunny.mp4"
    return MediaItem(ids.media(), of.id, title, url, MediaKind.VIDEO, of.owner, NOW, order_key)


def message(of: Room, author: Person, text: str = "hello", *, nonce: str | None = None) -> Message:
    return Message(ids.message(), of.id, author, text, NOW, nonce=nonce)
