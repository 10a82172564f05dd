"""The close codes of the protocol, and which a client may come back after."""

from __future__ import annotations

from enum import IntEnum

from synctv_server.cluster.notices import Removal


class CloseCode(IntEnum):
    """4000–4499: come back later. 4500–4999: stay away."""

    GOING_AWAY = 4000
    TOO_SLOW = 4001
    IDLE = 4002
    LIFETIME_OVER = 4003
    PING_MISSED = 4004
    LOG_LOST = 4005
    TOO_MANY_CONNECTIONS = 4029
    FLOOD = 4030
    SIGNED_OUT = 4500
    KICKED = 4501
    BANNED = 4502
    ROOM_CLOSED = 4503
    NO_PERMISSION = 4504
    BAD_PROTOCOL = 4505
    BAD_TEXT = 1007
    TOO_LARGE = 1009

    @property
    def reason(self) -> str:
        """The words that travel with the code."""
        return self.name.lower().replace("_", " ")


OF_REMOVAL = {
    Removal.LEFT: CloseCode.NO_PERMISSION,
    Removal.KICKED: CloseCode.KICKED,
    Removal.BANNED: CloseCode.BANNED,
}
