"""Who asks: the address and scheme of a request that may have come through reverse proxies.

Called by the front doors for each request. What a stranger writes into a forwarding header is never believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network
from typing import Literal

from synctv_server.net.addresses import parse_address

Scheme = Literal["http", "https"]


class TrustedProxies:
    """The networks whose forwarding headers are believed (`server.trusted_proxies`).

    Raises ValueError on one that is no network.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ip_network(network, strict=False) for network in networks)
        self._is_trusted = lru_cache(maxsize=1_024)(self._belongs)

    def client_address(self, peer: str, forwarded_for: str = "") -> str:
        """The nearest address that is no trusted proxy.

        `peer` is the other end of the connection, `forwarded_for` all values of `X-Forwarded-For` joined by
        commas; each proxy wrote the address that it saw at the end, so the list is read from there.
        """
        client = _spelled(peer)
        for hop in reversed(forwarded_for.split(",")):
            if not self._is_trusted(client) or parse_address(hop) is None:
                break
            client = _spelled(hop)
        return client

    def scheme(self, peer: str, own: Scheme, forwarded_proto: str = "") -> Scheme:
        """The scheme that the client used: what a trusted proxy says last, else the connection's own."""
        if self._is_trusted(_spelled(peer)):
            said = forwarded_proto.rpartition(",")[2].strip().lower()
            if said == "https":
                return "https"
            if said == "http":
                return "http"
        return own

    def _belongs(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and any(address in network for network in self._networks)


def _spelled(text: str) -> str:
    address = parse_address(text)
    return str(address) if address else text
