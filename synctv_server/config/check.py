"""What no single setting can say about itself: settings that do not go together, each with its cure.

Called by `sources.load`. A finding that stops is an error (exit 5); the others are warnings that `serve` and
`config check` show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from synctv_server.config.secrets import Secret
from synctv_server.config.settings import SettingReference, Settings, reference

_DAY_SECONDS = 86_400
_SIGNED_URL_SECONDS = 12 * 3_600
"""How long a signed media link is good (design contract §3, `play_url`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: the setting it is about, what is wrong and what to do."""

    setting: str
    message: str
    fix: str
    stops: bool = False

    @property
    def text(self) -> str:
        """Both halves in one line."""
        return f"{self.message}; {self.fix}"


def findings(settings: Settings) -> tuple[Finding, ...]:
    """All findings on these settings, in the order of the sections."""
    return (
        *_server(settings),
        *_database(settings),
        *_auth(settings),
        *_limits(settings),
        *_secrets(settings),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _server(settings: Settings) -> Iterator[Finding]:
    server = settings.server
    everybody = [proxy for proxy in server.trusted_proxies if ip_network(proxy, strict=False).prefixlen == 0]
    if everybody:
        yield Finding(
            "server.trusted_proxies",
            f"{everybody[0]} trusts everybody, so anybody can pretend to any address",
            "name the address of the proxy",
            stops=True,
        )
    if server.public_url.startswith("https://") and not server.trusted_proxies:
        yield Finding(
            "server.trusted_proxies",
            "a proxy serves the https of server.public_url, and none is trusted: all visitors share one limit",
            "name the address of the proxy, like 127.0.0.1",
        )
    if server.public_url.startswith("http://") and server.trusted_proxies:
        yield Finding(
            "server.public_url",
            "visitors come by plain http through a proxy: passwords travel unencrypted",
            "let the proxy serve https and write https:// here",
        )


def _database(settings: Settings) -> Iterator[Finding]:
    database = settings.database
    if database.is_sqlite and database.password is not None:
        yield Finding(
            "database.password",
            f"SQLite has no password, and there is one from {database.password.origin}",
            "remove it, or set database.url to PostgreSQL",
            stops=True,
        )
    if database.has_password_in_url:
        yield Finding(
            "database.url",
            "it holds a password, which logs and process lists may show",
            "take it out of the URL and put it into a file named by SYNCTV__DATABASE__PASSWORD_FILE",
            stops=database.password is not None,
        )


def _auth(settings: Settings) -> Iterator[Finding]:
    auth = settings.auth
    longest = max(auth.access_token_seconds, _SIGNED_URL_SECONDS)
    if auth.key_grace_days * _DAY_SECONDS < longest:
        days = -(-longest // _DAY_SECONDS)
        yield Finding(
            "auth.key_grace_days",
            f"what was signed lives up to {longest} seconds, longer than a replaced key verifies",
            f"set auth.key_grace_days to at least {days}",
            stops=True,
        )
    if auth.refresh_token_seconds <= auth.access_token_seconds:
        yield Finding(
            "auth.refresh_token_seconds",
            "a sign-in would end before its first access token",
            f"set it to more than auth.access_token_seconds ({auth.access_token_seconds})",
            stops=True,
        )


def _limits(settings: Settings) -> Iterator[Finding]:
    limits = settings.limits
    if not limits.enabled:
        yield Finding(
            "limits.enabled",
            "rate limits are off, so passwords can be guessed at any speed",
            "set it to true, or close auth.registration and listen on 127.0.0.1 for a load test",
            stops=settings.auth.registration == "open" and not is_loopback(settings.server.host),
        )
    for smaller, larger in (
        ("connections_per_user", "connections_per_room"),
        ("connections_per_room", "connections_total"),
        ("idle_seconds", "lifetime_seconds"),
    ):
        if getattr(limits, smaller) > getattr(limits, larger):
            yield Finding(
                f"limits.{smaller}",
                f"{getattr(limits, smaller)} can never be reached: limits.{larger} is {getattr(limits, larger)}",
                f"lower it, or raise limits.{larger}",
                stops=True,
            )


def _secrets(settings: Settings) -> Iterator[Finding]:
    for setting in reference():
        if not setting.is_secret:
            continue
        secret = getattr(getattr(settings, setting.section), setting.key)
        if isinstance(secret, Secret) and secret.origin.kind == "environment":
            yield environment_finding(setting, secret)


def environment_finding(setting: SettingReference, secret: Secret) -> Finding:
    """What there is to say of a secret in the environment."""
    return Finding(
        setting.name,
        f"comes from {secret.origin}, where other programs of the same user can read it",
        f"put it into a file with mode 0600 and name that in {setting.environment}",
    )
