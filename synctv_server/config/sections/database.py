"""`[database]`: SQLite in the data directory, or PostgreSQL."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import Section


class DatabaseSection(Section):
    """Where everything that lasts is kept."""

    url: str = Field(
        "sqlite:///synctv.db",
        description=(
            "`sqlite:///synctv.db` (a relative path stands in the data directory), `sqlite:////srv/synctv.db`, or "
            "`postgresql://user@host:5432/name`."
        ),
    )
    password: Secret | None = Field(None, description="Password of the PostgreSQL user.")
    pool_size: int = Field(
        10,
        ge=1,
        le=500,
        description="Connections to PostgreSQL; with SQLite, the readers beside the one writer.",
    )

    @field_validator("url")
    @classmethod
    def _url_names_a_database(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "sqlite":
            if parts.netloc or parts.path.rpartition("/")[2] in {"", ":memory:"}:
                raise ValueError("must name a file: sqlite:///synctv.db, or sqlite:////srv/synctv.db")
        elif parts.scheme in {"postgresql", "postgres"}:
            if not parts.path.strip("/"):
                raise ValueError("must name a database: postgresql://user@host:5432/name")
        else:
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url

    @property
    def is_sqlite(self) -> bool:
        """True when the database is a file of this machine."""
        return self.url.startswith("sqlite:")

    @property
    def has_password_in_url(self) -> bool:
        """True when the URL carries a password, which belongs into `password`."""
        return urlsplit(self.url).password is not None
