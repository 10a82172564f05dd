"""The secrets in a backup, opened by its passphrase. Used by `verify` and `restore`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from synctv_server.domain.errors import Invalid
from synctv_server.security import passphrase
from synctv_server.upkeep.backup.archive import Archive
from synctv_server.upkeep.backup.creating import SECRETS


async def open_secrets(archive: Archive, secret: str) -> Mapping[str, str]:
    """The values by the names of their settings. Invalid for a wrong passphrase, or where there is nothing to open."""
    if not archive.has(SECRETS):
        raise Invalid(
            "the backup was made without a passphrase: it holds no keys that one could open",
            code="backup.no_secrets",
        )
    opened = await asyncio.to_thread(passphrase.unwrap, archive.read(SECRETS), secret)
    values: Mapping[str, str] = json.loads(opened)
    return values
