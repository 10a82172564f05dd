"""Writes one value into `synctv.toml`: the new file is tried before it takes the old one's place. For `config set`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from synctv_cli.context import Invocation
from synctv_cli.failures import Usage
from synctv_server.config.editing import toml_value, with_value
from synctv_server.config.places import config_path
from synctv_server.config.presentation import Shown, show, template
from synctv_server.config.settings import SettingReference, reference
from synctv_server.config.toml_file import read_toml
from synctv_server.domain.errors import ConfigurationInvalid, Forbidden, NotFound

_EFFECT = {
    "restart": "It takes effect at the next start.",
    "reload": "A running server takes it over by `synctv reload`.",
    "live": "A running server takes it over by `synctv reload`.",
}


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the file now; `notes` say when it counts, or why it does not."""

    file: Path
    before: object
    after: object
    takes_effect: str
    notes: tuple[str, ...]


def write_value(invocation: Invocation, name: str, text: str, *, is_dry_run: bool) -> Written:
    """The file with the setting at the new value, its mode and comments as before.

    Raises NotFound for an unknown setting, Usage for a secret, ConfigurationInvalid where the configuration could not
    be used then, Conflict where the file cannot be edited, Forbidden where it cannot be written.
    """
    setting = _find(name)
    file = config_path(invocation.config_flag, invocation.data_dir, invocation.environ)
    old = _present_text(file)
    new = with_value(old, setting, toml_value(setting, text))
    before = _value_now(invocation, setting)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        _write_draft(draft, new, file)
        after = _tried(invocation, draft, file)[setting.section][setting.key]
        if not is_dry_run:
            draft.replace(file)
    except OSError as error:
        raise Forbidden(
            f"{error.filename} cannot be written: {(error.strerror or 'error').lower()}",
            hint="Run the command as the user who owns the data directory.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    notes = (_EFFECT[setting.change],)
    if after["origin"] not in {"file", "default"}:
        notes = (f"It does not count: {name} comes from {after['origin']} {after['at']}.",)
    return Written(file, before, after["value"], setting.change, notes)


def _present_text(file: Path) -> str:
    if not file.is_file():
        return template()
    read_toml(file)  # says with the line what is no TOML
    return file.read_text(encoding="utf-8")


def _value_now(invocation: Invocation, setting: SettingReference) -> object:
    """None where the configuration cannot be used as it stands: this command may be what mends it."""
    try:
        return show(invocation.load_silently())[setting.section][setting.key]["value"]
    except ConfigurationInvalid:
        return None


def _tried(invocation: Invocation, draft: Path, file: Path) -> dict[str, dict[str, Shown]]:
    try:
        return show(replace(invocation, config_flag=draft).load_silently())
    except ConfigurationInvalid as error:
        message = error.message.replace(str(draft), str(file))
        raise ConfigurationInvalid(message, hint="The file is as it was.", errors=error.errors) from error


def _find(name: str) -> SettingReference:
    settings = {each.name: each for each in reference()}
    if name not in settings:
        near = get_close_matches(name, settings, n=1)
        raise NotFound(
            f"there is no setting {name}" + (f"; did you mean {near[0]}?" if near else ""),
            code="settings.unknown",
            hint="`synctv config reference` lists them all.",
        )
    if settings[name].is_secret:
        raise Usage(
            f"{name} is a secret, and never stands in the configuration file",
            hint=f"Name a file that holds it in {settings[name].environment}.",
        )
    return settings[name]


def _write_draft(draft: Path, text: str, file: Path) -> None:
    mode = file.stat().st_mode & 0o777 if file.is_file() else 0o600
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        os.fchmod(descriptor, mode)
        opened.write(text)
        opened.flush()
        os.fsync(descriptor)
