"""What every live room and session needs from the outside. Made by `Hub`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from synctv_server.cluster.room_log import RoomLog
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.domain.events import Change
from synctv_server.domain.ids import RoomId
from synctv_server.domain.times import Now
from synctv_server.observability.metrics import Metrics
from synctv_server.realtime.dropped import Dropped


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`publish` tells a room something in the server's own name; `spawn` starts a task that the hub owns."""

    log: RoomLog
    dropped: Dropped
    limits: LimitsSection
    metrics: Metrics
    now: Now
    publish: Callable[[RoomId, Change], None]
    spawn: Callable[[Coroutine[Any, Any, None]], object]
