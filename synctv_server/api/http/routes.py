"""Which routes there are, and who may use them: everybody, who is signed in, administrators.

Deny first: a route is for everybody only where it stands in the first list, or says so itself.
"""

from __future__ import annotations

from litestar import Router
from litestar.types import ControllerRouterHandler

from synctv_server.api.http.admin.audit import AdminAuditController
from synctv_server.api.http.admin.keys import AdminKeysController
from synctv_server.api.http.admin.refusals import RefusalAudit
from synctv_server.api.http.admin.server import AdminRoomsController, AdminStatusController
from synctv_server.api.http.admin.settings import AdminSettingsController
from synctv_server.api.http.admin.users import AdminInvitationsController, AdminUsersController
from synctv_server.api.http.admission import require_administrator, require_signed_in
from synctv_server.api.http.auth import AuthController, SetupController
from synctv_server.api.http.bans import BansController
from synctv_server.api.http.films import FilmsController
from synctv_server.api.http.library import LibraryController
from synctv_server.api.http.me import MeController
from synctv_server.api.http.media import MediaController
from synctv_server.api.http.members import MembersController
from synctv_server.api.http.messages import MessagesController
from synctv_server.api.http.playback import PlaybackController
from synctv_server.api.http.room_log import RoomLogController
from synctv_server.api.http.rooms import RoomsController
from synctv_server.api.http.server import (
    HealthController,
    KeysController,
    MetricsController,
    ServerController,
)
from synctv_server.api.http.tickets import TicketsController

BASE = "/api/v1"
_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


class Routes(Router):
    """Made anew for each door, and so not copied by Litestar, which took a sixth of the time to open the doors."""

    def __deepcopy__(self, memo: dict[int, object]) -> Routes:
        return self


def open_routes() -> Router:
    """For everybody."""
    controllers = [ServerController, SetupController, AuthController, FilmsController]
    return Routes(BASE, route_handlers=controllers)


def signed_in_routes() -> Router:
    """For accounts and guests; what each may do is decided by the services."""
    controllers = [
        MeController,
        RoomsController,
        MembersController,
        BansController,
        MediaController,
        LibraryController,
        PlaybackController,
        MessagesController,
        TicketsController,
        RoomLogController,
    ]
    return Routes(BASE, route_handlers=controllers, guards=[require_signed_in], security=_BEARER)


def admin_routes() -> Router:
    """For administrators, and on the control socket for the operator."""
    controllers = [
        AdminUsersController,
        AdminInvitationsController,
        AdminRoomsController,
        AdminKeysController,
        AdminSettingsController,
        AdminStatusController,
        AdminAuditController,
    ]
    return Routes(
        f"{BASE}/admin",
        route_handlers=controllers,
        middleware=[RefusalAudit()],
        guards=[require_administrator],
        security=_BEARER,
        tags=["administration"],
    )


def described_routes() -> list[ControllerRouterHandler]:
    """All that the OpenAPI document tells of."""
    outside_base = [KeysController, HealthController, MetricsController]
    return [open_routes(), signed_in_routes(), admin_routes(), *outside_base]
