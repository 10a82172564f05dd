"""What the front doors call. Built once by `app`; every controller reaches it through its `Call`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from synctv_server.config.live import Reloaded
from synctv_server.config.sections.auth import AuthSection
from synctv_server.config.sections.observability import ObservabilitySection
from synctv_server.domain.ids import RoomId, UserId
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import Now
from synctv_server.observability.health import Health
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.statuses import Drift
from synctv_server.security.keyring import Keyring
from synctv_server.security.signed_urls import UrlSigner
from synctv_server.services.audit import AuditService
from synctv_server.services.auth.guests import GuestService
from synctv_server.services.auth.passwords import LoginService
from synctv_server.services.auth.recovery import RecoveryService
from synctv_server.services.auth.registration import RegistrationService
from synctv_server.services.auth.sessions import SessionService
from synctv_server.services.auth.setup import SetupService
from synctv_server.services.bans import BanService
from synctv_server.services.chat import ChatService
from synctv_server.services.invitations import InvitationService
from synctv_server.services.keys import KeyService
from synctv_server.services.keys.master import MasterKeys
from synctv_server.services.keys.sealing import SealingKeys
from synctv_server.services.keys.signing import SigningKeys
from synctv_server.services.library import LibraryService
from synctv_server.services.limits import Limits
from synctv_server.services.media import MediaService
from synctv_server.services.members import MemberService
from synctv_server.services.playback import PlaybackService
from synctv_server.services.room_log import RoomLogService
from synctv_server.services.rooms import RoomService
from synctv_server.services.server_settings import ServerSettings
from synctv_server.services.tickets import TicketService
from synctv_server.services.users import UserService
from synctv_server.store.idempotency import IdempotencyStore


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How the server does at this moment."""

    version: str
    uptime_seconds: int
    database: str
    rooms_live: int
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services by noun, and what the doors themselves need to know and to remember."""

    sessions: SessionService
    login: LoginService
    registration: RegistrationService
    setup: SetupService
    recovery: RecoveryService
    guests: GuestService
    users: UserService
    invitations: InvitationService
    keys: KeyService
    signing_keys: SigningKeys
    sealing_keys: SealingKeys
    master_keys: MasterKeys

    rooms: RoomService
    members: MemberService
    bans: BanService
    media: MediaService
    library: LibraryService
    playback: PlaybackService
    chat: ChatService
    tickets: TicketService
    room_log: RoomLogService

    version: str
    auth: AuthSection
    public_url: str
    link_base: str
    observability: ObservabilitySection
    now: Now
    limits: Limits
    keyring: Keyring
    signer: UrlSigner
    idempotency: IdempotencyStore
    health: Health
    metrics: Metrics
    presence_of: Callable[[RoomId], frozenset[UserId]]
    drift_in: Callable[[RoomId], Drift | None]
    status: Callable[[], ServerStatus]
    audit: AuditService
    server_settings: ServerSettings
    reload: Callable[[Actor], Awaitable[Reloaded]]
