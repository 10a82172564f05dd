"""`/admin/audit`: the audit log, read, checked and taken out, for administrators and the operator."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.idempotency import NOT_REPEATED
from synctv_server.api.http.objects.lists import LIMIT_DEFAULT, Cursor, Limit, ListOf, listed
from synctv_server.api.http.objects.people import Moment
from synctv_server.domain.audit import Entry, Party
from synctv_server.domain.audit_faults import Fault
from synctv_server.domain.text import invalid
from synctv_server.domain.times import from_rfc3339, to_rfc3339
from synctv_server.services.audit import Proof
from synctv_server.services.audit_check import Verification
from synctv_server.store.audit import AuditFilter

_Since = Annotated[str | None, QueryParameter(description="Not before this moment, RFC 3339.", max_length=40)]
_Actor = Annotated[
    str | None, QueryParameter(description="A name, an id, or a type like `operator`.", max_length=200)
]
_Action = Annotated[
    str | None,
    QueryParameter(description="Like `user.banned`, or the noun alone.", pattern="^[a-z_.]{1,60}$"),
]
_Seq = Annotated[int, QueryParameter(ge=0, description="Begin behind this entry.")]
_Many = Annotated[int, QueryParameter(ge=1, le=1_000, description="How many entries at most.")]


class PartyObject(Struct, frozen=True):
    """Who did something, or whom or what it was done to."""

    type: Annotated[
        str, Meta(description="`user`, `operator`, `system`, `stranger`; of a target also `room`, `key`…")
    ]
    id: str
    name: str


class AuditEntryObject(Struct, frozen=True, kw_only=True):
    """One entry; `details` holds `before` and `after` of the fields that changed, secrets masked."""

    seq: int
    at: Moment
    actor: PartyObject
    action: str
    target: PartyObject
    address: Annotated[str, Meta(description="Where it came from; empty over the control socket.")]
    outcome: str
    details: dict[str, Any]
    hash: str


class ChainedEntryObject(Struct, frozen=True, kw_only=True):
    """An entry with all that its hash covers, as it was hashed: `at` in milliseconds, `details` as JSON text."""

    seq: int
    at: int
    actor: PartyObject
    action: str
    target: PartyObject
    address: str
    outcome: str
    details: str
    previous: str
    hash: str


class ChainObject(Struct, frozen=True):
    entries: list[ChainedEntryObject]


class FaultObject(Struct, frozen=True, kw_only=True):
    """What was done to the log, from the place `seq` to `until`."""

    kind: Annotated[
        str,
        Meta(description="`edit`, `insert`, `delete`, `reorder`, `truncate`; `head`, `checkpoint`."),
    ]
    seq: int
    until: int


class VerifyBody(Struct, forbid_unknown_fields=True, kw_only=True):
    accept: Annotated[
        bool, Meta(description="Write the faults that are found into the log, which then goes on.")
    ] = False


class VerificationObject(Struct, frozen=True, kw_only=True):
    """Whether the log holds; `fault` is the first of `faults`, `accepted` are those that were written into it."""

    ok: bool
    entries: int
    checkpoints: Annotated[int, Meta(description="Signed checkpoints that the log agrees with.")]
    remembered: Annotated[bool, Meta(description="The file outside the database knows the last entry.")]
    head: str
    fault: FaultObject | None
    faults: list[FaultObject]
    accepted: list[FaultObject]


class CheckpointObject(Struct, frozen=True, kw_only=True):
    count: int
    hash: str
    at: int
    jws: str


class ProofObject(Struct, frozen=True, kw_only=True):
    """What the entries of an export are checked by."""

    count: int
    hash: str
    checkpoints: list[CheckpointObject]
    keys: Annotated[list[dict[str, Any]], Meta(description="Public keys, RFC 7517.")]


def _wanted(since: _Since = None, actor: _Actor = None, action: _Action = None) -> AuditFilter:
    return AuditFilter(since=_moment(since), actor=actor, action=action)


class AdminAuditController(Controller):
    path = "/audit"

    @get(
        "/",
        operation_id="adminListAudit",
        summary="The audit log, the newest first",
        dependencies={"wanted": Provide(_wanted, sync_to_thread=False)},
    )
    async def list_entries(
        self,
        request: Call,
        wanted: NamedDependency[AuditFilter],
        cursor: Cursor = None,
        limit: Limit = LIMIT_DEFAULT,
    ) -> ListOf[AuditEntryObject]:
        page = await request.parts.audit.list_entries(request.actor, wanted, cursor=cursor, limit=limit)
        return listed(page, _entry_object)

    @get("/chain", operation_id="adminReadAudit", summary="The audit log as it is chained, from the first on")
    async def read(self, request: Call, after: _Seq = 0, limit: _Many = 500) -> ChainObject:
        entries = await request.parts.audit.entries_after(request.actor, after, limit)
        return ChainObject([_chained_object(entry) for entry in entries])

    @get("/proof", operation_id="adminProveAudit", summary="What the chain is checked by")
    async def prove(self, request: Call) -> ProofObject:
        """The end of the log gets a checkpoint first, so that the last entries are proved too."""
        return _proof_object(await request.parts.audit.proof(request.actor))

    @post(
        "/verify",
        operation_id="adminVerifyAudit",
        summary="Check the audit log",
        status_code=200,
        opt=NOT_REPEATED,
    )
    async def verify(self, request: Call, data: JSONBody[VerifyBody | None] = None) -> VerificationObject:
        audit = request.parts.audit
        read = audit.accept if data is not None and data.accept else audit.verify
        return _verification_object(await read(request.actor))


def _moment(text: str | None) -> int | None:
    try:
        return None if text is None else from_rfc3339(text)
    except ValueError as error:
        raise invalid("since", "must be a moment like 2026-11-24T07:33:58Z") from error


def _party_object(party: Party) -> PartyObject:
    return PartyObject(party.type, party.id, party.name)


def _entry_object(entry: Entry) -> AuditEntryObject:
    return AuditEntryObject(
        seq=entry.seq,
        at=to_rfc3339(entry.at),
        actor=_party_object(entry.actor),
        action=entry.action,
        target=_party_object(entry.target),
        address=entry.address,
        outcome=entry.outcome,
        details=_details(entry),
        hash=entry.hash,
    )


def _details(entry: Entry) -> dict[str, Any]:
    """Read with patience: a log that somebody has changed is to be shown too."""
    try:
        return msgspec.json.decode(entry.details, type=dict[str, Any])
    except msgspec.DecodeError:
        return {"unreadable": entry.details}


def _chained_object(entry: Entry) -> ChainedEntryObject:
    return ChainedEntryObject(
        seq=entry.seq,
        at=entry.at,
        actor=_party_object(entry.actor),
        action=entry.action,
        target=_party_object(entry.target),
        address=entry.address,
        outcome=entry.outcome,
        details=entry.details,
        previous=entry.previous,
        hash=entry.hash,
    )


def _verification_object(found: Verification) -> VerificationObject:
    faults = [_fault_object(fault) for fault in found.faults]
    return VerificationObject(
        ok=found.ok,
        entries=found.entries,
        checkpoints=found.checkpoints,
        remembered=found.is_remembered,
        head=found.head.hash,
        fault=faults[0] if faults else None,
        faults=faults,
        accepted=[FaultObject(**fault) for fault in found.accepted],
    )


def _fault_object(fault: Fault) -> FaultObject:
    return FaultObject(kind=fault.kind.value, seq=fault.seq, until=fault.until)


def _proof_object(proof: Proof) -> ProofObject:
    points = [
        CheckpointObject(count=point.head.count, hash=point.head.hash, at=point.at, jws=point.signed)
        for point in proof.checkpoints
        if point.is_good
    ]
    head = proof.head
    return ProofObject(
        count=head.count, hash=head.hash, checkpoints=points, keys=[dict(key) for key in proof.keys]
    )
