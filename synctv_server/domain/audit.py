"""The audit log: who did what to whom, from where and with what outcome, chained so that no entry changes unseen.

Each entry holds the hash of the one before it and its own, SHA-256 over a canonical encoding. Written by
`store.chain`, read by `services.audit`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum
from typing import Any

from synctv_server.domain.sessions import Actor, ActorKind
from synctv_server.domain.times import Millis
from synctv_server.domain.users import User

FORMAT = "synctv-audit-1"
"""Stands first in what is hashed, so that another encoding can follow one day."""

MASK = "***"
_NAME_LONGEST = 200
_SECRET = re.compile(r"password|passphrase|secret|token|credential|private", re.IGNORECASE)


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Party:
    """Who did something, or whom or what it was done to: `user`, `operator`, `room`, `key`… with id and name."""

    type: str
    id: str = ""
    name: str = ""

    @classmethod
    def of(cls, actor: Actor) -> Party:
        """The actor; of an operator the id is the uid of its process."""
        if actor.kind is ActorKind.OPERATOR:
            return cls("operator", "" if actor.uid is None else str(actor.uid), actor.name)
        return cls(actor.kind.value, actor.user_id or "", actor.name)

    @classmethod
    def account(cls, user: User) -> Party:
        """Somebody's account."""
        return cls("user", user.id, user.username)


STRANGER = Party("stranger")
"""Somebody who has not signed in."""

NOTHING = Party("")


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done: a noun and a verb in the past, like `user.banned`.

    `before` and `after` are the named fields that changed, as plain JSON values. Without `address` it is where the
    request that is being answered came from.
    """

    action: str
    target: Party = NOTHING
    _: KW_ONLY
    outcome: Outcome = Outcome.DONE
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many entries there have been, and the hash of the last."""

    count: int
    hash: str


EMPTY = Head(0, "0" * 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is kept. `details` is JSON text with `before` and `after`; `previous` the hash before it."""

    seq: int
    at: Millis
    actor: Party
    action: str
    target: Party
    address: str
    outcome: str
    details: str
    previous: str
    hash: str

    @property
    def head(self) -> Head:
        """The end of a chain whose last entry this is."""
        return Head(self.seq, self.hash)

    def digest(self, seq: int | None = None, previous: str | None = None) -> str:
        """The hash that it should have; at another place in the chain where `seq` and `previous` are given."""
        who, whom = self.actor, self.target
        fields = (
            FORMAT,
            self.seq if seq is None else seq,
            self.at,
            (who.type, who.id, who.name),
            self.action,
            (whom.type, whom.id, whom.name),
            self.address,
            self.outcome,
            self.details,
            self.previous if previous is None else previous,
        )
        # What a forger has put into a column may be of any type: it must be read, and be found wrong.
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=repr)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Note:
    """A deed with its doer and origin, before it has its place in the chain."""

    actor: Party
    deed: Deed
    address: str

    def entry_after(self, head: Head, at: Millis) -> Entry:
        """The entry that follows this head, with secrets masked and nothing in it that cannot be shown."""
        deed = self.deed
        entry = Entry(
            seq=head.count + 1,
            at=at,
            actor=_clean(self.actor),
            action=deed.action,
            target=_clean(deed.target),
            address=_printable(self.address),
            outcome=deed.outcome.value,
            details=_details(deed),
            previous=head.hash,
            hash="",
        )
        return replace(entry, hash=entry.digest())


def _details(deed: Deed) -> str:
    parts = {"before": masked(deed.before), "after": masked(deed.after)}
    kept = {name: value for name, value in parts.items() if value}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def masked(value: Any, name: str = "") -> Any:
    """A value with every secret in it masked: the texts in a field whose name says that it holds one."""
    if isinstance(value, Mapping):
        return {str(key): masked(inner, f"{name}.{key}") for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [masked(inner, name) for inner in value]
    return MASK if isinstance(value, str) and value and _SECRET.search(name) else value


def _clean(party: Party) -> Party:
    return Party(party.type, _printable(party.id), _printable(party.name))


def _printable(text: str) -> str:
    """What somebody has typed as a name, so that it can be kept and shown anywhere."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:_NAME_LONGEST])
