"""Signed links: good for six to twelve hours, for one path and one scope."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.errors import Forbidden
from synctv_server.domain.times import HOUR
from synctv_server.security.signed_urls import BUCKET, UrlSigner
from synctv_server.security.signing_keys import SigningKey, generate_signing_key
from tests.unit.security.conftest import START, Clock, ring_of

PATH = "/api/v1/rooms/room_a/media/med_b/file"
SCOPE = "room_a/med_b"
_ED = generate_signing_key("EdDSA")


def signer_at(clock: Clock) -> UrlSigner:
    return UrlSigner(ring_of(clock, _ED), clock)


def refuse(links: UrlSigner, path: str, scope: str, query: str) -> None:
    with pytest.raises(Forbidden) as refused:
        links.check(path, scope, query)
    assert refused.value.code == "media.link_expired"


@given(st.integers(0, 24 * HOUR))
def test_a_link_is_good_for_six_hours_at_least_and_twelve_at_most(later: int) -> None:
    clock = Clock(START + later)
    links = signer_at(clock)
    query = links.sign(PATH, SCOPE)
    clock.moment += 6 * HOUR
    links.check(PATH, SCOPE, query)
    clock.moment += 6 * HOUR
    refuse(links, PATH, SCOPE, query)


def test_links_of_one_bucket_are_one_link(clock: Clock) -> None:
    links = signer_at(clock)
    clock.moment = START // BUCKET * BUCKET
    first = links.sign(PATH, SCOPE)
    clock.moment += BUCKET - 1
    assert links.sign(PATH, SCOPE) == first
    clock.moment += 1
    assert links.sign(PATH, SCOPE) != first


def test_a_link_is_for_its_path_and_scope_alone(clock: Clock) -> None:
    links = signer_at(clock)
    query = links.sign(PATH, SCOPE)
    refuse(links, PATH + "x", SCOPE, query)
    refuse(links, PATH, "room_b/med_b", query)


def test_a_link_outlives_the_turn_of_the_keys(clock: Clock, keys: dict[str, SigningKey]) -> None:
    query = signer_at(clock).sign(PATH, SCOPE)
    turned = UrlSigner(ring_of(clock, keys["RS256"], _ED), clock)
    turned.check(PATH, SCOPE, query)
    without = UrlSigner(ring_of(clock, keys["RS256"]), clock)
    refuse(without, PATH, SCOPE, query)


@pytest.mark.parametrize("name", ["expires", "key", "signature"])
@given(value=st.text(max_size=40))
def test_a_link_with_a_changed_part_is_refused(name: str, value: str) -> None:
    links = signer_at(Clock())
    parts = {part: values[0] for part, values in parse_qs(links.sign(PATH, SCOPE)).items()}
    if value == parts[name]:
        return
    parts[name] = value
    refuse(links, PATH, SCOPE, "&".join(f"{part}={text}" for part, text in parts.items()))


@given(st.text(max_size=200))
def test_any_query_is_refused_politely(query: str) -> None:
    refuse(signer_at(Clock()), PATH, SCOPE, query)
