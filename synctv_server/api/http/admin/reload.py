"""`/admin/reload`: the configuration is read anew. For the operator alone: mounted on the control socket only."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, post
from msgspec import Meta, Struct

from synctv_server.api.call import Call
from synctv_server.domain.errors import ConfigurationInvalid, Invalid


class WarningObject(Struct, frozen=True, kw_only=True):
    """Something doubtful in the configuration."""

    setting: str
    message: str
    fix: str


class ReloadObject(Struct, frozen=True, kw_only=True):
    """What became of it."""

    changed: Annotated[list[str], Meta(description="Settings that hold another value now.")]
    needs_restart: Annotated[list[str], Meta(description="Settings whose new value waits for a restart.")]
    warnings: list[WarningObject]


class ReloadController(Controller):
    path = "/api/v1/admin/reload"

    @post("/", operation_id="adminReload", summary="Read the configuration anew", status_code=200)
    async def reload(self, request: Call) -> ReloadObject:
        """Invalid `configuration_invalid` where it cannot be used; the old one holds on then."""
        try:
            reloaded = await request.parts.reload(request.actor)
        except ConfigurationInvalid as error:
            raise Invalid(error.message, code=error.code, hint=error.hint, errors=error.errors) from error
        return ReloadObject(
            changed=list(reloaded.changed),
            needs_restart=list(reloaded.needs_restart),
            warnings=[
                WarningObject(setting=each.setting, message=each.message, fix=each.fix)
                for each in reloaded.warnings
            ],
        )
