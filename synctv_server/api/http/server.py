"""What the server tells everybody: itself, its public keys, its health; and its metrics to who may ask."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Annotated, Literal

from litestar import Controller, Response, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, Struct, UnsetType, convert

from synctv_server.api.call import Call
from synctv_server.api.http.admission import UNCOUNTED
from synctv_server.domain.errors import Forbidden
from synctv_server.domain.times import SECOND
from synctv_server.net.addresses import parse_address
from synctv_server.observability.health import Probe
from synctv_server.observability.metrics import CONTENT_TYPE
from synctv_server.services.keys.changing import PROPAGATION

LANGUAGES = ["en", "zh"]
_KEYS_GOOD_FOR = f"public, max-age={PROPAGATION // SECOND}"
"""No cache holds the set for longer than a key is published before it signs."""


class ServerObject(Struct, frozen=True, kw_only=True):
    """What a client must know before anybody signs in."""

    name: str
    version: str
    registration: Annotated[str, Meta(description="`closed`, `invite` or `open`.")]
    password_min_length: int
    languages: list[str]
    providers: Annotated[list[str], Meta(description="Other sites to sign in with.")]
    setup_needed: Annotated[bool, Meta(description="Nobody has used the set-up link yet.")]


class CheckObject(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    status: Literal["ok", "fail"]
    latency_ms: float
    message: str | UnsetType = UNSET


class HealthObject(Struct, frozen=True):
    """`fail` as soon as one check fails."""

    status: Literal["ok", "fail"]
    checks: dict[str, CheckObject]


_FAILING = {503: ResponseSpec(HealthObject, description="A check fails.", generate_examples=False)}


class ServerController(Controller):
    path = "/server"
    tags = ("server",)

    @get("/", operation_id="getServer", summary="What a client must know before anybody signs in")
    async def show(self, request: Call) -> ServerObject:
        parts = request.parts
        return ServerObject(
            name="SyncTV",
            version=parts.version,
            registration=parts.auth.registration,
            password_min_length=parts.auth.password_min_length,
            languages=LANGUAGES,
            providers=[],
            setup_needed=not await parts.setup.is_done(),
        )


class KeysController(Controller):
    path = "/.well-known"
    tags = ("server",)

    @get("/jwks.json", operation_id="getKeys", summary="Public signing keys (RFC 7517)")
    async def show(self, request: Call) -> Response[dict[str, list[dict[str, str]]]]:
        return Response(request.parts.keyring.jwks(), headers={"Cache-Control": _KEYS_GOOD_FOR})


class HealthController(Controller):
    """200 when all is well, else 503; never counted by a limit."""

    path = "/health"
    tags = ("server",)
    opt = UNCOUNTED

    @get("/live", responses=_FAILING, operation_id="getLive", summary="Whether the server lives")
    async def live(self, request: Call) -> Response[HealthObject]:
        return await _probe(request, "live")

    @get("/ready", responses=_FAILING, operation_id="getReady", summary="Whether it can take visitors")
    async def ready(self, request: Call) -> Response[HealthObject]:
        return await _probe(request, "ready")

    @get("/startup", responses=_FAILING, operation_id="getStartup", summary="Whether it has started")
    async def startup(self, request: Call) -> Response[HealthObject]:
        return await _probe(request, "startup")


class MetricsController(Controller):
    path = "/metrics"
    tags = ("server",)
    opt = UNCOUNTED

    @get("/", operation_id="getMetrics", summary="Metrics for Prometheus", media_type=CONTENT_TYPE)
    async def show(self, request: Call) -> Response[bytes]:
        """With `observability.metrics_token` as bearer token; without that setting from this machine alone."""
        _require_scraper(request)
        return Response(request.parts.metrics.render(), media_type=CONTENT_TYPE)


async def _probe(request: Call, probe: Probe) -> Response[HealthObject]:
    report = await request.parts.health.probe(probe)
    status = HTTPStatus.OK if report["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    body = convert(report, HealthObject)
    return Response(body, status_code=status, headers={"Cache-Control": "no-store"})


def _require_scraper(request: Call) -> None:
    token = request.parts.observability.metrics_token
    if token is None:
        peer = parse_address(request.client.host) if request.client else None
        is_here = peer is not None and peer.is_loopback and "x-forwarded-for" not in request.headers
        if not is_here:
            raise Forbidden(
                "metrics are for this machine; set observability.metrics_token to read them from others"
            )
        return
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(shown.encode(), token.reveal().encode()):
        raise Forbidden("send the token of observability.metrics_token as bearer token")
