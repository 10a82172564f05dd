"""Signing keys: made, kept as bytes, known by their thumbprint. Used by the key ring and `services.keys`."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

ALGORITHMS = ("RS256", "ES256", "EdDSA")
_RSA_BITS = 2048
_RSA_EXPONENT = 65_537
# What a thumbprint covers, for each type of key: RFC 7638 §3.2, RFC 8037 §2.
_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair and the algorithm that it is pinned to. `secret` is PKCS #8 in DER."""

    kid: str
    algorithm: str
    secret: bytes = field(repr=False)
    private: PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        return self.private.public_key()

    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key (RFC 7517), with `kid`, `alg` and `use`."""
        return {"kid": self.kid, "alg": self.algorithm, "use": "sig", **_members(self.public)}


def generate_signing_key(algorithm: str) -> SigningKey:
    """A new key, whose id is its RFC 7638 thumbprint.

    A thumbprint that begins with `-` is drawn again: a command line would take it for a flag. Making an RSA
    key takes some hundred milliseconds: call it in a thread.
    """
    while (key := read_signing_key(_generate(algorithm), algorithm)).kid.startswith("-"):
        pass
    return key


def read_signing_key(secret: bytes, algorithm: str) -> SigningKey:
    """The key that these bytes hold; BrokenState when they are no key of this algorithm.

    Only for bytes that come from here or out of a seal: whether the numbers of an RSA key fit together is not looked
    at, which takes 37 ms at each start and each command. The seal says that they are those that were generated.
    """
    try:
        private = serialization.load_der_private_key(
            secret, password=None, unsafe_skip_rsa_key_validation=True
        )
    except ValueError:
        raise BrokenState("a signing key of the database is no key") from None
    if not isinstance(private, PrivateKey) or _algorithm_of(private) != algorithm:
        raise BrokenState(f"a signing key of the database is no {algorithm} key")
    return SigningKey(thumbprint(private.public_key()), algorithm, secret, private)


def thumbprint(public: PublicKey) -> str:
    """The RFC 7638 thumbprint (SHA-256, base64url)."""
    canonical = json.dumps(_members(public), sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _generate(algorithm: str) -> bytes:
    private: PrivateKey
    match algorithm:
        case "RS256":
            private = rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
        case "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            private = ed25519.Ed25519PrivateKey.generate()
        case _:
            raise ConfigurationInvalid(
                f"auth.signing_algorithm is {algorithm!r}; it can be {', '.join(ALGORITHMS)}"
            )
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _algorithm_of(private: PrivateKey) -> str | None:
    if isinstance(private, rsa.RSAPrivateKey):
        return "RS256"
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "EdDSA"
    return "ES256" if isinstance(private.curve, ec.SECP256R1) else None


def _members(public: PublicKey) -> dict[str, str]:
    jwk: dict[str, Any]
    if isinstance(public, rsa.RSAPublicKey):
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        jwk = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
