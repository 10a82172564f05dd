"""`/admin/keys`: which keys there are, never what they are; new ones, and the end of a compromised one."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from synctv_server.api.call import Call
from synctv_server.api.http.objects.people import Moment
from synctv_server.domain.keys import KeyRecord
from synctv_server.domain.text import invalid
from synctv_server.domain.times import Millis, to_rfc3339
from synctv_server.services.keys.changing import Rotation, RotationPlan
from synctv_server.services.keys.sealing import Resealing

Algorithm = Literal["RS256", "ES256", "EdDSA"]
Purpose = Literal["signing", "sealing", "master"]


class KeyObject(Struct, frozen=True, kw_only=True):
    """A key as a record; its secret part never leaves the server."""

    kid: str
    purpose: Annotated[str, Meta(description="`signing`, `sealing` or `master`.")]
    algorithm: str
    state: Annotated[str, Meta(description="`next`, `active`, `retiring`, `retired` or `revoked`.")]
    created_at: Moment
    activated_at: Moment | None
    retires_at: Moment | None


class KeysObject(Struct, frozen=True):
    keys: list[KeyObject]


class NewKeyBody(Struct, forbid_unknown_fields=True, kw_only=True):
    algorithm: Annotated[
        Algorithm | None, Meta(description="Without it the one of `auth.signing_algorithm`.")
    ] = None


class RotationBody(Struct, forbid_unknown_fields=True, kw_only=True):
    purpose: Purpose = "signing"
    finish: Annotated[
        bool,
        Meta(description="Of the master key alone: drop the one before, once every server has the new one."),
    ] = False
    continues: Annotated[
        str | None, Meta(description="Of sealing keys: the `new_kid` that the step before has answered.")
    ] = None
    force: Annotated[bool, Meta(description="Do not wait until every server knows the new key.")] = False
    dry_run: Annotated[bool, Meta(description="Say what would happen, change nothing.")] = False


class RotationObject(Struct, frozen=True, kw_only=True):
    """Which key has taken over from which. Sealing keys take over in steps: repeat the request until `done`."""

    purpose: str
    old_kid: str
    new_kid: str
    resealed: Annotated[int | UnsetType, Meta(description="Values that this step has sealed anew.")] = UNSET
    remaining: Annotated[int | UnsetType, Meta(description="Values that are under the old key yet.")] = UNSET
    done: Annotated[bool, Meta(description="Nothing is left to be done for this rotation.")] = True


class RotationPlanObject(Struct, frozen=True, kw_only=True):
    """What a rotation would do; the answer to a `dry_run`."""

    purpose: str
    old_kid: str
    new_kid: Annotated[str | None, Meta(description="null for a key that is yet to be made.")]
    values: Annotated[int, Meta(description="Secrets of the database that would get under the new key.")]
    retires_at: Annotated[
        Moment | None, Meta(description="Until when the old key is taken, where that is known.")
    ]


class RevocationBody(Struct, forbid_unknown_fields=True, kw_only=True):
    dry_run: Annotated[bool, Meta(description="Say what would happen, change nothing.")] = False


class RevocationObject(Struct, frozen=True, kw_only=True):
    kid: str
    sessions_affected: Annotated[int, Meta(description="Sign-ins whose access token has to be refreshed.")]
    new_kid: Annotated[str | UnsetType, Meta(description="The key that signs in its place.")] = UNSET


class AdminKeysController(Controller):
    path = "/keys"

    @get("/", operation_id="adminListKeys", summary="The keys of the installation")
    async def list_keys(self, request: Call) -> KeysObject:
        return KeysObject([_key_object(key) for key in await request.parts.keys.list_keys(request.actor)])

    @get("/jwks", operation_id="adminGetKeys", summary="Public signing keys (RFC 7517)")
    async def show_public(self, request: Call) -> dict[str, list[dict[str, str]]]:
        """As at `/.well-known/jwks.json`."""
        return request.parts.keyring.jwks()

    @post("/", operation_id="adminGenerateKey", summary="Publish the key that signs next")
    async def generate(self, request: Call, data: JSONBody[NewKeyBody]) -> KeyObject:
        """It signs from the next rotation on. `key.next_exists` when there is one already."""
        return _key_object(await request.parts.signing_keys.generate(request.actor, data.algorithm))

    @post("/rotate", operation_id="adminRotateKeys", summary="Put a new key into use", status_code=200)
    async def rotate(
        self, request: Call, data: JSONBody[RotationBody]
    ) -> RotationObject | RotationPlanObject:
        """A signing key: answers when the new one signs; the old one verifies for `auth.key_grace_days`.

        A sealing key: about a second of sealing anew, to be repeated until `done`. The master key: wraps the sealing
        keys under the new one beside the old one, which `finish` drops. Nobody is signed out by any of them.
        """
        if data.finish and data.purpose != "master":
            raise invalid("finish", "is for the master key alone")
        if data.dry_run:
            return _plan_object(await _planned(request, data))
        if data.purpose == "sealing":
            step = await request.parts.sealing_keys.rotate(
                request.actor, force=data.force, continues=data.continues
            )
            return _resealing_object(step)
        return _rotation_object(await _rotated(request, data))

    @post("/{kid:str}/revoke", operation_id="adminRevokeKey", summary="Revoke a key", status_code=200)
    async def revoke(
        self, request: Call, kid: FromPath[str], data: JSONBody[RevocationBody]
    ) -> RevocationObject:
        """For a key that somebody else may have: what it has signed is refused at once. `key.last` for the only one."""
        signing = request.parts.signing_keys
        do = signing.plan_revocation if data.dry_run else signing.revoke
        revocation = await do(request.actor, kid)
        return RevocationObject(
            kid=revocation.kid,
            sessions_affected=revocation.sessions_affected,
            new_kid=revocation.new_kid or UNSET,
        )


async def _rotated(request: Call, data: RotationBody) -> Rotation:
    if data.purpose == "signing":
        return await request.parts.signing_keys.rotate(request.actor, force=data.force)
    master = request.parts.master_keys
    return await (master.finish(request.actor) if data.finish else master.rotate(request.actor))


async def _planned(request: Call, data: RotationBody) -> RotationPlan:
    if data.finish:
        return await request.parts.master_keys.plan_finish(request.actor)
    match data.purpose:
        case "signing":
            return await request.parts.signing_keys.plan_rotation(request.actor)
        case "sealing":
            return await request.parts.sealing_keys.plan_rotation(request.actor)
        case "master":
            return await request.parts.master_keys.plan_rotation(request.actor)


def _plan_object(plan: RotationPlan) -> RotationPlanObject:
    return RotationPlanObject(
        purpose=plan.purpose,
        old_kid=plan.old_kid,
        new_kid=plan.new_kid,
        values=plan.values,
        retires_at=_moment(plan.retires_at),
    )


def _rotation_object(rotation: Rotation) -> RotationObject:
    return RotationObject(purpose=rotation.purpose, old_kid=rotation.old_kid, new_kid=rotation.new_kid)


def _resealing_object(step: Resealing) -> RotationObject:
    return RotationObject(
        purpose="sealing",
        old_kid=step.old_kid,
        new_kid=step.new_kid,
        resealed=step.resealed,
        remaining=step.remaining,
        done=step.is_done,
    )


def _key_object(key: KeyRecord) -> KeyObject:
    return KeyObject(
        kid=key.kid,
        purpose=key.purpose,
        algorithm=key.algorithm,
        state=key.state,
        created_at=to_rfc3339(key.created_at),
        activated_at=_moment(key.activated_at),
        retires_at=_moment(key.retires_at),
    )


def _moment(moment: Millis | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)
