"""Takes secrets out of what is about to be logged. The last gate: code that logs should not hand them over at all."""

from __future__ import annotations

import re

_HIDDEN = "[hidden]"

_SENSITIVE = r"passw(?:or)?d|passphrase|secret|token|ticket|authorization|cookie|credential|(?:api|private|master)_?key"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), _HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@", re.IGNORECASE), rf"\1:{_HIDDEN}@"),
    (
        re.compile(r"((?:\b[a-z][a-z0-9+.-]*://|(?<![\w.])/)[^\s?\"'<>]*)\?[^\s\"'<>]+", re.IGNORECASE),
        r"\1?…",
    ),
    (
        re.compile(
            rf"(?i)([\"']?\b[\w-]*(?:{_SENSITIVE})[\w-]*[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)\]}}]+)"
        ),
        rf"\1{_HIDDEN}",
    ),
    (re.compile(r"(/(?:setup|register|recover)#)[\w.~-]+"), rf"\1{_HIDDEN}"),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
        _HIDDEN,
    ),
)
_SECRET_NAME = re.compile(_SENSITIVE, re.IGNORECASE)


def redact(text: str) -> str:
    """`text` without tokens, passwords, private keys, credentials in URLs and query strings."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_field(name: str, value: object) -> object:
    """The value of a named field of a log line: hidden whole when its name says that it is secret."""
    if _SECRET_NAME.search(name):
        return _HIDDEN
    return redact(value) if isinstance(value, str) else value
