"""How settings are shown: masked values with their origins, and the commented file that `init` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import TypedDict
from urllib.parse import urlsplit

from synctv_server.config.settings import SettingReference, Settings, reference, toml_text
from synctv_server.config.sources import LoadedSettings

_HEAD = """\
# Settings of this SyncTV server. Every value below is the default: remove the `#` before a key to change it.
# The environment (SYNCTV__SECTION__KEY) and flags win over this file; `synctv config show` says what holds and why.
# Relative paths stand in the data directory, so that it works wherever it is copied. Secrets never stand here.
"""


class Shown(TypedDict):
    """One setting as `config show --json` gives it; a secret's value is None. `at` is the file, variable or flag."""

    value: str | int | float | bool | list[str] | None
    origin: str
    at: str
    secret: bool


def show(loaded: LoadedSettings) -> dict[str, dict[str, Shown]]:
    """Every setting by section and key, with its origin; no secret in it, not even one inside a URL."""
    shown: dict[str, dict[str, Shown]] = {}
    for setting in reference():
        origin = loaded.origins[setting.name]
        shown.setdefault(setting.section, {})[setting.key] = Shown(
            value=None if setting.is_secret else _plain(_value(loaded.settings, setting)),
            origin=origin.kind,
            at=origin.at,
            secret=setting.is_secret,
        )
    return shown


def template() -> str:
    """The text of a new `synctv.toml`: all settings with their descriptions, nothing set, no absolute path."""
    lines = [_HEAD]
    section = ""
    for setting in reference():
        if setting.section != section:
            section = setting.section
            lines.append(f"\n[{section}]\n")
        lines.append(_template_entry(setting))
    return "".join(lines)


def toml_document(values: Mapping[str, object]) -> str:
    """The text of a TOML file with these values, by `section.key`."""
    sections: dict[str, list[str]] = {}
    for name, value in values.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, []).append(f"{key} = {toml_text(value)}\n")
    return "\n".join(f"[{section}]\n{''.join(lines)}" for section, lines in sections.items())


def _template_entry(setting: SettingReference) -> str:
    if setting.is_secret:
        return _comment(
            f"{setting.key}: {setting.description} A secret: name its file in {setting.environment}."
        )
    choices = f" One of: {setting.type}." if "|" in setting.type else ""
    default = toml_text(setting.default) or '""'
    return f"{_comment(setting.description + choices)}# {setting.key} = {default}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(text, 108))


def _value(settings: Settings, setting: SettingReference) -> object:
    return getattr(getattr(settings, setting.section), setting.key)


def _plain(value: object) -> str | int | float | bool | list[str] | None:
    match value:
        case None | bool() | int() | float():
            return value
        case tuple():
            return [str(item) for item in value]
        case Path():
            return str(value)
        case _:
            return _without_password(str(value))


def _without_password(text: str) -> str:
    if "://" not in text:
        return text
    password = urlsplit(text).password
    return text.replace(f":{password}@", ":***@", 1) if password else text
