"""Where people reach this server: the origin of every link that it makes, and this machine's address on its LAN."""

from __future__ import annotations

import socket
from ipaddress import ip_address

# Nobody answers there (RFC 5737), and nothing is sent: connecting a datagram socket only asks for the route.
_SOMEWHERE_ELSE = ("192.0.2.1", 9)
_LOOPBACK = "127.0.0.1"


def origin_of(public_url: str, host: str, port: int) -> str:
    """`server.public_url` where it is set, else the address that is listened on, like `http://192.168.1.20:8080`.

    For one that listens on all addresses it is the machine's own on its network.
    """
    if public_url:
        return public_url.rstrip("/")
    return _origin((find_lan_address() or _LOOPBACK) if _is_wildcard(host) else host, port)


def local_origin_of(host: str, port: int) -> str:
    """Where this machine itself reaches a server that listens on `host`."""
    return _origin(_LOOPBACK if _is_wildcard(host) else host, port)


def find_lan_address() -> str | None:
    """The address by which other machines of the network reach this one; None without a network."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE_ELSE)
            address: str = probe.getsockname()[0]
    except OSError:
        return None
    return None if ip_address(address).is_loopback else address


def _origin(host: str, port: int) -> str:
    literal = f"[{host}]" if ":" in host else host
    return f"http://{literal}" if port == 80 else f"http://{literal}:{port}"


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
