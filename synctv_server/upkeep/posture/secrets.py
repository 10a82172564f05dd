"""Secrets: long enough, each used once, and read from files; and the settings that could not be read at all."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from synctv_server.config.check import environment_finding, is_loopback
from synctv_server.config.secrets import Secret
from synctv_server.config.settings import SettingReference, reference
from synctv_server.upkeep.posture.finding import Rule, Seen, Weakness
from synctv_server.upkeep.premises import Premises
from synctv_server.upkeep.secret_review import guessable, used_twice
from synctv_server.upkeep.secrets import MASTER

_CHECK = "`synctv secrets check` says how to replace it"
_ENCRYPTED = {"require", "verify-ca", "verify-full"}


def refused(premises: Premises) -> Seen:
    """A configuration that cannot be used cannot be judged either."""
    if premises.refusal is None:
        return []
    message = f"the configuration cannot be used, so most rules were not applied: {premises.refusal.message}"
    return [
        Weakness(
            "high", message, "`synctv config check`, then `synctv audit` again", str(premises.config_file)
        )
    ]


def weak(premises: Premises) -> Seen:
    """Long, and not of a few characters."""
    return [
        Weakness(
            "critical" if setting.name == MASTER else "high", f"{setting.name}: {told}", _CHECK, setting.name
        )
        for setting, secret in _secrets(premises)
        if (told := guessable(setting, secret))
    ]


def reused(premises: Premises) -> Seen:
    """No secret opens two doors."""
    return [
        Weakness("high", f"{name} is the same secret as {first}: who learns one has both", _CHECK, name)
        for name, first in used_twice(_secrets(premises))
    ]


def from_environment(premises: Premises) -> Seen:
    """Processes of the same user read each other's environment."""
    return [
        Weakness("low", f"{setting.name} {told.message}", told.fix, setting.name)
        for setting, secret in _secrets(premises)
        if secret.origin.kind == "environment" and (told := environment_finding(setting, secret))
    ]


def in_address(premises: Premises) -> Seen:
    """The password of the database stands in no URL."""
    if not premises.settings.database.has_password_in_url:
        return []
    return [
        Weakness(
            "high",
            "database.url holds a password, which configuration files, tickets and process lists pass on",
            "take it out and put it into a file named by SYNCTV__DATABASE__PASSWORD_FILE",
            "database.url",
        )
    ]


def in_the_clear(premises: Premises) -> Seen:
    """A database on another machine is spoken to through TLS."""
    parts = urlsplit(premises.settings.database.url)
    is_here = not parts.hostname or is_loopback(parts.hostname)
    if premises.settings.database.is_sqlite or is_here or _sslmode(parts.query) in _ENCRYPTED:
        return []
    return [
        Weakness(
            "high",
            f"the way to the database on {parts.hostname} may be unencrypted",
            "add ?sslmode=verify-full to database.url",
            "database.url",
        )
    ]


def _secrets(premises: Premises) -> Iterator[tuple[SettingReference, Secret]]:
    for setting in reference():
        secret = getattr(getattr(premises.settings, setting.section), setting.key)
        if isinstance(secret, Secret):
            yield setting, secret


def _sslmode(query: str) -> str:
    return next(iter(parse_qs(query).get("sslmode", [])), "")


RULES = (
    Rule("config.refused", "The configuration can be used.", refused),
    Rule("secret.weak", "Every secret is long and random.", weak),
    Rule("secret.reused", "Every secret is used for one thing.", reused),
    Rule("secret.environment", "Secrets come from files, not from the environment.", from_environment),
    Rule("database.password_in_url", "The password of the database stands in no URL.", in_address),
    Rule("database.unencrypted", "A database elsewhere is reached through TLS.", in_the_clear),
)
