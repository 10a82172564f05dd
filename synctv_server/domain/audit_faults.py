"""What was done to an audit log that does not hold: each fault with its kind and its place.

Called by `services.audit` with the whole log, once a quick reading has found that something is wrong. Nothing can be
trusted but the hashes: a row is *genuine* at a place of the chain when its contents, with that number and the hash
before it, give its hash, and what stands above it (the next genuine row, or a head that is remembered elsewhere)
refers to that hash. Whoever edits a row can compute it a new hash, but not have the next row refer to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

from synctv_server.domain.audit import Entry, Head

_DISTANCE_MOST = 64
_TRIES_MOST = 20_000


class FaultKind(StrEnum):
    EDIT = "edit"
    INSERT = "insert"
    DELETE = "delete"
    REORDER = "reorder"
    TRUNCATE = "truncate"
    HEAD = "head"  # the entries hold, and the row that says where they end does not
    CHECKPOINT = "checkpoint"  # a signed one that is not what was signed


@dataclass(frozen=True, slots=True)
class Fault:
    """`seq` is the place in the chain, of an inserted row its own number; up to and with `until` where it is many."""

    kind: FaultKind
    seq: int
    until: int


@dataclass(frozen=True, slots=True)
class Log:
    """A log as it was found: its rows by number, what comes before them, and the heads that others remember.

    `head` is the row of the database; `remembered` what is known from outside it, by count.
    """

    rows: Sequence[Entry]
    start: Head
    head: Head
    remembered: Mapping[int, str]

    @property
    def length(self) -> int:
        """How many entries there have been, by whoever remembers the most."""
        return max((self.head.count, *self.remembered))

    def hash_at(self, seq: int) -> str | None:
        """The hash that the entry of this number must have; the outside is believed before the database."""
        known = self.remembered.get(seq)
        return self.head.hash if known is None and seq == self.head.count else known


@dataclass(frozen=True, slots=True)
class _Claim:
    """A row and a place where its contents and its hash belong."""

    index: int
    seq: int
    previous: str
    hash: str


def find_faults(log: Log) -> list[Fault]:
    """Every fault, in the order of their places; none when the log holds."""
    places = _genuine(log, _claims(log))
    order = [place for place in places if place is not None]
    faults = [*_reordered(order), *_rewritten(log, list(_gaps(log, places, iter(sorted(order)))))]
    if not faults and (log.head.count != log.length or log.head.hash != log.hash_at(log.length)):
        faults = [Fault(FaultKind.HEAD, log.length, log.length)]
    return sorted(faults, key=lambda fault: fault.seq)


def _claims(log: Log) -> list[_Claim]:
    """For each row the place where it belongs, as far as it has one."""
    claims: list[_Claim] = []
    strays: list[int] = []
    before: _Claim | None = None
    shift = log.length - (log.rows[-1].seq if log.rows else 0)
    for index, row in enumerate(log.rows):
        is_first_stray = not strays or strays[-1] != index - 1
        found = _claim(index, row, _candidates(row, before, shift, is_wide=is_first_stray))
        if found is None:
            strays.append(index)
        else:
            claims.append(found)
        before = found
    return claims + _moved(log, claims, strays)


def _candidates(row: Entry, before: _Claim | None, shift: int, *, is_wide: bool) -> Iterable[int]:
    """Numbers that the row may have had: its own, the one after its neighbour's, and those of rows moved together."""
    yield row.seq
    if before is not None:
        yield before.seq + 1
    yield row.seq + shift
    if is_wide:
        for distance in range(1, _DISTANCE_MOST + 1):
            yield row.seq + distance
            yield row.seq - distance


def _claim(index: int, row: Entry, numbers: Iterable[int]) -> _Claim | None:
    for number in numbers:
        if row.digest(number) == row.hash:
            return _Claim(index, number, row.previous, row.hash)
    return None


def _moved(log: Log, claims: Sequence[_Claim], strays: Sequence[int]) -> list[_Claim]:
    """Rows that belong to a place which is empty, and those whose contents have changed places with another's."""
    taken = {claim.seq for claim in claims}
    empty = [seq for seq in range(log.start.count + 1, log.length + 1) if seq not in taken]
    if len(strays) * (len(empty) + len(strays)) > _TRIES_MOST:
        return []
    found = [own for index in strays if (own := _claim(index, log.rows[index], empty)) is not None]
    for index, other in permutations(strays, 2):
        found += _exchanged(index, log.rows[index], log.rows[other])
    return found


def _exchanged(index: int, row: Entry, other: Entry) -> Iterable[_Claim]:
    """The row in the place of the other, where its contents give the hash of one of them there."""
    for previous in (row.previous, other.previous):
        digest = row.digest(other.seq, previous)
        if digest in (row.hash, other.hash):
            yield _Claim(index, other.seq, previous, digest)


def _genuine(log: Log, claims: Iterable[_Claim]) -> list[int | None]:
    """The place of each row that has a rightful one; judged from the end, where the heads are remembered."""
    places: list[int | None] = [None] * len(log.rows)
    above: _Claim | None = None
    shift = log.length - (log.rows[-1].seq if log.rows else 0)

    def rank(claim: _Claim) -> tuple[int, int]:
        """From the end; of two rows that claim one place, a copy and its model, the one that is nearer to it."""
        distance = log.rows[claim.index].seq - claim.seq
        return -claim.seq, min(abs(distance), abs(distance + shift))

    for claim in sorted(claims, key=rank):
        is_known = places[claim.index] is not None or (above is not None and above.seq == claim.seq)
        if is_known or not log.start.count < claim.seq <= log.length:
            continue
        wanted = {log.hash_at(claim.seq), None}
        if above is not None and above.seq == claim.seq + 1:
            wanted.add(above.previous)
        if wanted <= {claim.hash, None}:
            places[claim.index] = claim.seq
            above = claim
    return places


def _reordered(order: Sequence[int]) -> list[Fault]:
    moved = [right for found, right in zip(order, sorted(order), strict=True) if found != right]
    return [Fault(FaultKind.REORDER, moved[0], moved[-1])] if moved else []


def _gaps(log: Log, places: Sequence[int | None], genuine: Iterable[int]) -> Iterable[Fault]:
    """What is too much or missing between two rows that are genuine, at their rightful places in turn."""
    before = log.start.count
    strangers: list[Entry] = []
    for row, place in zip(log.rows, places, strict=True):
        if place is None:
            strangers.append(row)
            continue
        here = next(iter(genuine))
        yield from _gap(before, here, strangers, FaultKind.DELETE)
        before, strangers = here, []
    yield from _gap(before, log.length + 1, strangers, FaultKind.TRUNCATE)


def _gap(before: int, here: int, strangers: Sequence[Entry], missing: FaultKind) -> Iterable[Fault]:
    count = here - before - 1
    edited = min(count, len(strangers))
    if edited:
        yield Fault(FaultKind.EDIT, before + 1, before + edited)
    if count > edited:
        yield Fault(missing, before + edited + 1, here - 1)
    if len(strangers) > edited:
        yield Fault(FaultKind.INSERT, strangers[edited].seq, strangers[-1].seq)


def _rewritten(log: Log, faults: list[Fault]) -> list[Fault]:
    """The same, where a forger has given every row behind an edit a new hash, and the head too.

    Such rows hold by themselves. It shows at the next head that is remembered outside; the edit lies anywhere
    between the one before and that one.
    """
    if not log.rows or log.head != log.rows[-1].head:
        return faults
    rows = {row.seq: row for row in log.rows}
    widened: list[Fault] = []
    for fault in faults:
        if fault.kind is FaultKind.EDIT and _is_linked(rows, fault.seq):
            good = [
                seq for seq, known in log.remembered.items() if seq < fault.seq and _has(rows, seq, known)
            ]
            widened.append(Fault(fault.kind, max([log.start.count, *good]) + 1, fault.until))
        else:
            widened.append(fault)
    return widened


def _is_linked(rows: Mapping[int, Entry], seq: int) -> bool:
    """Whether the row holds, follows the one before it, and is followed by the one behind it."""
    row, below, above = rows.get(seq), rows.get(seq - 1), rows.get(seq + 1)
    if row is None or row.digest() != row.hash:
        return False
    return (below is None or row.previous == below.hash) and (above is None or above.previous == row.hash)


def _has(rows: Mapping[int, Entry], seq: int, known: str) -> bool:
    return seq in rows and rows[seq].hash == known
