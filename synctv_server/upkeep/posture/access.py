"""Who reaches the server, by which way, and what holds them back."""

from __future__ import annotations

from ipaddress import ip_network
from urllib.parse import urlsplit

from synctv_server.config.check import is_loopback
from synctv_server.domain.times import DAY, HOUR, MINUTE, SECOND
from synctv_server.upkeep.posture.finding import Rule, Seen, Severity, Weakness
from synctv_server.upkeep.premises import Premises

_WIDEST = {4: 16, 6: 48}
_AUTH_MOST_PER_MINUTE = 60
_PASSWORD_WANTED = 10
_ACCESS_MOST_SECONDS = 4 * HOUR // SECOND
_REFRESH_MOST_SECONDS = 90 * DAY // SECOND


def http(premises: Premises) -> Seen:
    """People come by https."""
    url = premises.settings.server.public_url
    if not url.startswith("http://"):
        return []
    return [
        Weakness(
            "high",
            f"people come by plain http ({url}): passwords and tokens travel unencrypted",
            "let a proxy serve https, and write https:// into server.public_url",
            "server.public_url",
        )
    ]


def bare(premises: Premises) -> Seen:
    """Who listens on other addresses than loopback has a proxy with TLS before it."""
    server, host = premises.settings.server, _listened_on(premises)
    if is_loopback(host):
        return []
    if server.public_url.startswith("https://") and server.trusted_proxies:
        return [
            Weakness(
                "low",
                f"{host} listens for others too, who reach the server around its proxy",
                "listen on 127.0.0.1 where the proxy is on this machine, else let a firewall admit the proxy alone",
                "server.host",
            )
        ]
    return [
        Weakness(
            "high",
            f"{host} lets others in without TLS: passwords and tokens travel unencrypted",
            "listen on 127.0.0.1 behind a proxy that serves https: docs/guides/hosting-at-home.md, section 3",
            "server.host",
        )
    ]


def trust(premises: Premises) -> Seen:
    """Only proxies may say who visits."""
    wide = []
    for proxy in premises.settings.server.trusted_proxies:
        network = ip_network(proxy, strict=False)
        if network.prefixlen < _WIDEST[network.version]:
            severity: Severity = "medium" if network.is_private else "high"
            message = f"{proxy} may pretend to any address: limits and lockouts can be dodged from there"
            wide.append(
                Weakness(severity, message, "name the address of the proxy alone", "server.trusted_proxies")
            )
    return wide


def registration(premises: Premises) -> Seen:
    """Not everybody makes accounts, as long as nothing shows that they are somebody."""
    if premises.settings.auth.registration != "open":
        return []
    return [
        Weakness(
            "high" if is_exposed(premises) else "medium",
            "everybody may make accounts, and no mail address is asked for or confirmed",
            'set auth.registration to "invite" or "closed"',
            "auth.registration",
        )
    ]


def limits(premises: Premises) -> Seen:
    """Rates are limited, those of passwords above all."""
    section = premises.settings.limits
    if not section.enabled:
        severity: Severity = "critical" if is_exposed(premises) else "high"
        message = "rate limits are off: passwords can be guessed and the server be flooded"
        return [Weakness(severity, message, "remove limits.enabled", "limits.enabled")]
    if section.auth_per_minute > _AUTH_MOST_PER_MINUTE:
        return [
            Weakness(
                "high",
                f"one address may try {section.auth_per_minute} passwords a minute",
                "set limits.auth_per_minute to 5 or a little more",
                "limits.auth_per_minute",
            )
        ]
    return []


def passwords(premises: Premises) -> Seen:
    """Passwords are as long as the default asks."""
    length = premises.settings.auth.password_min_length
    if length >= _PASSWORD_WANTED:
        return []
    return [
        Weakness(
            "medium",
            f"passwords of {length} characters are taken",
            f"set auth.password_min_length to {_PASSWORD_WANTED} or more",
            "auth.password_min_length",
        )
    ]


def token_lives(premises: Premises) -> Seen:
    """A stolen token is not good for long."""
    auth = premises.settings.auth
    lives = (
        ("auth.access_token_seconds", auth.access_token_seconds, _ACCESS_MOST_SECONDS),
        ("auth.refresh_token_seconds", auth.refresh_token_seconds, _REFRESH_MOST_SECONDS),
    )
    return [
        Weakness(
            "medium", f"a stolen token is good for {life} seconds", f"set {name} to {most} or less", name
        )
        for name, life, most in lives
        if life > most
    ]


def metrics(premises: Premises) -> Seen:
    """Metrics of a server that others reach ask for a token."""
    if premises.settings.observability.metrics_token is not None or not is_exposed(premises):
        return []
    return [
        Weakness(
            "low",
            "/metrics has no token: a proxy on this machine that sends no X-Forwarded-For opens it to everybody",
            "name a file with a token in SYNCTV__OBSERVABILITY__METRICS_TOKEN_FILE",
            "observability.metrics_token",
        )
    ]


def debug(premises: Premises) -> Seen:
    """The log says no more of people than is needed."""
    if premises.settings.observability.log_level != "debug":
        return []
    return [
        Weakness(
            "medium",
            "the log is written at debug: it tells more of people than is needed",
            'set observability.log_level to "info"',
            "observability.log_level",
        )
    ]


def is_exposed(premises: Premises) -> bool:
    """Whether others than this machine are meant to reach the server."""
    return bool(premises.settings.server.public_url) or not is_loopback(_listened_on(premises))


def _listened_on(premises: Premises) -> str:
    """The address of the running server, which a flag may have set; without one, that of the settings."""
    section, running = premises.settings.server, premises.server
    if running is not None and running.url and not section.public_url:
        return urlsplit(running.url).hostname or section.host
    return section.host


_LIVES = (
    f"Access tokens end within {_ACCESS_MOST_SECONDS * SECOND // MINUTE} minutes, sign-ins within 90 days."
)

RULES = (
    Rule("access.http", "People reach the server by https.", http),
    Rule("access.bare", "No address but loopback is listened on without a proxy with TLS.", bare),
    Rule("access.trust", "Forwarding headers are believed of proxies alone.", trust),
    Rule("access.registration", "Accounts are made by invitation, or confirmed.", registration),
    Rule("access.limits", "Rates are limited.", limits),
    Rule("access.passwords", "Passwords have at least 10 characters.", passwords),
    Rule("access.token_lives", _LIVES, token_lives),
    Rule("access.metrics", "Metrics that others reach ask for a token.", metrics),
    Rule("access.debug_log", "The log is not written at debug.", debug),
)
