"""Somebody who may write to the database, and knows how the audit log is made: alterations of it, by SQL."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from synctv_server.domain.audit import EMPTY, Entry, Head, Party
from synctv_server.domain.audit_faults import FaultKind
from synctv_server.store import Database
from synctv_server.store.audit import AuditStore
from synctv_server.store.chain import columns
from synctv_server.store.tables import AuditEntries

_COLUMNS = ("at", "actor_name", "action", "target_id", "address", "outcome", "details", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and to which place of the chain: any of `places` where they cannot be told apart."""

    kind: FaultKind
    places: range

    @classmethod
    def at(cls, kind: FaultKind, place: int) -> Done:
        return cls(kind, range(place, place + 1))


class Forger:
    """Alters a log of `length` entries, at a place of the generator's choice."""

    def __init__(self, database: Database, length: int, rng: random.Random) -> None:
        self._database = database
        self._store = AuditStore(database)
        self._length = length
        self._rng = rng

    async def alter(self) -> Done:
        """One alteration of any kind."""
        ways: list[Callable[[], Awaitable[Done]]] = [
            self.edit,
            self.edit_with_hash,
            self.rewrite,
            self.insert,
            self.append,
            self.copy,
            self.delete,
            self.swap,
            self.exchange,
            self.move,
            self.truncate,
        ]
        return await self._rng.choice(ways)()

    async def edit(self) -> Done:
        """One column of one row."""
        place = self._place()
        column = self._rng.choice(_COLUMNS)
        value: object = self._rng.randrange(1 << 40) if column == "at" else f"{self._rng.random()}"
        await self._set(place, column, value)
        return Done.at(FaultKind.EDIT, place)

    async def edit_with_hash(self) -> Done:
        """With the hash that the row now should have."""
        place = self._place()
        row = replace((await self._rows())[place - 1], details='{"after":{"role":"root"}}')
        await self._set(place, "details", row.details)
        await self._set(place, "hash", row.digest())
        return Done.at(FaultKind.EDIT, place)

    async def rewrite(self) -> Done:
        """With a new hash for every row behind it, and for the head. Where it began can be told to a checkpoint."""
        rows = await self._rows()
        place = self._place()
        head = rows[place - 2].head if place > 1 else EMPTY
        rows[place - 1] = replace(rows[place - 1], actor=Party("user", "usr_9", "mallory"))
        for row in rows[place - 1 :]:
            made = replace(row, previous=head.hash)
            made = replace(made, hash=made.digest())
            await self._replace(made)
            head = made.head
        await self._set_head(head)
        return Done(FaultKind.EDIT, range(1, place + 1))

    async def insert(self) -> Done:
        """A row that follows the one before it; those behind it get new numbers."""
        place = self._place()
        rows = await self._rows()
        before = rows[place - 2].head if place > 1 else EMPTY
        await self._shift(place, +1)
        await self._add(self._forged(rows[0], before))
        return Done.at(FaultKind.INSERT, place)

    async def append(self) -> Done:
        """A row that follows the last one."""
        rows = await self._rows()
        await self._add(self._forged(rows[0], rows[-1].head))
        return Done.at(FaultKind.INSERT, self._length + 1)

    async def copy(self) -> Done:
        """A row once more at another place; those behind it get new numbers."""
        model, place = self._rng.sample(range(1, self._length + 1), 2)
        row = (await self._rows())[model - 1]
        await self._shift(place, +1)
        await self._add(replace(row, seq=place))
        # Of a row and its copy beside it nobody can tell which is which.
        return (
            Done.at(FaultKind.INSERT, place)
            if place != model + 1
            else Done(FaultKind.INSERT, range(model, place + 1))
        )

    async def delete(self) -> Done:
        """One to three rows, none of them the last; those behind them get new numbers or keep theirs."""
        count = self._rng.randint(1, 3)
        place = self._rng.randint(1, self._length - count)
        await self._database.fetch(
            "DELETE FROM audit_entries WHERE seq >= {} AND seq < {}", place, place + count
        )
        if self._rng.random() < 0.5:
            await self._shift(place, -count)
        return Done.at(FaultKind.DELETE, place)

    async def swap(self) -> Done:
        """Two rows change places, with all that is in them."""
        one, other = sorted(self._rng.sample(range(1, self._length + 1), 2))
        await self._number(one, -1)
        await self._number(other, one)
        await self._number(-1, other)
        return Done.at(FaultKind.REORDER, one)

    async def exchange(self) -> Done:
        """The contents of two rows change places; numbers and hashes stay, so that the chain seems whole."""
        one, other = sorted(self._rng.sample(range(1, self._length + 1), 2))
        rows = await self._rows()
        for place, row in ((one, rows[other - 1]), (other, rows[one - 1])):
            stays = rows[place - 1]
            await self._replace(replace(row, seq=place, previous=stays.previous, hash=stays.hash))
        return Done.at(FaultKind.REORDER, one)

    async def move(self) -> Done:
        """A row to a later place; those between move up."""
        one, other = sorted(self._rng.sample(range(1, self._length + 1), 2))
        await self._number(one, -1)
        for place in range(one + 1, other + 1):
            await self._number(place, place - 1)
        await self._number(-1, other)
        return Done.at(FaultKind.REORDER, one)

    async def truncate(self) -> Done:
        """The last rows; with the head that it would have then, or not."""
        count = self._rng.randint(1, 5)
        left = self._length - count
        await self._database.fetch("DELETE FROM audit_entries WHERE seq > {}", left)
        if self._rng.random() < 0.5:
            await self._set_head((await self._rows())[-1].head)
        return Done.at(FaultKind.TRUNCATE, left + 1)

    def _place(self) -> int:
        return self._rng.randint(1, self._length)

    async def _rows(self) -> list[Entry]:
        return await self._store.entries_after(0, 1_000)

    def _forged(self, model: Entry, before: Head) -> Entry:
        row = replace(
            model,
            seq=before.count + 1,
            previous=before.hash,
            actor=Party("system", "", "system"),
            action="user.unbanned",
        )
        return replace(row, hash=row.digest())

    async def _add(self, row: Entry) -> None:
        names = [column._meta.name for column in AuditEntries._meta.columns]
        values = dict(zip(names, columns(row), strict=True))
        await self._database.run(AuditEntries.insert(AuditEntries(**values)))

    async def _replace(self, row: Entry) -> None:
        await self._database.fetch("DELETE FROM audit_entries WHERE seq = {}", row.seq)
        await self._add(row)

    async def _set(self, place: int, column: str, value: object) -> None:
        await self._database.fetch(f"UPDATE audit_entries SET {column} = {{}} WHERE seq = {{}}", value, place)

    async def _number(self, place: int, new: int) -> None:
        await self._database.fetch("UPDATE audit_entries SET seq = {} WHERE seq = {}", new, place)

    async def _shift(self, first: int, by: int) -> None:
        """By way of numbers that nobody has: each row's number must be its own at every moment."""
        await self._database.fetch("UPDATE audit_entries SET seq = -seq WHERE seq >= {}", first)
        await self._database.fetch("UPDATE audit_entries SET seq = -seq + {} WHERE seq < 0", by)

    async def _set_head(self, head: Head) -> None:
        await self._database.fetch("UPDATE audit_head SET entries = {}, hash = {}", head.count, head.hash)
