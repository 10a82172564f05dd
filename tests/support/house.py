"""Everything that rooms need, wired as `app` wires it, over a real database and shared state in this process."""

from __future__ import annotations

from pathlib import Path
from secrets import token_bytes
from threading import Lock
from typing import Any

from synctv_server.cluster.memory.counters import MemoryCounters
from synctv_server.cluster.memory.notices import MemoryNotices
from synctv_server.cluster.memory.once import MemoryOnce
from synctv_server.cluster.memory.presence import MemoryPresence
from synctv_server.cluster.memory.room_log import MemoryRoomLog
from synctv_server.cluster.notices import Notice
from synctv_server.cluster.room_log import LogEntry
from synctv_server.config.sections.auth import AuthSection
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.commands import AddMedia, CreateRoom
from synctv_server.domain.events import Change
from synctv_server.domain.ids import Ids, RoomId
from synctv_server.domain.media import MediaItem
from synctv_server.domain.members import Member
from synctv_server.domain.rooms import Room, Visibility
from synctv_server.domain.sessions import Actor, ActorKind, Client, Session
from synctv_server.domain.times import DAY, Now
from synctv_server.domain.users import SiteRole, User, UserStatus
from synctv_server.security.passwords import PasswordHasher
from synctv_server.services.admission import Admission
from synctv_server.services.auth.accounts import Accounts
from synctv_server.services.auth.guests import GuestService
from synctv_server.services.auth.issuer import Issuer
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.bans import BanService
from synctv_server.services.chat import ChatService
from synctv_server.services.departures import Departures
from synctv_server.services.keys import KeyService
from synctv_server.services.library import LibraryService
from synctv_server.services.limits import Limits
from synctv_server.services.media import MediaService
from synctv_server.services.members import MemberService
from synctv_server.services.permissions import RoomAccess
from synctv_server.services.playback import PlaybackService
from synctv_server.services.rooms import RoomService
from synctv_server.services.tickets import TicketService
from synctv_server.services.turns import Turns
from synctv_server.store import Database
from synctv_server.store.bans import BanStore
from synctv_server.store.chat import MessageStore
from synctv_server.store.media import MediaStore
from synctv_server.store.members import MemberStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore

DELAY_MS = 100
"""The one-way delay that every room is said to have: changes are scheduled 150 ms ahead."""


class House:
    """The services of rooms as attributes, and short ways to people and things."""

    def __init__(
        self, database: Database, hasher: PasswordHasher, now: Now, library: Path, **limits: Any
    ) -> None:
        self.database = database
        self.now = now
        self.ids = Ids(now, token_bytes, Lock())
        self.notices = MemoryNotices()
        self.heard: list[Notice] = []
        self.notices.follow(self.heard.append)
        self.log = MemoryRoomLog(lambda _: b"{}", lambda _, body: body, now)
        self.counters = MemoryCounters(now)
        self.presence = MemoryPresence()
        self.section = LimitsSection.model_validate(limits)
        self._build_stores()
        self._build_accounts()
        self._build_rooms(hasher, library)

    def _build_stores(self) -> None:
        self.room_store = RoomStore(self.database)
        self.member_store = MemberStore(self.database)
        self.ban_store = BanStore(self.database)
        self.media_store = MediaStore(self.database)
        self.playback_store = PlaybackStore(self.database)
        self.message_store = MessageStore(self.database)

    def _build_accounts(self) -> None:
        self.accounts = Accounts(self.database, self.ids, self.now)
        self.keys = KeyService(self.database, bytes(32), "EdDSA", self.now)
        self.issuer = Issuer(self.accounts, self.keys.keyring, AuthSection())
        self.sessions = SessionService(self.accounts, self.issuer, self.keys, self.notices)
        self.limits = Limits(self.counters, self.section)

    def _build_rooms(self, hasher: PasswordHasher, library: Path) -> None:
        now = self.now
        self.turns = Turns(database=self.database, room_log=self.log, notices=self.notices, ids=self.ids)
        self.access = RoomAccess(rooms=self.room_store, now=now)
        self.departures = Departures(members=self.member_store, sessions=self.accounts.sessions)
        self.admission = Admission(
            turns=self.turns,
            rooms=self.room_store,
            members=self.member_store,
            bans=self.ban_store,
            hasher=hasher,
            limits=self.limits,
            now=now,
        )
        self.guests = GuestService(self.accounts, self.issuer, self.sessions, self.admission, self.section)
        self.rooms = RoomService(
            database=self.database,
            rooms=self.room_store,
            members=self.member_store,
            bans=self.ban_store,
            playback=self.playback_store,
            turns=self.turns,
            access=self.access,
            admission=self.admission,
            departures=self.departures,
            hasher=hasher,
            ids=self.ids,
            now=now,
        )
        self._build_people()
        self._build_watching(library)

    def _build_people(self) -> None:
        self.members = MemberService(
            turns=self.turns,
            access=self.access,
            admission=self.admission,
            departures=self.departures,
            members=self.member_store,
            now=self.now,
        )
        self.bans = BanService(
            turns=self.turns,
            access=self.access,
            departures=self.departures,
            bans=self.ban_store,
            members=self.member_store,
            users=self.accounts.users,
            sessions=self.accounts.sessions,
            now=self.now,
        )
        self.tickets = TicketService(
            access=self.access,
            bans=self.ban_store,
            sessions=self.sessions,
            once=MemoryOnce(self.now),
            presence=self.presence,
            limits=self.section,
            now=self.now,
        )

    def _build_watching(self, library: Path) -> None:
        self.library = LibraryService(library, access=self.access, rooms=self.room_store)
        self.media = MediaService(
            turns=self.turns,
            access=self.access,
            library=self.library,
            rooms=self.room_store,
            media=self.media_store,
            playback=self.playback_store,
            ids=self.ids,
        )
        self.playback = PlaybackService(
            turns=self.turns,
            access=self.access,
            playback=self.playback_store,
            media=self.media_store,
            delay_of=lambda _: DELAY_MS,
            now=self.now,
        )
        self.chat = ChatService(
            turns=self.turns,
            access=self.access,
            messages=self.message_store,
            limits=self.limits,
            ids=self.ids,
        )

    async def person(self, name: str, role: SiteRole = SiteRole.USER) -> Actor:
        """An account that is signed in."""
        user = User(self.ids.user(), name, role, UserStatus.ACTIVE, self.now())
        await self.accounts.users.create(user, None)
        session = Session(self.ids.session(), user.id, self.now(), self.now(), self.now() + 30 * DAY)
        await self.accounts.sessions.create(session, token_bytes(32))
        return Actor(ActorKind.USER, name, user.id, role, session.id)

    async def room(self, owner: Actor, visibility: Visibility = Visibility.PRIVATE, **fields: Any) -> Room:
        return await self.rooms.create(owner, CreateRoom(name="Films", visibility=visibility, **fields))

    async def member(self, name: str, room: Room, **joining: Any) -> Actor:
        """An account that has joined."""
        actor = await self.person(name)
        await self.members.join(actor, room.id, **joining)
        return actor

    async def guest(self, name: str, room: Room, address: str = "192.0.2.7") -> Actor:
        """A guest that has entered."""
        signed_in = await self.guests.enter(room.id, name, None, Client(address))
        return await self.sessions.actor_of(signed_in.session.id)

    async def film(self, actor: Actor, room: Room, url: str = "https://films.example/night.mp4") -> MediaItem:
        return await self.media.add(actor, room.id, AddMedia(url=url))

    async def member_row(self, room: Room, actor: Actor) -> Member | None:
        return await self.member_store.find_member(room.id, actor.person())

    async def watch(self, room: Room) -> Watched:
        """What the log of the room tells from now on."""
        return await Watched.of(self.log, room.id)


class Watched(list[LogEntry]):
    """Entries as they are delivered."""

    @classmethod
    async def of(cls, log: MemoryRoomLog, room_id: RoomId) -> Watched:
        watched = cls()
        await log.follow(room_id, watched.append)
        return watched

    @property
    def changes(self) -> list[Change]:
        return [entry.event.change for entry in self]
