"""The Litestar application of the TCP port."""

from __future__ import annotations

from litestar import Litestar

from synctv_server.api.door import open_door
from synctv_server.api.http.admission import Admission
from synctv_server.api.http.description import DescriptionController
from synctv_server.api.http.idempotency import Idempotency
from synctv_server.api.http.routes import described_routes
from synctv_server.api.parts import Parts


def open_http_door(parts: Parts) -> Litestar:
    """The application of the TCP port for everything that is HTTP."""
    routes = [*described_routes(), DescriptionController]
    return open_door(routes, parts, [Admission(parts), Idempotency(parts)])
