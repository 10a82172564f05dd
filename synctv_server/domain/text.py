"""What people may type into names, titles and messages.

Used by the rules of every noun that holds such text.
"""

from __future__ import annotations

import unicodedata

from synctv_server.domain.errors import FieldError, Invalid

# Bidirectional controls can make a text read as another one (Unicode TR 36, "Trojan Source" CVE-2021-42574).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u2060\ufeff")
# Letters and symbols by their category, and yet nothing is seen of them.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LINE_BREAKS = frozenset("\n\r\t")


def invalid(field: str, message: str, *, code: str | None = None) -> Invalid:
    """The error for one bad field, with its name in front of the message."""
    return Invalid(f"{field}: {message}", code=code, errors=(FieldError(field, message),))


def one_line(field: str, text: str, *, longest: int, shortest: int = 1) -> str:
    """`text` trimmed and in NFC, for names and titles.

    Invalid on control, invisible or bidi characters, a bad length, or when nothing of it would be seen.
    """
    return _checked(field, text, shortest, longest, allowed=frozenset())


def many_lines(field: str, text: str, *, longest: int, shortest: int = 0) -> str:
    """As `one_line`, with line breaks and tabs allowed: descriptions and chat."""
    return _checked(field, text, shortest, longest, allowed=_LINE_BREAKS)


def _checked(field: str, text: str, shortest: int, longest: int, *, allowed: frozenset[str]) -> str:
    clean = unicodedata.normalize("NFC", text.strip())
    for character in clean:
        if character not in allowed and _is_refused(character):
            raise invalid(field, f"contains the character U+{ord(character):04X}, which is not allowed here")
    if not shortest <= len(clean) <= longest:
        raise invalid(field, f"must have {shortest} to {longest} characters, has {len(clean)}")
    if shortest > 0 and not any(map(_is_visible, clean)):
        raise invalid(field, "must have a character that can be seen")
    return clean


def _is_refused(character: str) -> bool:
    # Unassigned characters pass: the emoji of next year are unassigned to the Unicode tables of this Python.
    return (
        character in _BIDI
        or character in _INVISIBLE
        or unicodedata.category(character) in {"Cc", "Cs", "Co", "Zl", "Zp"}
        or _is_noncharacter(ord(character))
    )


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _is_visible(character: str) -> bool:
    return character not in _BLANK and unicodedata.category(character) not in {"Cf", "Mn", "Zs", "Cc"}
