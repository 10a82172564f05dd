"""Where a request comes from, as far as it can be believed: read once by the edge, used by controllers and limits."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.api.asgi import Scope
from synctv_server.net.client_ip import Scheme, TrustedProxies

REMOTE = "synctv.remote"
"""Key of the ASGI scope under which the edge leaves the `Remote`."""


@dataclass(frozen=True, slots=True)
class Remote:
    """`address` is the client's, behind trusted proxies; `scheme` and `host` are those that it used."""

    address: str
    scheme: Scheme
    host: str
    user_agent: str


def remote_of(scope: Scope, proxies: TrustedProxies) -> Remote:
    """The remote of an HTTP or WebSocket scope; over the control socket the address is empty."""
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]},{text}" if name in headers else text
    peer = (scope.get("client") or ("", 0))[0]
    own: Scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
    return Remote(
        address=proxies.client_address(peer, headers.get(b"x-forwarded-for", "")),
        scheme=proxies.scheme(peer, own, headers.get(b"x-forwarded-proto", "")),
        host=headers.get(b"host", ""),
        user_agent=headers.get(b"user-agent", "")[:300],
    )
