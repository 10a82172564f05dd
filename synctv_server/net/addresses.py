"""IP addresses in one spelling each. Used to find the client behind proxies and to count per address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
_SITE_BITS = 64


def parse_address(text: str) -> Address | None:
    """The address of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; None for anything else.

    An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address, a zone (`%eth0`) is left out.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def site_of(text: str) -> str:
    """What one customer of a provider holds: the address itself, for IPv6 its /64. The key of limits per address."""
    address = parse_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _SITE_BITS), strict=False))
    return str(address) if address else text
