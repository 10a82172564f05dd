"""Headers that every answer carries: who may load what, and how long a browser insists on TLS.

Set by the edge on all that leaves this server: JSON, the web client's pages, films, refusals.
"""

from __future__ import annotations

RawHeaders = list[tuple[bytes, bytes]]

# Rooms play links of any site, and the player fetches HLS playlists and segments itself: hence `http:` and `https:`.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' http: https: blob:; connect-src 'self' http: https: ws: wss:; font-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address of a private room is its secret.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Browsers ignore the second one over plain http, and complain of it.
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000", "Cross-Origin-Opener-Policy": "same-origin"}


def security_headers(*, is_https: bool) -> RawHeaders:
    """The headers as ASGI has them; `is_https` says that the public address is one of https."""
    headers = _ALWAYS | _OVER_TLS if is_https else _ALWAYS
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
