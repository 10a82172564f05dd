"""Secrets that people carry: what an access token says, and random secrets that are hashed at rest.

Used by the key ring and by the services that open sessions, set-up links and invitations.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from synctv_server.domain.ids import SessionId, UserId
from synctv_server.domain.times import SECOND, Millis

_SECRET_BYTES = 32
_TOKEN_ID_BYTES = 12
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Claims:
    """Who an access token speaks for and how long (RFC 7519; moments in whole seconds on the wire)."""

    user_id: UserId
    session_id: SessionId
    issued_at: Millis
    expires_at: Millis
    token_id: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_ID_BYTES))

    def payload(self) -> dict[str, str | int]:
        """`sub, sid, jti, iat, exp`; the key ring adds `iss` and `aud`."""
        return {
            "sub": self.user_id,
            "sid": self.session_id,
            "jti": self.token_id,
            "iat": self.issued_at // SECOND,
            "exp": self.expires_at // SECOND,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Claims:
        """The claims of a payload whose signature held; ValueError when one is missing or of another type."""
        match payload:
            case {
                "sub": str(user_id),
                "sid": str(session_id),
                "jti": str(token_id),
                "iat": int(issued_at),
                "exp": int(expires_at),
            }:
                return cls(
                    UserId(user_id), SessionId(session_id), issued_at * SECOND, expires_at * SECOND, token_id
                )
        raise ValueError("a claim is missing or of another type")


def new_secret() -> str:
    """256 random bits, URL-safe: refresh tokens, set-up links, invitations, tickets."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def hash_secret(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so that one SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def lock_with(secret: str, plaintext: bytes) -> bytes:
    """The plaintext encrypted so that only who shows this secret again can have it back."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(secret).encrypt(nonce, plaintext, None)


def unlock_with(secret: str, locked: bytes) -> bytes | None:
    """What `lock_with` locked, or None when it was another secret."""
    try:
        return _cipher(secret).decrypt(locked[:_NONCE_BYTES], locked[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        return None


def _cipher(secret: str) -> AESGCM:
    key = HKDF(SHA256(), length=32, salt=None, info=b"synctv lock").derive(
        secret.encode("utf-8", "surrogatepass")
    )
    return AESGCM(key)
