"""Sealed values: they open where they were sealed, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid
from synctv_server.security.sealing import (
    Place,
    Sealer,
    key_id,
    new_key,
    new_key_id,
    read_master_key,
    write_master_key,
)

PLACE = Place("keys", "sealed", "row-1")
KEYS = {"first": new_key(), "second": new_key()}
SEALER = Sealer(KEYS, current="second")


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_in_its_place(plaintext: bytes) -> None:
    assert SEALER.open(SEALER.seal(plaintext, PLACE), PLACE) == plaintext


@pytest.mark.parametrize(
    "place",
    [Place("users", "sealed", "row-1"), Place("keys", "other", "row-1"), Place("keys", "sealed", "row-2")],
)
def test_a_value_that_was_moved_does_not_open(place: Place) -> None:
    with pytest.raises(BrokenState):
        SEALER.open(SEALER.seal(b"secret", PLACE), place)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_value_with_one_changed_bit_does_not_open(position: int, bit: int) -> None:
    sealed = bytearray(SEALER.seal(b"secret", PLACE))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(BrokenState):
        SEALER.open(bytes(sealed), PLACE)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_sealed_value_are_refused(noise: bytes) -> None:
    with pytest.raises(BrokenState):
        SEALER.open(noise, PLACE)


def test_values_of_an_older_key_open_and_name_it() -> None:
    sealed = Sealer(KEYS, current="first").seal(b"secret", PLACE)
    assert key_id(sealed) == "first"
    assert SEALER.open(sealed, PLACE) == b"secret"
    with pytest.raises(BrokenState, match="first"):
        Sealer({"second": KEYS["second"]}, current="second").open(sealed, PLACE)


def test_the_same_text_never_seals_to_the_same_bytes() -> None:
    assert SEALER.seal(b"secret", PLACE) != SEALER.seal(b"secret", PLACE)


def test_key_ids_never_look_like_a_flag() -> None:
    assert not any(new_key_id().startswith("-") for _ in range(1_000))


def test_a_master_key_survives_its_file() -> None:
    key = new_key()
    assert read_master_key(write_master_key(key) + "\n") == key


@pytest.mark.parametrize("text", ["", "secret", "A" * 42, "é" * 44, "!" * 44])
def test_a_bad_master_key_says_how_to_make_one(text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        read_master_key(text)
    assert "openssl rand" in (refused.value.hint or "")
