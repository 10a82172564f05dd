"""`[backup]`: what the server saves by itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synctv_server.config.sections.base import RELOAD, Section


class BackupSection(Section):
    """When the server makes backups, and how many it keeps in `backups/` of the data directory."""

    every_hours: Annotated[int, RELOAD] = Field(
        24,
        ge=0,
        le=24 * 366,
        description=(
            "Hours between the backups that the server makes by itself; 0 makes none. The master key is not in them: "
            "keep it elsewhere too."
        ),
    )
    keep: Annotated[int, RELOAD] = Field(
        7,
        ge=1,
        le=10_000,
        description="How many backups are kept, and as many copies from before migrations; older ones are removed.",
    )
