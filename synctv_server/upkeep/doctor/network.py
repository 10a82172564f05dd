"""The way in: the address that is listened on, and the one by which people come."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from synctv_server.config.check import is_loopback
from synctv_server.domain.errors import ConfigurationInvalid, SyncTVError
from synctv_server.upkeep.doctor.asking import Reply, ask
from synctv_server.upkeep.doctor.check import Check, Verdict, doubtful, ill, well
from synctv_server.upkeep.premises import NotExaminable, Premises, RunningServer

_RESOLVE_SECONDS = 3.0
_WIDEST = {4: 16, 6: 48}
"""Shortest prefix of a trusted network: a proxy is a machine, or a range of containers."""
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c3luY3R2IGRvY3RvciA6KQ==",
}


def host(premises: Premises) -> Verdict:
    """`server.host` is an address of this machine."""
    name = premises.settings.server.host
    try:
        premises.bind(name, 0).close()
    except ConfigurationInvalid as error:
        return ill(error.message, error.hint or "")
    return well(f"{name} is an address of this machine")


def port(premises: Premises) -> Verdict:
    """`server.port` is free, or ours already."""
    server = premises.settings.server
    if premises.server is not None:
        return well(f"the server of this data directory runs, pid {premises.server.pid}")
    try:
        premises.bind(server.host, server.port).close()
    except ConfigurationInvalid as error:
        raise NotExaminable(error.message) from error
    except SyncTVError as error:
        return ill(error.message, error.hint or "")
    return well(f"port {server.port} is free")


def trust(premises: Premises) -> Verdict:
    """`server.trusted_proxies` names machines, not half of the internet."""
    for proxy in premises.settings.server.trusted_proxies:
        network = ip_network(proxy, strict=False)
        if network.prefixlen < _WIDEST[network.version]:
            return doubtful(
                f"{proxy} trusts {network.num_addresses} machines to say who visits",
                "name the address of the proxy alone in server.trusted_proxies",
            )
    return well("no proxy is trusted that need not be")


def public_name(premises: Premises) -> Verdict:
    """What people are told to open is not this machine's own name for itself."""
    name = _public_host(premises)
    if is_loopback(name) and not is_loopback(premises.settings.server.host):
        return doubtful(
            f"links lead to {name}, which on other machines is those machines themselves",
            "set server.public_url to the name or address by which others reach this one",
        )
    return well(f"links lead to {name}")


async def resolves(premises: Premises) -> Verdict:
    """The host of `server.public_url` has an address."""
    name = _public_host(premises)
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer in time"
        return ill(
            f"{name} has no address: {reason.lower()}",
            "make the name known in DNS, or correct server.public_url",
        )
    return well(f"{name} has an address")


async def ready(premises: Premises) -> Verdict:
    """The running server says that it is ready."""
    running = _running(premises)
    try:
        reply = await ask(running.local_url, "/health/ready")
    except SyncTVError as error:
        return ill(
            f"pid {running.pid} does not answer: {error.message}",
            "see its log; `kill -ABRT` and a new start where it hangs",
        )
    if reply.status == 200:
        return well("the running server is ready")
    return ill(f"the running server is not ready: {_failing(reply)}", "`synctv health ready` says more")


async def public(premises: Premises) -> Verdict:
    """Through `server.public_url` one comes to a SyncTV server."""
    _running(premises)
    url = _public_url(premises)
    fix = "see that the proxy runs, forwards to server.port, and that its certificate is good"
    try:
        reply = await ask(url, "/health/live")
    except SyncTVError as error:
        return ill(f"{url} does not answer: {error.message}", fix)
    if "checks" not in reply.document:
        return ill(f"{url} answers {reply.status}, and is no SyncTV server", fix)
    return well(f"{url} leads to a SyncTV server")


async def websocket(premises: Premises) -> Verdict:
    """The proxy passes WebSockets on: a handshake without a ticket is refused by us, with 401."""
    _running(premises)
    url = _public_url(premises)
    reply = await ask(url, "/api/v1/rooms/room_doctor/ws", _UPGRADE)
    if reply.status == 401 and reply.document.get("code") == "unauthenticated":
        return well("WebSockets come through")
    return ill(
        f"a WebSocket does not come through {url}: the answer is {reply.status}",
        "let the proxy pass `Upgrade` and `Connection` on: docs/guides/hosting-at-home.md has the lines",
    )


def _running(premises: Premises) -> RunningServer:
    if premises.server is None:
        raise NotExaminable("no server runs")
    if not premises.server.local_url:
        raise NotExaminable("the server is starting")
    return premises.server


def _public_url(premises: Premises) -> str:
    if not premises.settings.server.public_url:
        raise NotExaminable("server.public_url is not set")
    return premises.settings.server.public_url


def _public_host(premises: Premises) -> str:
    name = urlsplit(_public_url(premises)).hostname or ""
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def _failing(reply: Reply) -> str:
    checks = reply.document.get("checks")
    if not isinstance(checks, dict):
        return f"it answers {reply.status}"
    bad = [
        f"{name}: {check.get('message', 'fails')}"
        for name, check in checks.items()
        if check["status"] != "ok"
    ]
    return "; ".join(bad)


CHECKS = (
    Check("network.host", host),
    Check("network.port", port),
    Check("network.trust", trust),
    Check("network.public_name", public_name),
    Check("network.resolves", resolves),
    Check("network.ready", ready),
    Check("network.public", public),
    Check("network.websocket", websocket),
)
