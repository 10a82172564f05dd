"""`[observability]`: logs and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import Section


class ObservabilitySection(Section):
    """What the server tells about itself."""

    log_format: Literal["pretty", "json"] = Field(
        "pretty", description="Lines for people, or one JSON object each."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_directory: Path | None = Field(
        None,
        description=(
            "Folder for a log file per day, kept 14 days. A relative path stands in the data directory. "
            "Empty: standard error."
        ),
    )
    metrics_token: Secret | None = Field(
        None,
        description=(
            "Bearer token that `GET /metrics` asks for. Without one it answers requests from this machine alone."
        ),
    )
