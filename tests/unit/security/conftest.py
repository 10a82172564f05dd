"""A clock that stands where the test puts it, and rings with real keys."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from synctv_server.domain.times import Millis
from synctv_server.security.keyring import Keyring, RingKey
from synctv_server.security.signing_keys import ALGORITHMS, SigningKey, generate_signing_key

START: Millis = 1_790_000_000_000


@dataclass
class Clock:
    moment: Millis = START

    def __call__(self) -> Millis:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="package")
def keys() -> dict[str, SigningKey]:
    """One key of each algorithm, made once: an RSA key costs much time."""
    return {algorithm: generate_signing_key(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture(params=ALGORITHMS)
def signer(request: pytest.FixtureRequest, keys: dict[str, SigningKey]) -> SigningKey:
    return keys[request.param]


def ring_of(clock: Clock, signer: SigningKey, *others: SigningKey, until: Millis | None = None) -> Keyring:
    """A ring in which `signer` signs and the others verify, until a moment if one is given."""
    ring = Keyring(clock)
    held = [RingKey(signer, signer.public, None)]
    ring.replace(signer, held + [RingKey(key, key.public, until) for key in others])
    return ring
