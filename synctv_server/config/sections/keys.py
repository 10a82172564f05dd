"""`[keys]`: the key above all keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import RELOAD, Section


class KeysSection(Section):
    """The master key; every other key is a row of the database, sealed under it."""

    master: Annotated[Secret | None, RELOAD] = Field(
        None, description="The master key. `synctv init` makes one and keeps it in the data directory."
    )
    master_previous: Annotated[Secret | None, RELOAD] = Field(
        None,
        description="The master key before, taken beside the new one until its rotation is finished.",
    )
