"""Rooms: opened, found, edited, closed and deleted. Called by the front doors and the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from synctv_server.cluster.notices import PermissionsChanged, RoomGone
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.commands import CreateRoom, EditRoom
from synctv_server.domain.errors import Forbidden, PreconditionFailed
from synctv_server.domain.events import PlaybackChanged, RoomChanged, RoomClosed
from synctv_server.domain.ids import Ids, RoomId
from synctv_server.domain.members import Member
from synctv_server.domain.pages import Page
from synctv_server.domain.permissions import NONE, Permission, Role, require, require_preset
from synctv_server.domain.playback import pause_at
from synctv_server.domain.room_log import room_deed
from synctv_server.domain.rooms import (
    UNCHANGED,
    Access,
    Room,
    RoomScope,
    RoomSettings,
    RoomStatus,
    Visibility,
    check_description,
    check_name,
    check_room_password,
)
from synctv_server.domain.sessions import Actor, Person
from synctv_server.domain.times import Now
from synctv_server.security.passwords import PasswordHasher
from synctv_server.services.admission import Admission
from synctv_server.services.departures import Departures
from synctv_server.services.permissions import RoomAccess, Standing, not_a_member
from synctv_server.services.turns import Turn, Turns
from synctv_server.store import Database
from synctv_server.store.bans import BanStore
from synctv_server.store.members import MemberStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.rooms import RoomStore


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as somebody sees it, and what that one needs to enter."""

    room: Room
    access: Access
    standing: Standing | None

    @property
    def is_whole(self) -> bool:
        """Whether all of the room may be shown.

        Else its id, name, visibility, status, whether it has a password and takes guests, and `access`: the id
        of a private room is the secret of its link, and says no more than that.
        """
        return self.standing is not None or self.room.visibility is Visibility.PUBLIC


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class RoomService:
    """Every change is one turn of the room and one event of its log."""

    database: Database
    rooms: RoomStore
    members: MemberStore
    bans: BanStore
    playback: PlaybackStore
    turns: Turns
    access: RoomAccess
    admission: Admission
    departures: Departures
    hasher: PasswordHasher
    ids: Ids
    now: Now

    async def create(self, actor: Actor, wanted: CreateRoom) -> Room:
        """A new room of this account, who is its owner. Forbidden for guests, Invalid on bad fields."""
        owner = Person(actor.account(), actor.name)
        room = Room(
            self.ids.room(),
            check_name(wanted.name),
            wanted.visibility,
            owner,
            created_at=(now := self.now()),
            updated_at=now,
            description=check_description(wanted.description),
            settings=RoomSettings.default_for(wanted.visibility).edited(wanted.settings),
            password_hash=await self._hashed(wanted.password),
        )
        async with self.database.transaction(durable=True):
            await self.rooms.create(room)
            await self.members.add(Member(room.id, owner, Role.OWNER, joined_at=now))
        return room

    async def get(self, actor: Actor, room_id: RoomId) -> Room:
        """The whole room; Forbidden (`room.not_member`) where only its name may be seen."""
        view = await self.view(actor, room_id)
        if not view.is_whole:
            raise not_a_member()
        return view.room

    async def view(self, actor: Actor | None, room_id: RoomId) -> RoomView:
        """What this person, or one who is not signed in, sees of the room. NotFound when there is none."""
        if actor is None:
            room = await self.rooms.get_room(room_id)
            return RoomView(room, self._access_of_nobody(room), None)
        standing = await self.access.find(actor, room_id)
        if standing is not None and standing.member is not None:
            return RoomView(standing.room, Access.ENTER, standing)
        room = standing.room if standing is not None else await self.rooms.get_room(room_id)
        return RoomView(room, await self._access_of_stranger(actor, room), standing)

    async def list_rooms(
        self,
        actor: Actor,
        *,
        scope: RoomScope = RoomScope.PUBLIC,
        search: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Room]:
        """The actor's rooms, the public ones (`search` in their names), or all for administrators."""
        if scope is RoomScope.ALL:
            if not actor.is_administrator:
                raise Forbidden("only administrators see all rooms")
            return await self.rooms.list_all(cursor, limit)
        if scope is RoomScope.MINE:
            return await self.rooms.list_of(actor.person(), cursor, limit)
        return await self.rooms.list_public(cursor, limit, search=search)

    async def update(
        self, actor: Actor, room_id: RoomId, edit: EditRoom, *, expected_version: int | None = None
    ) -> Room:
        """The room after the edit; an edit that changes nothing is no event.

        Needs `manage_settings`, for the password `manage_password`, for the status the owner or an administrator
        of the site. PreconditionFailed when `expected_version` is not the present one.
        """
        password_hash = await self._hashed(edit.password)
        async with self.turns.turn(room_id, durable=edit.status is not None) as turn:
            standing = await self.access.enter(actor, room_id, _needed(edit), even_closed=True)
            if edit.status is not None and not actor.is_administrator:
                require(standing.mask, Permission.DELETE_ROOM)
            before = standing.room
            if expected_version not in (None, before.version):
                raise PreconditionFailed("the room has changed meanwhile; read it again")
            after = _edited(before, edit, password_hash)
            require_preset(standing.mask, before.settings.control, after.settings.control)
            if after == before:
                return before
            if after.status is not before.status and Permission.DELETE_ROOM not in standing.mask:
                action = "room.closed" if after.is_closed else "room.reopened"
                turn.audit(actor, Deed(action, Party("room", after.id, after.name)))
            return await self._keep(turn, standing, after)

    async def close(self, actor: Actor, room_id: RoomId, *, expected_version: int | None = None) -> Room:
        """Closed: nobody may do anything in it but read, until it is opened again."""
        edit = EditRoom(status=RoomStatus.CLOSED)
        return await self.update(actor, room_id, edit, expected_version=expected_version)

    async def reopen(self, actor: Actor, room_id: RoomId, *, expected_version: int | None = None) -> Room:
        edit = EditRoom(status=RoomStatus.ACTIVE)
        return await self.update(actor, room_id, edit, expected_version=expected_version)

    async def delete(self, actor: Actor, room_id: RoomId, *, expected_version: int | None = None) -> None:
        """Hidden from everybody, by its owner alone."""
        async with self.turns.turn(room_id) as turn:
            standing = await self.access.enter(actor, room_id, Permission.DELETE_ROOM, even_closed=True)
            if expected_version not in (None, standing.room.version):
                raise PreconditionFailed("the room has changed meanwhile; read it again")
            await self.rooms.delete(room_id, turn.at)
            turn.notify(RoomGone(room_id))  # first, so that guests too learn that the room is gone
            await self.departures.remove_guests(turn)

    async def _keep(self, turn: Turn, standing: Standing, after: Room) -> Room:
        before = standing.room
        after = await self.rooms.update(replace(after, updated_at=turn.at), before.version)
        if after.is_closed and not before.is_closed:
            await self._hold_playback(turn, standing)
            turn.publish(RoomClosed(after), standing.person)
        else:
            turn.publish(RoomChanged(after), standing.person)
        turn.record(room_deed(before, after, standing.person))
        if after.settings.control is not before.settings.control:
            turn.notify(PermissionsChanged(after.id))
        if before.settings.allow_guests and not after.settings.allow_guests:
            await self.departures.remove_guests(turn)
        return after

    async def _hold_playback(self, turn: Turn, standing: Standing) -> None:
        """A closed room does not play on, so that it opens again where it was left."""
        state = await self.playback.get_state(turn.room_id)
        if state.playing:
            held = pause_at(state, state.position_at(turn.at), turn.at)
            await self.playback.put(turn.room_id, held, expected_revision=state.revision)
            turn.publish(PlaybackChanged(held), standing.person)

    async def _hashed(self, password: str | None) -> str | None:
        return None if password is None else await self.hasher.hash(check_room_password(password))

    def _access_of_nobody(self, room: Room) -> Access:
        if room.is_closed:
            return Access.CLOSED
        return Access.GUEST if room.settings.allow_guests else Access.SIGN_IN

    async def _access_of_stranger(self, actor: Actor, room: Room) -> Access:
        if actor.is_guest and actor.room_id != room.id:
            return self._access_of_nobody(room)
        if actor.user_id and await self.bans.find_ban(room.id, actor.user_id, None, self.now()):
            return Access.BANNED
        if room.is_closed:
            return Access.CLOSED
        if await self.admission.is_full(room):
            return Access.FULL
        return Access.PASSWORD if room.has_password else Access.JOIN


def _needed(edit: EditRoom) -> Permission:
    needed = NONE
    fields = (edit.name, edit.description, edit.visibility)
    if any(field is not None for field in fields) or edit.settings != UNCHANGED:
        needed |= Permission.MANAGE_SETTINGS
    if edit.password is not None or edit.clear_password:
        needed |= Permission.MANAGE_PASSWORD
    return needed


def _edited(room: Room, edit: EditRoom, password_hash: str | None) -> Room:
    kept = None if edit.clear_password else room.password_hash
    return replace(
        room,
        name=room.name if edit.name is None else check_name(edit.name),
        description=room.description if edit.description is None else check_description(edit.description),
        visibility=edit.visibility or room.visibility,
        status=edit.status or room.status,
        password_hash=password_hash or kept,
        settings=room.settings.edited(edit.settings),
    )
