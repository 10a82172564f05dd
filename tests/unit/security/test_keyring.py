"""Access tokens: whose are taken, whose are refused, and what is remembered of them."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid, Unauthenticated, Unavailable
from synctv_server.domain.ids import SessionId, UserId
from synctv_server.domain.times import DAY, HOUR, MINUTE, SECOND, Millis
from synctv_server.security.keyring import AUDIENCE, ISSUER, Keyring, RingKey, UnknownKey
from synctv_server.security.signing_keys import (
    ALGORITHMS,
    SigningKey,
    generate_signing_key,
    read_signing_key,
    thumbprint,
)
from synctv_server.security.tokens import Claims
from tests.unit.security.conftest import START, Clock, ring_of


def claims(*, expires_at: Millis = START + HOUR) -> Claims:
    return Claims(UserId("usr_ann"), SessionId("ses_one"), issued_at=START, expires_at=expires_at)


def forged(signer: SigningKey, *, headers: dict[str, Any] | None = None, **payload: Any) -> str:
    """A token signed by this key whose payload differs from a good one in these claims."""
    said = {"iss": ISSUER, "aud": AUDIENCE, **claims().payload()} | payload
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None},
        signer.private,
        algorithm=signer.algorithm,
        headers=headers or {"kid": signer.kid},
    )


def test_a_token_says_what_was_signed(clock: Clock, signer: SigningKey) -> None:
    ring = ring_of(clock, signer)
    token = ring.sign(claims())
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == (signer.algorithm, signer.kid)
    for _ in range(2):
        said = ring.verify(token)
        assert (said.user_id, said.session_id) == ("usr_ann", "ses_one")
        assert (said.issued_at, said.expires_at) == (START, START + HOUR)


def test_two_tokens_of_one_session_differ(clock: Clock, keys: dict[str, SigningKey]) -> None:
    ring = ring_of(clock, keys["EdDSA"])
    assert ring.sign(claims()) != ring.sign(claims())


def test_a_token_is_over_at_its_time_also_when_it_is_remembered(clock: Clock, signer: SigningKey) -> None:
    ring = ring_of(clock, signer)
    token = ring.sign(claims())
    clock.moment += HOUR - 1
    ring.verify(token)
    clock.moment += 1
    for _ in range(2):
        with pytest.raises(Unauthenticated) as refused:
            ring.verify(token)
        assert refused.value.code == "auth.token_expired"


def test_a_token_without_a_signature_is_refused(clock: Clock, keys: dict[str, SigningKey]) -> None:
    ring = ring_of(clock, keys["RS256"])
    payload = {"iss": ISSUER, "aud": AUDIENCE, **claims().payload()}
    for algorithm in ("none", "None", "nOnE"):
        token = _compact({"alg": algorithm, "kid": keys["RS256"].kid}, payload)
        with pytest.raises(Unauthenticated):
            ring.verify(token)


def test_a_public_key_used_as_a_shared_secret_is_refused(clock: Clock, keys: dict[str, SigningKey]) -> None:
    key = keys["RS256"]
    ring = ring_of(clock, key)
    payload = {"iss": ISSUER, "aud": AUDIENCE, **claims().payload()}
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, json.dumps(key.jwk()).encode()):
        with pytest.raises(Unauthenticated):
            ring.verify(_compact({"alg": "HS256", "kid": key.kid}, payload, secret))


def test_another_ones_key_under_our_key_id_is_refused(clock: Clock, keys: dict[str, SigningKey]) -> None:
    ring = ring_of(clock, keys["EdDSA"])
    foreign = generate_signing_key("EdDSA")
    with pytest.raises(Unauthenticated) as refused:
        ring.verify(forged(foreign, headers={"kid": keys["EdDSA"].kid}))
    assert not isinstance(refused.value, UnknownKey)


@pytest.mark.parametrize("headers", [{"kid": "unknown"}, {"typ": "JWT"}])
def test_a_token_of_no_key_of_ours_says_so(
    clock: Clock, keys: dict[str, SigningKey], headers: dict[str, Any]
) -> None:
    with pytest.raises(UnknownKey):
        ring_of(clock, keys["EdDSA"]).verify(forged(keys["EdDSA"], headers=headers))


@pytest.mark.parametrize(
    "payload",
    [
        {"iss": "another"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": 7},
        {"sid": None},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"exp": "never"},
        {"iat": (START + 2 * MINUTE) // SECOND},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    clock: Clock, keys: dict[str, SigningKey], payload: dict[str, Any]
) -> None:
    ring = ring_of(clock, keys["EdDSA"])
    with pytest.raises(Unauthenticated):
        ring.verify(forged(keys["EdDSA"], **payload))


@given(st.text(max_size=200))
def test_any_text_is_refused_politely(text: str) -> None:
    with pytest.raises(Unauthenticated):
        Keyring(Clock()).verify(text)


def test_nested_and_huge_headers_are_refused_politely(clock: Clock) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 2_900).decode()
    for token in (f"{nested}.e30.e30", "a" * 100_000, "\ud800.a.b"):
        with pytest.raises(Unauthenticated):
            Keyring(clock).verify(token)


@given(position=st.integers(0, 5_000), character=st.sampled_from("AZaz09-_."))
def test_a_changed_token_is_refused(position: int, character: str) -> None:
    ring = ring_of(Clock(), _ED)
    token = ring.sign(claims())
    position %= len(token) - 4  # the last characters hold unused bits
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        with pytest.raises(Unauthenticated):
            ring.verify(changed)


def test_a_ring_of_several_algorithms_takes_the_tokens_of_each(
    clock: Clock, keys: dict[str, SigningKey]
) -> None:
    ring = ring_of(clock, *keys.values())
    for key in keys.values():
        assert ring.verify(forged(key)).user_id == "usr_ann"
    assert [key["alg"] for key in ring.jwks()["keys"]] == list(ALGORITHMS)


def test_a_retiring_key_verifies_until_its_time_and_leaves_the_published_set(
    clock: Clock, keys: dict[str, SigningKey]
) -> None:
    ring = ring_of(clock, keys["EdDSA"], keys["ES256"], until=START + DAY)
    token = forged(keys["ES256"], exp=(START + 2 * DAY) // SECOND)
    clock.moment = START + DAY - 1
    ring.verify(forged(keys["ES256"], exp=(START + 2 * DAY) // SECOND))
    clock.moment = START + DAY
    with pytest.raises(UnknownKey):
        ring.verify(token)
    assert [key["kid"] for key in ring.jwks()["keys"]] == [keys["EdDSA"].kid]
    assert ring.derived("links", keys["ES256"].kid) is None


def test_replaced_keys_take_their_remembered_tokens_with_them(
    clock: Clock, keys: dict[str, SigningKey]
) -> None:
    ring = ring_of(clock, keys["EdDSA"])
    token = ring.sign(claims())
    ring.verify(token)
    ring.replace(keys["ES256"], [RingKey(keys["ES256"], keys["ES256"].public, None)])
    with pytest.raises(UnknownKey):
        ring.verify(token)


def test_an_empty_ring_cannot_sign(clock: Clock) -> None:
    with pytest.raises(Unavailable):
        Keyring(clock).sign(claims())


def test_derived_keys_differ_by_purpose_and_by_key(clock: Clock, keys: dict[str, SigningKey]) -> None:
    ring = ring_of(clock, keys["RS256"], keys["EdDSA"])
    kid, secret = ring.derive("links")
    assert kid == keys["RS256"].kid
    assert secret == ring.derived("links", kid)
    others = {ring.derived("links", keys["EdDSA"].kid), ring.derived("proxies", kid)}
    assert secret not in others
    assert len(others) == 2
    assert ring.derived("links", "unknown") is None


def test_published_keys_hold_no_secret_and_verify_with_any_library(clock: Clock, signer: SigningKey) -> None:
    ring = ring_of(clock, signer)
    (published,) = ring.jwks()["keys"]
    assert set(published) <= {"kid", "alg", "use", "kty", "n", "e", "crv", "x", "y"}
    key = jwt.PyJWK.from_dict(published)
    token = ring.sign(claims(expires_at=2**50))
    said = jwt.decode(token, key.key, algorithms=[signer.algorithm], audience=AUDIENCE)
    assert said["sub"] == "usr_ann"


def test_a_key_id_is_the_thumbprint_of_the_standards_example() -> None:
    # RFC 7638 §3.1
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    public = jwt.PyJWK.from_dict({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256"}).key
    assert thumbprint(public) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_key_ids_never_look_like_a_flag() -> None:
    assert not any(generate_signing_key("EdDSA").kid.startswith("-") for _ in range(200))


def test_a_key_is_the_same_after_it_was_kept(signer: SigningKey) -> None:
    again = read_signing_key(signer.secret, signer.algorithm)
    assert again.kid == signer.kid
    assert "secret" not in repr(signer)
    with pytest.raises(BrokenState):
        read_signing_key(signer.secret, "ES256" if signer.algorithm != "ES256" else "RS256")


def test_bytes_that_are_no_key_are_broken_state() -> None:
    with pytest.raises(BrokenState):
        read_signing_key(b"nothing", "RS256")


def test_an_unknown_algorithm_is_a_configuration_error_that_names_those_there_are() -> None:
    with pytest.raises(ConfigurationInvalid, match="RS256, ES256, EdDSA"):
        generate_signing_key("HS256")


def _compact(header: dict[str, Any], payload: dict[str, Any], secret: bytes | None = None) -> str:
    """A token put together by hand, as PyJWT refuses to make it: unsigned, or signed with an HMAC."""
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{_base64url(hmac.digest(secret, signed.encode(), 'sha256')) if secret else ''}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_ED = generate_signing_key("EdDSA")
