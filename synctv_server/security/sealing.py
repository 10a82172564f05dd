"""Sealed values: what the database holds encrypted (AES-256-GCM), bound to the place where it stands.

The master key seals the sealing keys, a sealing key seals the columns. Used by `services.keys` and by every
service that keeps a secret.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from synctv_server.domain.errors import BrokenState, ConfigurationInvalid

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = 1
_KID_BYTES = 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands. One that was copied to another row does not open there."""

    table: str
    column: str
    row: str

    def label(self) -> bytes:
        return b"\x00".join(part.encode() for part in (self.table, self.column, self.row))


class Sealer:
    """Seals under the key `current` and opens under any key that it holds.

    A sealed value is: one byte of version, one of the key id's length, the key id, a random nonce of 96 bits,
    the ciphertext with its tag.
    """

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {kid: AESGCM(key) for kid, key in keys.items()}
        self._current = current

    @property
    def head(self) -> bytes:
        """How every value begins that is sealed under the current key."""
        kid = self._current.encode()
        return bytes((_VERSION, len(kid))) + kid

    def seal(self, plaintext: bytes, place: Place) -> bytes:
        """The plaintext sealed for this place alone."""
        nonce = os.urandom(_NONCE_BYTES)
        head = self.head
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plaintext, head + place.label())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """What was sealed; BrokenState when it was changed, moved, or sealed under a key that is not held."""
        kid = key_id(sealed)
        head, rest = sealed[: 2 + len(kid)], sealed[2 + len(kid) :]
        cipher = self._ciphers.get(kid)
        if cipher is None:
            raise BrokenState(
                f"{place.table}.{place.column} is sealed under the key {kid!r}, which is not here"
            )
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + place.label())
        except (InvalidTag, ValueError):
            raise BrokenState(
                f"{place.table}.{place.column} of {place.row!r} does not open: it was changed or moved, or "
                "sealed under another key"
            ) from None


def key_id(sealed: bytes) -> str:
    """The id of the key under which a value is sealed; BrokenState when it is no sealed value."""
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise BrokenState("this is no sealed value")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def new_key() -> bytes:
    """256 random bits for AES."""
    return secrets.token_bytes(KEY_BYTES)


def new_key_id() -> str:
    """A random id for a sealing or master key; never one that a command line would take for a flag."""
    while (kid := secrets.token_urlsafe(_KID_BYTES)).startswith("-"):
        pass
    return kid


def write_master_key(key: bytes) -> str:
    """The master key as the one line of text that its file or secret holds."""
    return base64.urlsafe_b64encode(key).decode()


def read_master_key(text: str) -> bytes:
    """The master key of that line; base64 of either alphabet. ConfigurationInvalid when it is no such key."""
    try:
        key = base64.b64decode(text.strip().translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationInvalid(
            f"keys.master must be {KEY_BYTES} bytes in base64",
            hint="take the file keys/master of the data directory, or make a new one: openssl rand -base64 32",
        )
    return key
