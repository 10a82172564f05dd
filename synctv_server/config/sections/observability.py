"""`[observability]`: logs and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from synctv_server.config.secrets import RANDOM, Secret
from synctv_server.config.sections.base import LIVE, RELOAD, Section


class ObservabilitySection(Section):
    """What the server tells about itself."""

    log_format: Annotated[Literal["pretty", "json"], RELOAD] = Field(
        "pretty", description="Lines for people, or one JSON object each."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], LIVE] = Field(
        "info", description="Least severity that is logged."
    )
    log_directory: Annotated[Path | None, RELOAD] = Field(
        None,
        description=(
            "Folder for a log file per day. A relative path stands in the data directory. "
            "Empty: standard error."
        ),
    )
    log_keep_days: Annotated[int, RELOAD] = Field(
        14, ge=1, le=3_650, description="How many days' log files are kept, today's among them."
    )
    audit_keep_days: Annotated[int, RELOAD] = Field(
        0, ge=0, le=36_500, description="How many days the audit log goes back, about. 0: to its beginning."
    )
    metrics_token: Annotated[Secret | None, RELOAD, RANDOM] = Field(
        None,
        description=(
            "Bearer token that `GET /metrics` asks for. Without one it answers requests from this machine alone."
        ),
    )
