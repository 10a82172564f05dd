"""Names and passwords of accounts: checked against the rules, hashed, compared. Used by the services that take one."""

from __future__ import annotations

from synctv_server.config.sections.auth import AuthSection
from synctv_server.domain.users import check_password
from synctv_server.security.passwords import PasswordHasher, is_common


class Credentials:
    """The rules of `domain.users` with the site's own settings."""

    def __init__(self, hasher: PasswordHasher, section: AuthSection) -> None:
        self._hasher = hasher
        self._section = section

    async def new_hash(self, username: str, password: str) -> str:
        """The hash of a password that somebody chose; Invalid when it breaks a rule, Unavailable when all are busy."""
        check_password(
            password,
            username,
            shortest=self._section.password_min_length,
            is_common=is_common(password),
            classes=self._section.password_classes,
        )
        return await self._hasher.hash(password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is right; None, for a name that is not there, costs the same and never is."""
        return await self._hasher.verify(password, hashed)

    async def renewed_hash(self, password: str, hashed: str) -> str | None:
        """A hash at today's cost for a right password whose hash was made at another; None when it was not."""
        return await self._hasher.hash(password) if self._hasher.needs_rehash(hashed) else None
