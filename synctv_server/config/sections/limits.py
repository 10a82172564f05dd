"""`[limits]`: how much one account, one room and the whole server may take."""

from __future__ import annotations

from pydantic import Field

from synctv_server.config.sections.base import Section


class LimitsSection(Section):
    """Connections, queues and rates. A rate is a true sliding window: no such span ever holds more."""

    enabled: bool = Field(True, description="Rate limits. Switch them off for load tests only.")
    connections_per_user: int = Field(5, ge=1, description="Open sockets of one account.")
    connections_per_room: int = Field(200, ge=1, description="Open sockets of one room.")
    connections_total: int = Field(10_000, ge=1, description="Open sockets of this server.")
    idle_seconds: int = Field(
        300, ge=60, description="A socket from which nothing but pongs comes is closed after this."
    )
    lifetime_seconds: int = Field(86_400, ge=300, description="Longest life of one socket.")
    outbox_messages: int = Field(
        1_000, ge=16, description="Messages that may wait for one slow viewer before the socket is closed."
    )
    send_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="A viewer who takes nothing for this long is dropped, and told why."
    )
    chat_per_second: int = Field(10, ge=1, description="Chat messages of one member in a room.")
    inbound_per_second: int = Field(50, ge=1, description="Frames from one socket.")
    auth_per_minute: int = Field(5, ge=1, description="Sign-ins and registrations from one address.")
    guests_per_minute: int = Field(30, ge=1, description="Guests who enter from one address.")
    write_per_minute: int = Field(120, ge=1, description="Changing requests of one account, else address.")
    read_per_minute: int = Field(600, ge=1, description="Reading requests of one account, else address.")
