"""Changes one value in the text of `synctv.toml` and leaves every other line as it is, comments too.

Called by `synctv config set`. Text in, text out: whether the value is possible is for `sources.load` to say.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from synctv_server.config.settings import SettingReference, toml_text
from synctv_server.domain.errors import Conflict

_TABLE = re.compile(r"\s*\[\s*([\w.\-]+)\s*\]\s*(?:#.*)?$")
_AS_TEXT = frozenset({"text", "path"})


def toml_value(setting: SettingReference, text: str) -> object:
    """What somebody typed for this setting: TOML where it is, else text."""
    if setting.type in _AS_TEXT or "|" in setting.type:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def with_value(text: str, setting: SettingReference, value: object) -> str:
    """`text` with the setting at this value: in its own line, in place of the commented default, or added.

    Raises Conflict where the file is written in a way that this cannot change.
    """
    before = tomllib.loads(text)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    written = f"{setting.key} = {toml_text(value)}\n"
    _put(lines, setting, written)
    changed = "".join(lines)
    if not _differs_by(before, changed, setting):
        raise Conflict(
            f"{setting.name} stands in the file in a way that this command cannot change",
            hint=f"Edit the file yourself: {written.strip()} below [{setting.section}].",
        )
    return changed


def _put(lines: list[str], setting: SettingReference, written: str) -> None:
    section = _section_lines(lines, setting.section)
    if section is None:
        lines.append(f"\n[{setting.section}]\n{written}")
        return
    key = re.escape(setting.key)
    for pattern in (rf"\s*{key}\s*=", rf"\s*#\s*{key}\s*="):
        for number in section:
            if re.match(pattern, lines[number]):
                lines[number] = f"{written.rstrip()}{_comment_of(lines[number])}\n"
                return
    lines.insert(section.start, written)


def _section_lines(lines: list[str], section: str) -> range | None:
    """The lines below the heading of a section, up to the next one."""
    begin: int | None = None
    for number, line in enumerate(lines):
        found = _TABLE.match(line)
        if found and begin is not None:
            return range(begin, number)
        if found and found[1] == section:
            begin = number + 1
    return None if begin is None else range(begin, len(lines))


def _comment_of(line: str) -> str:
    """What stands behind the value of a line; a commented default goes as a whole."""
    _, is_there, comment = line.partition("=")[2].rpartition(" #")
    if line.lstrip().startswith("#") or not is_there or re.search(r"[\"']", comment):
        return ""
    return f"  #{comment.rstrip()}"


def _differs_by(before: dict[str, Any], changed: str, setting: SettingReference) -> bool:
    """Whether the new text says the same but for this one setting."""
    try:
        after = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        return False
    held = before.setdefault(setting.section, {})
    if not isinstance(held, dict) or setting.key not in after.get(setting.section, {}):
        return False
    held[setting.key] = after[setting.section][setting.key]
    return before == after
