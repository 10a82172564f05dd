"""Secrets: long enough, each used once, and read from files; and the settings that could not be read at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from synctv_server.config.check import is_loopback
from synctv_server.config.secrets import Secret
from synctv_server.config.settings import SettingReference, reference
from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.security.sealing import read_master_key
from synctv_server.upkeep.posture.finding import Rule, Seen, Weakness
from synctv_server.upkeep.premises import Premises

_SHORTEST = 16
_FEWEST_CHARACTERS = 8
_FEWEST_BYTES = 16
"""Of 32 random bytes some 30 are different; fewer than 16 never happen by chance."""
_MASTER = "keys.master"
_MAKE = "make a new one: openssl rand -base64 32"
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
            "critical" if setting.name == _MASTER else "high",
            f"{setting.name} is {fault}",
            _MAKE,
            setting.name,
        )
        for setting, secret in _secrets(premises)
        if (fault := _weakness(setting.name, secret))
    ]


def reused(premises: Premises) -> Seen:
    """No secret opens two doors."""
    users: dict[str, list[str]] = defaultdict(list)
    for setting, secret in _secrets(premises):
        users[secret.reveal()].append(setting.name)
    return [
        Weakness("high", f"{' and '.join(names)} are one and the same secret", "give each its own", names[0])
        for names in users.values()
        if len(names) > 1
    ]


def from_environment(premises: Premises) -> Seen:
    """Processes of the same user read each other's environment."""
    return [
        Weakness(
            "medium",
            f"{setting.name} comes from the environment, which crash reports and other programs of this user can read",
            f"put it into a file of mode 0600 and name that in {setting.environment}",
            setting.name,
        )
        for setting, secret in _secrets(premises)
        if secret.origin.kind == "environment"
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


def _weakness(name: str, secret: Secret) -> str:
    """What is weak about a secret; empty for nothing."""
    text = secret.reveal()
    if name == _MASTER:
        try:
            key = read_master_key(text)
        except ConfigurationInvalid:
            return "no key of 32 bytes"
        return "not random" if len(set(key)) < _FEWEST_BYTES else ""
    if len(text) < _SHORTEST:
        return f"shorter than {_SHORTEST} characters"
    return "made of a few characters only" if len(set(text)) < _FEWEST_CHARACTERS else ""


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
