"""What people may type into names, titles and messages.

Used by the rules of every noun that holds such text.
"""

from __future__ import annotations

import unicodedata

from synctv_server.domain.errors import FieldError, Invalid

# Bidirectional controls can make a text read as another one (Unicode TR 36, "Trojan Source" CVE-2021-42574).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u2060\ufeff")
_LINE_BREAKS = frozenset("\n\r\t")


def invalid(field: str, message: str, *, code: str | None = None) -> Invalid:
    """The error for one bad field, with its name in front of the message."""
    return Invalid(f"{field}: {message}", code=code, errors=(FieldError(field, message),))


def one_line(field: str, text: str, *, longest: int, shortest: int = 1) -> str:
    """`text` trimmed and in NFC, for names and titles.

    Invalid on control, invisible or bidi characters or a bad length.
    """
    clean = unicodedata.normalize("NFC", text.strip())
    _refuse_characters(field, clean, allowed=frozenset())
    _refuse_length(field, clean, shortest, longest)
    return clean


def many_lines(field: str, text: str, *, longest: int, shortest: int = 0) -> str:
    """As `one_line`, with line breaks and tabs allowed: descriptions and chat."""
    clean = unicodedata.normalize("NFC", text.strip())
    _refuse_characters(field, clean, allowed=_LINE_BREAKS)
    _refuse_length(field, clean, shortest, longest)
    return clean


def _refuse_length(field: str, text: str, shortest: int, longest: int) -> None:
    if not shortest <= len(text) <= longest:
        raise invalid(field, f"must have {shortest} to {longest} characters, has {len(text)}")


def _refuse_characters(field: str, text: str, *, allowed: frozenset[str]) -> None:
    for character in text:
        if character in allowed:
            continue
        if (
            character in _BIDI
            or character in _INVISIBLE
            or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}
        ):
            raise invalid(field, f"contains the character U+{ord(character):04X}, which is not allowed here")
