"""Rooms, put together: the services and their live side, which need each other."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from synctv_server.app.accounts import AccountServices
from synctv_server.app.ground import Ground
from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import Millis
from synctv_server.realtime.caretaker import Caretaker
from synctv_server.realtime.commands import Desk
from synctv_server.realtime.hub import Bounds, Hub, Rows, Shared
from synctv_server.services.admission import Admission
from synctv_server.services.auth.guests import GuestService
from synctv_server.services.bans import BanService
from synctv_server.services.chat import ChatService
from synctv_server.services.departures import Departures
from synctv_server.services.library import LibraryService
from synctv_server.services.media import MediaService
from synctv_server.services.members import MemberService
from synctv_server.services.permissions import RoomAccess
from synctv_server.services.playback import PlaybackService
from synctv_server.services.room_log import RoomLogService
from synctv_server.services.rooms import RoomService
from synctv_server.services.tickets import TicketService
from synctv_server.services.turns import Turns
from synctv_server.store.bans import BanStore
from synctv_server.store.chat import MessageStore
from synctv_server.store.media import MediaStore
from synctv_server.store.members import MemberStore
from synctv_server.store.playback import PlaybackStore
from synctv_server.store.room_log import RoomLogStore
from synctv_server.store.rooms import RoomStore


@dataclass(frozen=True, slots=True)
class RoomServices:
    """What people do together; `hub` is where they meet, `caretaker` looks after what plays."""

    guests: GuestService
    rooms: RoomService
    members: MemberService
    bans: BanService
    media: MediaService
    library: LibraryService
    playback: PlaybackService
    chat: ChatService
    tickets: TicketService
    room_log: RoomLogService
    hub: Hub
    caretaker: Caretaker


@dataclass(frozen=True, slots=True)
class _Rows:
    """The stores of rooms."""

    rooms: RoomStore
    members: MemberStore
    bans: BanStore
    media: MediaStore
    playback: PlaybackStore
    messages: MessageStore


@dataclass(frozen=True, slots=True)
class _Base:
    """What every service of rooms is built on."""

    rows: _Rows
    turns: Turns
    access: RoomAccess
    departures: Departures
    admission: Admission


async def build_rooms(ground: Ground, accounts: AccountServices, stack: AsyncExitStack) -> RoomServices:
    """Starts the hub and the threads of the library; both end with `stack`."""
    base = _build_base(ground, accounts)
    library = LibraryService(ground.settings.media.library, access=base.access, rooms=base.rows.rooms)
    stack.callback(library.close)

    def delay_of(room_id: RoomId) -> Millis:
        return hub.delay_of(room_id)  # the hub, which measures it, is built on this service

    playback = PlaybackService(
        turns=base.turns,
        access=base.access,
        playback=base.rows.playback,
        media=base.rows.media,
        delay_of=delay_of,
        now=ground.now,
    )
    chat = ChatService(
        turns=base.turns,
        access=base.access,
        messages=base.rows.messages,
        limits=accounts.limits,
        ids=ground.ids,
    )
    tickets = _build_tickets(ground, accounts, base)
    hub = _build_hub(ground, base, tickets, Desk(playback, chat))
    await stack.enter_async_context(hub.running())
    return RoomServices(
        guests=GuestService(
            accounts.accounts, accounts.issuer, accounts.sessions, base.admission, ground.settings.limits
        ),
        rooms=_build_room_service(ground, base),
        members=_build_members(ground, base),
        bans=_build_bans(ground, accounts, base),
        media=_build_media(ground, base, library),
        library=library,
        playback=playback,
        chat=chat,
        tickets=tickets,
        room_log=RoomLogService(base.access, RoomLogStore(ground.database)),
        hub=hub,
        caretaker=Caretaker(
            presence=ground.cluster.presence, rows=base.rows.playback, playback=playback, now=ground.now
        ),
    )


def _build_base(ground: Ground, accounts: AccountServices) -> _Base:
    database, now = ground.database, ground.now
    rows = _Rows(
        rooms=RoomStore(database),
        members=MemberStore(database),
        bans=BanStore(database),
        media=MediaStore(database),
        playback=PlaybackStore(database),
        messages=MessageStore(database),
    )
    turns = Turns(
        database=database,
        room_log=ground.cluster.log,
        notices=ground.cluster.notices,
        ids=ground.ids,
    )
    ground.metrics.on_render(lambda: ground.metrics.turns_waiting.set(turns.waiting))
    admission = Admission(
        turns=turns,
        rooms=rows.rooms,
        members=rows.members,
        bans=rows.bans,
        hasher=ground.hasher,
        limits=accounts.limits,
        now=now,
    )
    return _Base(
        rows=rows,
        turns=turns,
        access=RoomAccess(rooms=rows.rooms, now=now),
        departures=Departures(members=rows.members, sessions=accounts.accounts.sessions),
        admission=admission,
    )


def _build_room_service(ground: Ground, base: _Base) -> RoomService:
    rows = base.rows
    return RoomService(
        database=ground.database,
        rooms=rows.rooms,
        members=rows.members,
        bans=rows.bans,
        playback=rows.playback,
        turns=base.turns,
        access=base.access,
        admission=base.admission,
        departures=base.departures,
        hasher=ground.hasher,
        ids=ground.ids,
        now=ground.now,
    )


def _build_members(ground: Ground, base: _Base) -> MemberService:
    return MemberService(
        turns=base.turns,
        access=base.access,
        admission=base.admission,
        departures=base.departures,
        members=base.rows.members,
        now=ground.now,
    )


def _build_bans(ground: Ground, accounts: AccountServices, base: _Base) -> BanService:
    return BanService(
        turns=base.turns,
        access=base.access,
        departures=base.departures,
        bans=base.rows.bans,
        members=base.rows.members,
        users=accounts.accounts.users,
        sessions=accounts.accounts.sessions,
        now=ground.now,
    )


def _build_media(ground: Ground, base: _Base, library: LibraryService) -> MediaService:
    return MediaService(
        turns=base.turns,
        access=base.access,
        library=library,
        rooms=base.rows.rooms,
        media=base.rows.media,
        playback=base.rows.playback,
        ids=ground.ids,
    )


def _build_tickets(ground: Ground, accounts: AccountServices, base: _Base) -> TicketService:
    return TicketService(
        access=base.access,
        bans=base.rows.bans,
        sessions=accounts.sessions,
        once=ground.cluster.once,
        presence=ground.cluster.presence,
        limits=ground.settings.limits,
        now=ground.now,
    )


def _build_hub(ground: Ground, base: _Base, tickets: TicketService, desk: Desk) -> Hub:
    cluster, rows = ground.cluster, base.rows
    return Hub(
        shared=Shared(cluster.log, cluster.notices, cluster.presence),
        rows=Rows(rows.rooms, rows.members, rows.playback),
        tickets=tickets,
        desk=desk,
        bounds=Bounds(ground.settings.limits, ground.metrics, ground.now, ground.ids.connection),
    )
