"""`/admin/settings`: what administrators change in the running server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Controller, Response, get, patch
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.api.http.etags import IfMatch, expected_version, tagged
from synctv_server.api.http.objects.people import Moment
from synctv_server.domain.server_settings import SettingState
from synctv_server.domain.times import to_rfc3339

SettingValue = str | float | bool | None


class SettingObject(Struct, frozen=True, kw_only=True):
    """One setting that may change in the running server."""

    name: str
    type: str
    value: SettingValue
    default: SettingValue
    origin: Literal["default", "runtime", "file", "environment", "flag"]
    at: Annotated[str, Meta(description="The file and line, the variable or the flag.")]
    locked: Annotated[bool, Meta(description="File, environment or a flag fixes the value.")]
    kept: Annotated[SettingValue, Meta(description="The runtime value; it counts while nothing locks it.")]
    changed_at: Moment | None
    changed_by: str | None


class SettingsObject(Struct, frozen=True, kw_only=True):
    """All of them. `revision` rises with each change, and is the ETag."""

    settings: list[SettingObject]
    revision: int


class SettingsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """New values by name, like `{"auth.registration": "open"}`; null takes the runtime value back."""

    settings: Annotated[dict[str, SettingValue], Meta(max_length=200)]


class ChangeObject(Struct, frozen=True, kw_only=True):
    name: str
    before: SettingValue
    after: SettingValue


class SettingsChangedObject(Struct, frozen=True, kw_only=True):
    """What is different now, or would be by a dry run."""

    changed: list[ChangeObject]
    revision: int


DryRun = Annotated[bool, QueryParameter(description="Only tell what would change.")]


class AdminSettingsController(Controller):
    path = "/settings"

    @get("/", operation_id="adminListSettings", summary="The settings that may change in the running server")
    async def list_settings(self, request: Call) -> Response[SettingsObject]:
        revision, states = await request.parts.server_settings.list_states(request.actor)
        return tagged(
            SettingsObject(settings=[_object(each) for each in states], revision=revision), revision
        )

    @patch("/", operation_id="adminChangeSettings", summary="Change settings in the running server")
    async def change(
        self,
        request: Call,
        data: JSONBody[SettingsBody],
        *,
        dry_run: DryRun = False,
        if_match: IfMatch = None,
    ) -> Response[SettingsChangedObject]:
        """All of them or none. They hold at once on every server, and stand in the audit log."""
        changed = await request.parts.server_settings.change(
            request.actor,
            data.settings,
            expected_revision=expected_version(if_match),
            is_dry_run=dry_run,
        )
        changes = [
            ChangeObject(name=each.name, before=each.before, after=each.after) for each in changed.changes
        ]
        return tagged(SettingsChangedObject(changed=changes, revision=changed.revision), changed.revision)


def _object(state: SettingState) -> SettingObject:
    origin: Any = state.origin
    return SettingObject(
        name=state.name,
        type=state.type,
        value=state.value,
        default=state.default,
        origin=origin,
        at=state.at,
        locked=state.is_locked,
        kept=state.kept,
        changed_at=None if state.changed_at is None else to_rfc3339(state.changed_at),
        changed_by=state.changed_by,
    )
