"""Checkpoints of the audit log: where it ended at a moment, signed, in a file beside the database.

The file holds the public keys too: a checkpoint can be checked when its key has retired. Used by `AuditService`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synctv_server.domain.audit import EMPTY, Head
from synctv_server.domain.errors import BrokenState
from synctv_server.domain.keys import KeyPurpose
from synctv_server.domain.times import Millis
from synctv_server.security.keyring import Keyring
from synctv_server.security.statements import key_of, read_statement
from synctv_server.store.keys import KeyStore

CHECKPOINT = "synctv-audit-checkpoint"
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One signed end of the log; `is_good` says that the signature holds and the key is one of this installation."""

    head: Head
    at: Millis
    signed: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class Journal:
    """The file as it was read: its checkpoints in order, and the public keys by id."""

    checkpoints: tuple[Checkpoint, ...]
    keys: Mapping[str, Mapping[str, Any]]

    @property
    def last(self) -> Checkpoint:
        """The newest good one, or one of an empty log."""
        good = [checkpoint for checkpoint in self.checkpoints if checkpoint.is_good]
        return good[-1] if good else Checkpoint(EMPTY, 0, "", is_good=True)


class Checkpoints:
    """The file; only ever appended to."""

    def __init__(self, file: Path, keyring: Keyring, keys: KeyStore) -> None:
        self._file = file
        self._keyring = keyring
        self._keys = keys

    async def add(self, head: Head, at: Millis) -> None:
        """Sign this end of the log with the key that signs now, and append it. OSError where the disk refuses."""
        signed = await self.sign(CHECKPOINT, {"count": head.count, "hash": head.hash, "at": at})
        await asyncio.to_thread(
            self._append, {"count": head.count, "hash": head.hash, "at": at, "jws": signed}
        )

    async def sign(self, kind: str, statement: Mapping[str, Any]) -> str:
        """Sign something about the log; the public key is in the file before the signature is anywhere."""
        signed, jwk = self._keyring.sign_statement(kind, statement)
        if jwk["kid"] not in (await self.read()).keys:
            await asyncio.to_thread(self._append, {"key": jwk})
        return signed

    async def check(self, kind: str, signed: str, journal: Journal) -> dict[str, Any] | None:
        """What a statement about the log says; None unless a key of this installation signed it."""
        try:
            return read_statement(signed, kind, journal.keys.get(key_of(signed), {}))
        except BrokenState:
            return None

    async def read(self) -> Journal:
        """All that is in the file. A line that a crash has left unfinished is passed over."""
        lines = await asyncio.to_thread(self._lines)
        ours = {record.kid for record in await self._keys.list_keys(KeyPurpose.SIGNING)}
        keys = {line["key"]["kid"]: line["key"] for line in lines if _kid(line) in ours}
        return Journal(tuple(_checkpoint(line, keys) for line in lines if "jws" in line), keys)

    def _lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        try:
            text = self._file.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return []
        for line in text.splitlines():
            try:
                document = json.loads(line)
            except ValueError:
                continue
            if isinstance(document, dict):
                lines.append(document)
        return lines

    def _append(self, document: Mapping[str, Any]) -> None:
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, _PRIVATE)
        with os.fdopen(descriptor, "r+b") as opened:
            size = opened.seek(0, os.SEEK_END)
            if size:
                opened.seek(size - 1)
            starts_a_line = not size or opened.read(1) == b"\n"
            opened.write(b"" if starts_a_line else b"\n")
            opened.write(json.dumps(document, separators=(",", ":")).encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())


def _kid(line: Mapping[str, Any]) -> str:
    key = line.get("key")
    return str(key.get("kid")) if isinstance(key, dict) else ""


def _checkpoint(line: Mapping[str, Any], keys: Mapping[str, Mapping[str, Any]]) -> Checkpoint:
    signed = str(line["jws"])
    head = Head(_number(line.get("count")), str(line.get("hash")))
    at = _number(line.get("at"))
    try:
        said = read_statement(signed, CHECKPOINT, keys.get(key_of(signed), {}))
    except BrokenState:
        return Checkpoint(head, at, signed, is_good=False)
    is_good = said == {"count": head.count, "hash": head.hash, "at": at}
    return Checkpoint(head, at, signed, is_good=is_good)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
