"""`[keys]`: the key above all keys."""

from __future__ import annotations

from pydantic import Field

from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import Section


class KeysSection(Section):
    """The master key; every other key is a row of the database, sealed under it."""

    master: Secret | None = Field(
        None, description="The master key. `synctv init` makes one and keeps it in the data directory."
    )
