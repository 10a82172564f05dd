"""What a person can tell a room to do. Decoded at the edges, carried out by services."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.domain.ids import MediaId, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    position: float | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    position: float | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    position: float
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    rate: float
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    media_id: MediaId
    position: float = 0.0
    playing: bool = True
    if_revision: int | None = None


PlaybackCommand = Play | Pause | Seek | Rate | Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """To the next (+1) or the previous (-1) item in list order."""

    step: int
    if_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendChat:
    text: str
    reply_to: MessageId | None = None
    nonce: str | None = None
