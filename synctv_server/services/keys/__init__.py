"""The keys of the installation: `KeyService` holds those in use, the other modules change which ones there are."""

from __future__ import annotations

from synctv_server.services.keys.service import KeyService

__all__ = ["KeyService"]
