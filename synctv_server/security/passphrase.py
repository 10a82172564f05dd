"""Secrets wrapped by a passphrase: what a backup carries of the keys of an installation.

scrypt (RFC 7914) with 64 MiB makes the key, AES-256-GCM seals. Used by `upkeep.backup`.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from synctv_server.domain.errors import BrokenState, Invalid

SHORTEST = 8
_HEAD = b"synctv-passphrase-1\n"  # names the parameters below; others get another number
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32
_COST = 2**16


def wrap(plaintext: bytes, passphrase: str) -> bytes:
    """`plaintext` so that only the passphrase opens it; Invalid for one of less than eight characters."""
    if len(passphrase) < SHORTEST:
        raise Invalid(f"a passphrase must have at least {SHORTEST} characters", code="backup.passphrase")
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    return _HEAD + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, plaintext, _HEAD)


def unwrap(wrapped: bytes, passphrase: str) -> bytes:
    """What was wrapped. Invalid for another passphrase, BrokenState for what is no wrapped secret of this format."""
    if not wrapped.startswith(_HEAD):
        raise BrokenState("the secrets are not wrapped in a way that this version knows")
    rest = wrapped[len(_HEAD) :]
    salt, nonce = rest[:_SALT_BYTES], rest[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    cipher = AESGCM(_key(passphrase, salt))
    try:
        return cipher.decrypt(nonce, rest[_SALT_BYTES + _NONCE_BYTES :], _HEAD)
    except InvalidTag:
        raise Invalid("this is not the passphrase of the backup", code="backup.passphrase") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=_COST, r=8, p=1).derive(passphrase.encode())
