"""Secrets hashed at rest, and values that only the holder of a secret can have back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synctv_server.security.tokens import hash_secret, lock_with, new_secret, unlock_with


def test_secrets_have_256_bits_and_differ() -> None:
    drawn = {new_secret() for _ in range(100)}
    assert len(drawn) == 100
    assert all(len(secret) == 43 for secret in drawn)


@given(st.text(), st.text())
def test_only_the_same_secret_has_the_same_hash(one: str, other: str) -> None:
    assert (hash_secret(one) == hash_secret(other)) == (one == other)


@given(st.text(max_size=60), st.binary(max_size=200))
def test_the_same_secret_unlocks_and_another_does_not(secret: str, plaintext: bytes) -> None:
    locked = lock_with(secret, plaintext)
    assert unlock_with(secret, locked) == plaintext
    assert unlock_with(secret + "x", locked) is None


@given(st.binary(max_size=40))
def test_noise_does_not_unlock(noise: bytes) -> None:
    assert unlock_with("secret", noise) is None
