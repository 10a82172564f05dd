"""`[server]`: where it listens, and how the outside sees it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from synctv_server.config.sections.base import Section


class ServerSection(Section):
    """The addresses of the server."""

    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address to listen on. `0.0.0.0` lets other machines in; `::` is the same with IPv6.",
    )
    port: int = Field(8080, ge=0, le=65535, description="TCP port to listen on; 0 takes any free one.")
    public_url: str = Field(
        "",
        description=(
            "How people reach the server, like `https://tv.example.org`. Links are made from it, and cookies are "
            "`Secure` when it is https. Empty: the address that the server listens on."
        ),
    )
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description=(
            "Addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. "
            "In the environment: separated by commas."
        ),
    )
    control_socket: Path = Field(
        Path("control.sock"),
        description="Unix socket of the operator's commands. A relative path stands in the data directory.",
    )
    drain_seconds: int = Field(
        10,
        ge=0,
        le=300,
        description=(
            "The most that a stopping server takes: for its proxy to see that it is not ready any more, for its "
            "viewers to hear that it goes away, and for requests that are under way to end."
        ),
    )

    @field_validator("host")
    @classmethod
    def _host_is_an_address(cls, host: str) -> str:
        if any(character in host for character in "/ @?#"):
            raise ValueError(
                "is neither an address nor a host name; write it like 0.0.0.0, without scheme or port"
            )
        looks_numeric = ":" in host or host.replace(".", "").isdigit()
        if looks_numeric:
            try:
                ip_address(host)
            except ValueError:
                raise ValueError(
                    "is no address; write it like 0.0.0.0 or ::1, and the port as server.port"
                ) from None
        return host

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_origin(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(
                "must begin with https:// or http:// and name a host, like https://tv.example.org"
            )
        if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
            raise ValueError(
                "must be scheme, host and port alone: SyncTV wants a host name of its own, no path"
            )
        return url.rstrip("/")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _proxies_from_text(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(f"{proxy!r} is neither an address nor a network like 10.0.0.0/8") from None
        return proxies
