"""Who asks behind a proxy, and that nobody can pretend to be somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.net.addresses import parse_address, site_of
from synctv_server.net.client_ip import TrustedProxies

PROXY = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "somebody, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "somebody", "127.0.0.1"),
        ("::ffff:127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("fd00::1", "[2001:DB8::1]:4711", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_nearest_that_is_no_trusted_proxy(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert PROXY.client_address(peer, forwarded_for) == client


@given(st.text(max_size=60))
def test_a_stranger_cannot_choose_an_address(header: str) -> None:
    assert PROXY.client_address("192.0.2.7", header) == "192.0.2.7"
    assert PROXY.client_address("127.0.0.1", f"{header}, 192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "http, HTTPS", "https"),
        ("127.0.0.1", "gopher", "http"),
        ("127.0.0.1", "", "http"),
        ("192.0.2.7", "https", "http"),
    ],
)
def test_the_scheme_is_believed_of_a_trusted_proxy_alone(peer: str, said: str, scheme: str) -> None:
    assert PROXY.scheme(peer, "http", said) == scheme


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not appear"):
        TrustedProxies(["my proxy"])


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("usr_ann", "usr_ann"),
    ],
)
def test_one_customer_counts_as_one(text: str, site: str) -> None:
    assert site_of(text) == site


@given(st.ip_addresses())
def test_every_address_is_read(address: object) -> None:
    assert parse_address(str(address)) is not None
