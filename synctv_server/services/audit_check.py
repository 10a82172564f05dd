"""Reads the whole audit log and says whether it holds. Used by `AuditService`.

Read in pages, once, while the server goes on. Only when something is wrong are all entries taken together, so that
`domain.audit_faults` can say what.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synctv_server.domain.audit import EMPTY, Entry, Head
from synctv_server.domain.audit_faults import Fault, FaultKind, Log, find_faults
from synctv_server.domain.times import Millis
from synctv_server.services.audit_checkpoints import Checkpoints, Journal
from synctv_server.store.audit import AuditStore, LogEnd
from synctv_server.store.trail import AuditTrail

ACCEPTED = "audit.accepted"
PRUNED = "audit.pruned"
PAGE = 200
_BEFORE_ALL = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a reading of the log has found.

    `start` is the head that it was judged from: an empty log's, that of what was pruned, or of what was accepted.
    `found` is a digest of all that was read. `is_remembered` says that the file outside knows the last entry; what
    came after its end is not proved by it. `accepted` are faults that an operator has written into the log.
    """

    entries: int
    start: Head
    head: Head
    checkpoints: int
    is_remembered: bool
    found: str
    faults: tuple[Fault, ...]
    accepted: tuple[Mapping[str, Any], ...]

    @property
    def ok(self) -> bool:
        return not self.faults


@dataclass(slots=True)
class _Reading:
    """What is known after the entries so far: where the chain stands, and everything that was read, in one digest."""

    start: Head = EMPTY
    head: Head = EMPTY
    count: int = 0
    is_clean: bool = True
    begun_at: Millis = 0
    unproved: Head | None = None
    accepted: list[Mapping[str, Any]] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    digest: Any = field(default_factory=hashlib.sha256)

    def take(self, entry: Entry) -> None:
        """Follow the chain by one entry."""
        if (
            self.count == 0 and entry.seq > 1
        ):  # what came before was pruned, as an entry further on has to say
            self.start = self.head = self.unproved = Head(entry.seq - 1, entry.previous)
        digest = entry.digest()
        follows = (entry.seq, entry.previous, entry.hash) == (self.head.count + 1, self.head.hash, digest)
        self.is_clean = self.is_clean and follows
        self.head = entry.head
        self.count += 1
        self.digest.update(f"{digest} {entry.hash}\n".encode())

    def prove(self, start: Head, at: Millis) -> None:
        """Know from a signed entry that everything up to this head, signed at that moment, was pruned."""
        if self.unproved == start:
            self.unproved, self.begun_at = None, at

    def accept(self, entry: Entry, faults: Sequence[Mapping[str, Any]]) -> None:
        """Begin anew with this entry, which says what was wrong before it."""
        self.start = Head(entry.seq - 1, entry.previous)
        self.is_clean, self.begun_at, self.unproved = True, entry.at, None
        self.accepted += faults
        self.hashes.clear()


@dataclass(frozen=True, slots=True)
class _Memories:
    """The ends of the log that are known from elsewhere: the file outside, this process, the checkpoints."""

    outside: Head | None
    seen: Head | None
    journal: Journal

    @property
    def counts(self) -> set[int]:
        """At which entries there is something to compare."""
        heads = [head for head in (self.outside, self.seen) if head is not None]
        return {head.count for head in heads} | {point.head.count for point in self.journal.checkpoints}

    def after(self, reading: _Reading) -> dict[int, str]:
        """Their hashes by count, as far as they are about what is read.

        A checkpoint of entries whose loss was accepted is not. What is signed is believed before what is not.
        """
        points = [
            point.head for point in self.journal.checkpoints if point.is_good and point.at > reading.begun_at
        ]
        heads = [head for head in (self.outside, *points, self.seen) if head is not None]
        return {head.count: head.hash for head in heads if head.count > reading.start.count}

    def is_outside_true(self, reading: _Reading) -> bool:
        """Whether the file can be read, and says what is there."""
        outside = self.outside
        return outside is not None and reading.hashes.get(outside.count, outside.hash) == outside.hash

    def count_checkpoints(self, reading: _Reading) -> int:
        """How many of them the log agrees with."""
        good = [point.head for point in self.journal.checkpoints if point.is_good]
        return sum(reading.hashes.get(head.count) == head.hash for head in good)

    def forged_checkpoints(self, reading: _Reading) -> list[Fault]:
        """Those whose signature does not hold, unless that was accepted."""
        known = {fault.get("seq") for fault in reading.accepted if fault.get("kind") == FaultKind.CHECKPOINT}
        bad = [point.head.count for point in self.journal.checkpoints if not point.is_good]
        return [Fault(FaultKind.CHECKPOINT, count, count) for count in bad if count not in known]


class AuditCheck:
    """The log, its journal of checkpoints, and the trail that remembers its end."""

    def __init__(self, store: AuditStore, trail: AuditTrail, checkpoints: Checkpoints) -> None:
        self._store = store
        self._trail = trail
        self._checkpoints = checkpoints

    async def run(self) -> Verification:
        """Read everything. What is remembered outside is looked at first: it may not be newer than the log."""
        outside, seen = self._trail.read(), self._trail.seen
        journal = await self._checkpoints.read()
        end = await self._store.end()
        memories = _Memories(outside, seen, journal)
        reading = await self._read(end.last, memories.counts, journal)
        faults = await self._faults(reading, end, memories.after(reading))
        if not faults and not memories.is_outside_true(reading):
            faults = [Fault(FaultKind.HEAD, end.last, end.last)]
        return Verification(
            entries=reading.count,
            start=reading.start,
            head=reading.head,
            checkpoints=memories.count_checkpoints(reading),
            is_remembered=outside is not None and outside.count == end.last,
            found=reading.digest.hexdigest(),
            faults=(*faults, *memories.forged_checkpoints(reading)),
            accepted=tuple(reading.accepted),
        )

    async def _read(self, last: int, wanted: set[int], journal: Journal) -> _Reading:
        reading = _Reading()
        seq = _BEFORE_ALL
        while page := await self._store.entries_after(seq, PAGE):
            for entry in page:
                if entry.seq > last:
                    return reading
                await self._take(reading, entry, journal)
                if entry.seq in wanted:
                    reading.hashes[entry.seq] = entry.hash
            seq = page[-1].seq
        return reading

    async def _take(self, reading: _Reading, entry: Entry, journal: Journal) -> None:
        if entry.action == ACCEPTED and (said := await self._said(entry, journal)):
            if said.get("found") == reading.digest.hexdigest():
                reading.accept(entry, said.get("faults", ()))
                reading.head = reading.start
        elif entry.action == PRUNED and (said := await self._said(entry, journal)):
            reading.prove(Head(said.get("count", 0), said.get("hash", "")), said.get("at", 0))
        reading.take(entry)

    async def _said(self, entry: Entry, journal: Journal) -> dict[str, Any] | None:
        try:
            proof = json.loads(entry.details)["after"]["proof"]
        except (ValueError, KeyError, TypeError):
            return None
        return await self._checkpoints.check(entry.action, str(proof), journal)

    async def _faults(self, reading: _Reading, end: LogEnd, remembered: Mapping[int, str]) -> list[Fault]:
        holds = reading.is_clean and reading.unproved is None and end.head in (None, reading.head)
        if holds and all(reading.hashes.get(count) == known for count, known in remembered.items()):
            return [] if end.head is not None else [Fault(FaultKind.HEAD, end.last, end.last)]
        start = EMPTY if reading.unproved is not None else reading.start
        rows: list[Entry] = []
        while page := await self._store.entries_after(
            rows[-1].seq if rows else start.count or _BEFORE_ALL, PAGE
        ):
            rows += page
        rows = [row for row in rows if row.seq <= end.last]
        log = Log(rows, start, end.head or reading.head, remembered)
        found = await asyncio.to_thread(find_faults, log)
        return found or [Fault(FaultKind.HEAD, end.last, end.last)]
