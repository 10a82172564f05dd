"""Accounts: who they are, what they may do on the whole site, what a name and a password must look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from synctv_server.domain import text
from synctv_server.domain.ids import UserId
from synctv_server.domain.times import Millis

USERNAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.\-]{2,49}"
PASSWORD_LONGEST = 128
PASSWORD_SHORTEST_EVER = 8
_USERNAME = re.compile(USERNAME_PATTERN)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}")


class SiteRole(StrEnum):
    """What an account may do outside of rooms.

    `root` is the one made by the set-up link, or raised by the operator.
    """

    USER = "user"
    ADMIN = "admin"
    ROOT = "root"

    @property
    def rank(self) -> int:
        return list(SiteRole).index(self)


class UserStatus(StrEnum):
    ACTIVE = "active"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class User:
    """An account. `name_key` is the name without case, by which it is unique."""

    id: UserId
    username: str
    role: SiteRole
    status: UserStatus
    created_at: Millis
    email: str | None = None
    ban_reason: str | None = None
    banned_until: Millis | None = None
    version: int = 1

    @property
    def name_key(self) -> str:
        return name_key(self.username)

    def is_banned(self, now: Millis) -> bool:
        return self.status is UserStatus.BANNED and (self.banned_until is None or now < self.banned_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditAccount:
    """What somebody changes of their own account. None leaves a field as it is; an empty `email` removes it."""

    username: str | None = None
    email: str | None = None


def name_key(username: str) -> str:
    """The form in which names are compared: `Ann` and `ann` are the same person."""
    return username.lower()


def check_username(username: str) -> str:
    """The name as it will be kept; Invalid when it is not 3–50 of letters, digits, `_`, `-`, `.`."""
    if not _USERNAME.fullmatch(username):
        raise text.invalid(
            "username", "must have 3 to 50 letters, digits, '_', '-' or '.', and begin with a letter or digit"
        )
    return username


def check_email(email: str) -> str:
    """A plausible address, with its domain in lower case.

    Whether it is real only a message to it can tell.
    """
    clean = text.one_line("email", email, longest=254)
    if not _EMAIL.fullmatch(clean):
        raise text.invalid("email", "is not an e-mail address like ann@example.org")
    local, _, domain = clean.rpartition("@")
    return f"{local}@{domain.lower()}"


def check_password(password: str, username: str, *, shortest: int, is_common: bool, classes: int = 0) -> None:
    """The rules of NIST SP 800-63B: length, not common, not like the name.

    `classes` asks for that many of the kinds small letters, capitals, digits and others, where a site wants that.
    """
    if not max(shortest, PASSWORD_SHORTEST_EVER) <= len(password) <= PASSWORD_LONGEST:
        raise text.invalid("password", f"must have {shortest} to {PASSWORD_LONGEST} characters")
    if is_common:
        raise text.invalid("password", "is among the most common ones; choose one that nobody else would")
    # A short name is part of many a good sentence: what counts is what the password is without it.
    without_name = password.lower().replace(name_key(username), "")
    if len(without_name) < PASSWORD_SHORTEST_EVER or password.lower() in name_key(username):
        raise text.invalid("password", "is too much like the name")
    if len({_kind(character) for character in password}) < classes:
        raise text.invalid(
            "password", f"must mix {classes} of: small letters, capital letters, digits, other characters"
        )


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "capital"
    return "small" if character.isalpha() else "other"
