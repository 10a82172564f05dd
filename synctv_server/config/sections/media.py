"""`[media]`: the server's own films."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from synctv_server.config.sections.base import Section


class MediaSection(Section):
    """The media folder that rooms may play from."""

    library: Path = Field(
        Path("media"),
        description="Folder of films that rooms may play. A relative path stands in the data directory.",
    )
