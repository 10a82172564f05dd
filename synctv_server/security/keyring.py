"""The key ring: signs access tokens with one key, takes tokens of several, publishes the public halves.

`services.keys` fills it from the database; `services.auth.sessions` asks it about every request; `UrlSigner`
derives its keys from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from synctv_server.domain.errors import Unauthenticated, Unavailable
from synctv_server.domain.times import MINUTE, Millis, Now
from synctv_server.security.signing_keys import PublicKey, SigningKey
from synctv_server.security.statements import sign_statement
from synctv_server.security.tokens import Claims

ISSUER = "synctv"
AUDIENCE = "synctv"
_TOKEN_LONGEST = 4_096
_VERIFIED_MOST = 20_000
_CLOCK_SKEW: Millis = MINUTE
_DERIVED_BYTES = 32
# Moments are compared with the injected clock, not with the library's own.
_CHECKS: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iss", "aud"]}


class UnknownKey(Unauthenticated):
    """The token names a key that this ring does not hold: perhaps one that was made a moment ago."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """A key and its part in the ring. After `until` nothing that it signed is taken any more."""

    key: SigningKey
    public: PublicKey
    until: Millis | None


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token says whose signature held, and how long that is to be believed."""

    claims: Claims
    until: Millis


class Keyring:
    """Keys by id.

    `verify` remembers the tokens whose signature held, so that the same token costs a hash and a look-up the
    next time. Replacing the keys forgets them all.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._signer: SigningKey | None = None
        self._keys: dict[str, RingKey] = {}
        self._verified: dict[bytes, _Verified] = {}
        self._derived: dict[tuple[str, str], bytes] = {}

    def replace(self, signer: SigningKey | None, keys: Sequence[RingKey]) -> None:
        """Take these keys instead of those held; `signer` is the one among them that signs."""
        self._signer = signer
        self._keys = {held.key.kid: held for held in keys}
        self._verified.clear()
        self._derived.clear()

    def sign(self, claims: Claims) -> str:
        """The token (a JWS in compact form, RFC 7515). Unavailable while there is no key that signs."""
        signer = self._signing()
        payload = {"iss": ISSUER, "aud": AUDIENCE, **claims.payload()}
        return jwt.encode(payload, signer.private, algorithm=signer.algorithm, headers={"kid": signer.kid})

    def sign_statement(self, kind: str, statement: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """A signed statement (see `statements`), and the public key that checks it. Unavailable as `sign`."""
        signer = self._signing()
        return sign_statement(signer, kind, statement), signer.jwk()

    def verify(self, token: str) -> Claims:
        """What a good token says.

        Unauthenticated when the signature, issuer, audience or a moment is not right or the token is over;
        UnknownKey when its key is not held. The algorithm is the key's own, whatever the header says.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        verified = self._verified.get(digest)
        if verified is None or self._now() >= verified.until:
            verified = self._check(token)
            self._remember(digest, verified)
        return verified.claims

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys whose tokens are taken, as a JSON Web Key Set (RFC 7517 §5)."""
        return {"keys": [held.key.jwk() for held in self._keys.values() if self._is_good(held)]}

    def derive(self, purpose: str) -> tuple[str, bytes]:
        """The id of the signing key, and 32 bytes derived from it for this purpose (HKDF, RFC 5869)."""
        signer = self._signing()
        return signer.kid, self._derive(purpose, signer)

    def derived(self, purpose: str, kid: str) -> bytes | None:
        """The same bytes from the key of this id, or None when the ring does not take that key."""
        held = self._keys.get(kid)
        if held is None or not self._is_good(held):
            return None
        return self._derive(purpose, held.key)

    def _derive(self, purpose: str, key: SigningKey) -> bytes:
        known = self._derived.get((purpose, key.kid))
        if known is None:
            derivation = HKDF(SHA256(), length=_DERIVED_BYTES, salt=None, info=f"synctv {purpose}".encode())
            known = self._derived[purpose, key.kid] = derivation.derive(key.secret)
        return known

    def _signing(self) -> SigningKey:
        if self._signer is None:
            raise Unavailable("there is no signing key yet; run `synctv init`")
        return self._signer

    def _is_good(self, held: RingKey) -> bool:
        return held.until is None or self._now() < held.until

    def _check(self, token: str) -> _Verified:
        held = self._key_of(token)
        try:
            payload = jwt.decode(
                token,
                held.public,
                algorithms=[held.key.algorithm],
                audience=AUDIENCE,
                issuer=ISSUER,
                options=_CHECKS,
            )
            claims = Claims.from_payload(payload)
        except (jwt.PyJWTError, ValueError):
            _refuse()
        if claims.issued_at > self._now() + _CLOCK_SKEW:
            _refuse()
        if self._now() >= claims.expires_at:
            raise Unauthenticated("the access token is over; refresh it", code="auth.token_expired")
        until = claims.expires_at if held.until is None else min(claims.expires_at, held.until)
        return _Verified(claims, until)

    def _key_of(self, token: str) -> RingKey:
        if len(token) > _TOKEN_LONGEST:
            _refuse()
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            _refuse()
        held = self._keys.get(str(header.get("kid")))
        if held is None or not self._is_good(held):
            raise UnknownKey("the access token is of a key that is not in use; sign in again")
        return held

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        if len(self._verified) >= _VERIFIED_MOST:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = verified


def _refuse() -> NoReturn:
    raise Unauthenticated("the access token is not good; sign in again")
