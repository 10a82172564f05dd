"""One request to a server, as a visitor would make it. Used by the checks of the network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from synctv_server.domain.errors import Unavailable

_SECONDS = 3.0
_MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """The status, and the document where the body is one; empty for anything else."""

    status: int
    document: dict[str, Any]


async def ask(base: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    """What `GET path` of the server at `base` gives within seconds. Raises Unavailable where nothing comes."""
    return await asyncio.to_thread(_ask, base, path, dict(headers or {}))


def _ask(base: str, path: str, headers: dict[str, str]) -> Reply:
    parts = urlsplit(base)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return Reply(response.status, _document(response.read(_MOST_BYTES)))
    except (OSError, HTTPException) as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
