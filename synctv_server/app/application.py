"""The whole server without its listeners: parts in order, and the applications of both doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from synctv_server import __version__
from synctv_server.api.asgi import App
from synctv_server.api.control import open_control_door
from synctv_server.api.edge import Edge
from synctv_server.api.fork import Fork
from synctv_server.api.http.admin.reload import ReloadController
from synctv_server.api.http.door import open_http_door
from synctv_server.api.http.routes import admin_routes
from synctv_server.api.http.server import HealthController
from synctv_server.api.parts import Parts, ServerStatus
from synctv_server.api.web.files import WebClient
from synctv_server.api.ws.handler import SocketDoor
from synctv_server.app.accounts import AccountServices, build_accounts
from synctv_server.app.draining import DrainTimes
from synctv_server.app.ground import Ground, lay_ground
from synctv_server.app.reloading import Changing, Reread, build_changing
from synctv_server.app.rooms import RoomServices, build_rooms
from synctv_server.app.work import build_jobs
from synctv_server.config.live import LiveSettings, Reloaded
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.times import SECOND, Now
from synctv_server.jobs import Jobs
from synctv_server.net.client_ip import TrustedProxies
from synctv_server.observability.health import Health
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.clock import ServerClock
from synctv_server.realtime.hub import Hub
from synctv_server.security.signed_urls import UrlSigner
from synctv_server.store.idempotency import IdempotencyStore

_COME_BACK_SPREAD_MS = 5 * SECOND


@dataclass(frozen=True)
class Application:
    """An open server. `public` is for the TCP port, `control` for the control socket; both need no lifespan."""

    open_public: Callable[[], App]
    control: App
    parts: Parts
    health: Health
    metrics: Metrics
    jobs: Jobs
    hub: Hub
    link_base: str
    drain_times: DrainTimes
    reload: Callable[[], Awaitable[Reloaded]]

    @cached_property
    def public(self) -> App:
        """Opened when it is first asked for: a command that works beside no server has no use for it."""
        return self.open_public()

    async def setup_url(self, *, replace_expired: bool) -> str | None:
        """The link that makes the first account; None once that is done, or while an expired one is not replaced."""
        link = await self.parts.setup.ensure_link(self.link_base, replace_expired=replace_expired)
        return None if link is None else link.url

    async def drain(self) -> None:
        """The server is about to stop: not ready any more, viewers told when to come back, their sockets closed."""
        self.health.drain()
        if len(self.hub):
            await asyncio.sleep(self.drain_times.lead_seconds)
        flush_seconds = self.drain_times.flush_seconds
        await self.hub.shut_down(spread_ms=_COME_BACK_SPREAD_MS, flush_seconds=flush_seconds)


@asynccontextmanager
async def open_application(
    loaded: LoadedSettings, *, clock: Now | None = None, reread: Reread | None = None
) -> AsyncIterator[Application]:
    """The application until the block ends, on a database that `upkeep.migrate` has brought up.

    `clock` is the server's time, for tests; `reread` is how a reload reads the settings, without it they stay.
    Raises ConfigurationInvalid without the master key of the database, Unavailable when the database does not answer.
    """
    try:
        async with _opened(loaded, clock or ServerClock().now, reread or (lambda: loaded)) as application:
            yield application
    except ExceptionGroup as group:
        # The hub's task group wraps whatever leaves the block; one error is told as itself.
        raise (group.exceptions[0] if len(group.exceptions) == 1 else group) from None


@asynccontextmanager
async def _opened(loaded: LoadedSettings, now: Now, reread: Reread) -> AsyncIterator[Application]:
    async with AsyncExitStack() as stack:
        live = LiveSettings(loaded)
        ground = await lay_ground(replace(loaded, settings=live.settings), now, stack)
        changing = await build_changing(ground, live, reread)
        accounts = await build_accounts(ground)
        rooms = await build_rooms(ground, accounts, stack)
        await rooms.playback.recover()
        application = _assemble(ground, accounts, rooms, changing)
        ground.health.started()
        yield application


def _assemble(
    ground: Ground, accounts: AccountServices, rooms: RoomServices, changing: Changing
) -> Application:
    parts = _parts_of(ground, accounts, rooms, changing)
    settings = ground.settings
    proxies = TrustedProxies(settings.server.trusted_proxies)
    is_https = settings.server.public_url.startswith("https://")

    def open_public() -> App:
        socket = SocketDoor(hub=rooms.hub, sessions=accounts.sessions, tickets=rooms.tickets)
        fork = Fork(open_http_door(parts), WebClient(), socket)
        return Edge(fork, proxies=proxies, metrics=ground.metrics, is_https=is_https)

    control = open_control_door(parts, [admin_routes(), ReloadController, HealthController])
    return Application(
        open_public=open_public,
        control=Edge(control, proxies=TrustedProxies(()), metrics=ground.metrics, is_https=False),
        parts=parts,
        health=ground.health,
        metrics=ground.metrics,
        jobs=build_jobs(ground, accounts, rooms, parts.idempotency),
        hub=rooms.hub,
        link_base=ground.link_base,
        drain_times=DrainTimes.of(settings.server.drain_seconds),
        reload=changing.reloading.reload,
    )


def _status_of(ground: Ground, hub: Hub) -> Callable[[], ServerStatus]:
    started_at = ground.now()

    def status() -> ServerStatus:
        uptime_seconds = (ground.now() - started_at) // SECOND
        return ServerStatus(__version__, uptime_seconds, ground.database.kind, hub.count_rooms(), len(hub))

    return status


def _parts_of(ground: Ground, accounts: AccountServices, rooms: RoomServices, changing: Changing) -> Parts:
    settings = ground.settings
    return Parts(
        sessions=accounts.sessions,
        login=accounts.login,
        registration=accounts.registration,
        setup=accounts.setup,
        recovery=accounts.recovery,
        guests=rooms.guests,
        users=accounts.users,
        invitations=accounts.invitations,
        keys=accounts.keys,
        signing_keys=accounts.signing_keys,
        sealing_keys=accounts.sealing_keys,
        master_keys=accounts.master_keys,
        rooms=rooms.rooms,
        members=rooms.members,
        bans=rooms.bans,
        media=rooms.media,
        library=rooms.library,
        playback=rooms.playback,
        chat=rooms.chat,
        tickets=rooms.tickets,
        room_log=rooms.room_log,
        version=__version__,
        auth=settings.auth,
        public_url=settings.server.public_url,
        link_base=ground.link_base,
        observability=settings.observability,
        now=ground.now,
        limits=accounts.limits,
        keyring=accounts.keys.keyring,
        signer=UrlSigner(accounts.keys.keyring, ground.now),
        idempotency=IdempotencyStore(ground.database),
        health=ground.health,
        metrics=ground.metrics,
        presence_of=rooms.hub.presence_of,
        drift_in=rooms.hub.drift_in,
        status=_status_of(ground, rooms.hub),
        audit=accounts.audit,
        server_settings=changing.server_settings,
        reload=changing.reloading.reload,
    )
