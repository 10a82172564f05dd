"""How every front door of ours sets up Litestar: our requests, our errors, bodies of 1 MiB at most, no extras."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler, Middleware

from synctv_server.api.call import PARTS, Call
from synctv_server.api.parts import Parts
from synctv_server.api.problems import handle

BODY_BYTES_MOST = 1_024 * 1_024


def open_door(
    handlers: Sequence[ControllerRouterHandler], parts: Parts, middleware: Sequence[Middleware]
) -> Litestar:
    """The Litestar application of one door."""
    return Litestar(
        route_handlers=handlers,
        middleware=middleware,
        request_class=Call,
        state=State({PARTS: parts}),
        exception_handlers={Exception: handle},
        request_max_body_size=BODY_BYTES_MOST,
        openapi_config=None,  # `http.openapi` describes the routes without an application
        logging_config=None,  # `problems` and `edge` log
    )
