"""`[limits]`: how much one account, one room and the whole server may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from synctv_server.config.sections.base import LIVE, RELOAD, Section


class LimitsSection(Section):
    """Connections, queues and rates. A rate is a true sliding window: no such span ever holds more."""

    enabled: Annotated[bool, RELOAD] = Field(
        True, description="Rate limits. Switch them off for load tests only."
    )
    connections_per_user: Annotated[int, LIVE] = Field(5, ge=1, description="Open sockets of one account.")
    connections_per_room: Annotated[int, LIVE] = Field(200, ge=1, description="Open sockets of one room.")
    connections_total: Annotated[int, LIVE] = Field(10_000, ge=1, description="Open sockets of this server.")
    idle_seconds: Annotated[int, LIVE] = Field(
        300, ge=60, description="A socket from which nothing but pongs comes is closed after this."
    )
    lifetime_seconds: Annotated[int, LIVE] = Field(86_400, ge=300, description="Longest life of one socket.")
    outbox_messages: Annotated[int, LIVE] = Field(
        1_000, ge=16, description="Messages that may wait for one slow viewer before the socket is closed."
    )
    send_timeout_seconds: Annotated[float, LIVE] = Field(
        5.0, gt=0, le=60, description="A viewer who takes nothing for this long is dropped, and told why."
    )
    chat_per_second: Annotated[int, LIVE] = Field(
        10, ge=1, description="Chat messages of one member in a room."
    )
    inbound_per_second: Annotated[int, LIVE] = Field(50, ge=1, description="Frames from one socket.")
    auth_per_minute: Annotated[int, LIVE] = Field(
        5, ge=1, description="Sign-ins and registrations from one address."
    )
    guests_per_minute: Annotated[int, LIVE] = Field(
        30, ge=1, description="Guests who enter from one address."
    )
    write_per_minute: Annotated[int, LIVE] = Field(
        120, ge=1, description="Changing requests of one account, else address."
    )
    read_per_minute: Annotated[int, LIVE] = Field(
        600, ge=1, description="Reading requests of one account, else address."
    )
