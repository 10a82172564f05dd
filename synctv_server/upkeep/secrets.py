"""The secrets of an installation: where each comes from, never what it is; and a new value for one.

Derived from the settings, so that no secret can be forgotten. Works on the files alone, also where the configuration is
refused or the database does not open. Called by `synctv secrets`.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from synctv_server.config.origins import Origin
from synctv_server.config.private_files import remove_private, write_private
from synctv_server.config.secrets import (
    LONGEST_BYTES,
    Secret,
    SecretRefused,
    SecretSources,
    secret_file,
)
from synctv_server.config.settings import SettingReference, reference
from synctv_server.domain.errors import ConfigurationInvalid, Conflict, Forbidden, Invalid

MASTER = "keys.master"
_OF_THE_RING = frozenset({MASTER, "keys.master_previous"})
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class SecretState:
    """One secret setting; without a `secret` nothing has it, or it is refused and `problem` says why."""

    setting: SettingReference
    secret: Secret | None
    problem: str | None = None

    @property
    def origin(self) -> Origin | None:
        return None if self.secret is None else self.secret.origin


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A secret that was put into its file, and when the server takes it over."""

    setting: SettingReference
    path: Path
    is_new: bool


def secret_states(sources: SecretSources) -> list[SecretState]:
    """Every secret that the settings have."""
    return [_state(sources, setting) for setting in secret_settings()]


def secret_settings() -> list[SettingReference]:
    return [setting for setting in reference() if setting.is_secret]


def get_secret_setting(name: str) -> SettingReference:
    """The secret of this name. Raises Invalid with the nearest one."""
    known = {setting.name: setting for setting in secret_settings()}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`synctv secrets list` shows them."
    raise Invalid(f"{name} is no secret of the settings", hint=hint)


def keep_secret(
    sources: SecretSources, name: str, value: str, *, still_loads: Callable[[], object]
) -> KeptSecret:
    """Puts a value into the file of the data directory.

    Conflict where it comes from somewhere else, which has to be changed there. `still_loads` reads the settings as the
    server does: where they could be used before and cannot with this value, the file is put back and its
    ConfigurationInvalid raised.
    """
    setting = get_secret_setting(name)
    if name in _OF_THE_RING:
        raise Invalid(
            f"{name} opens every other key, so it is not simply replaced",
            hint="`synctv keys rotate --purpose master` makes a new one and wraps the keys under it.",
        )
    if not value or len(value.encode()) > LONGEST_BYTES:
        what = "is empty" if not value else f"is longer than {LONGEST_BYTES} bytes"
        raise Invalid(f"the new value of {name} {what}")
    path = secret_file(sources.data_dir, name)
    _refuse_other_places(sources, name, path)
    is_new = not path.exists()
    _replace(path, value, still_loads)
    return KeptSecret(setting, path, is_new)


def rotate_secret(sources: SecretSources, name: str, *, still_loads: Callable[[], object]) -> KeptSecret:
    """Puts a new random value into the file of a secret that is this installation's own.

    Invalid for one that another system decides about.
    """
    setting = get_secret_setting(name)
    if not setting.is_random and name not in _OF_THE_RING:
        raise Invalid(
            f"{name} is agreed with another system, which has to learn the new one first",
            hint=f"Change it there, then `synctv secrets set {name}`.",
        )
    return keep_secret(sources, name, randomness.token_urlsafe(_RANDOM_BYTES), still_loads=still_loads)


def _state(sources: SecretSources, setting: SettingReference) -> SecretState:
    try:
        return SecretState(setting, sources.find(setting.name))
    except SecretRefused as refusal:
        return SecretState(setting, None, str(refusal))


def _refuse_other_places(sources: SecretSources, name: str, path: Path) -> None:
    try:
        others = [origin for origin in sources.present(name) if origin.at != str(path)]
    except SecretRefused as refusal:
        raise Conflict(f"{name} {refusal}") from refusal
    if others:
        raise Conflict(
            f"{name} comes from {others[0]}; a second source would be refused",
            code="secret.elsewhere",
            hint="Put the new value there, or take that source away first.",
        )


def _replace(path: Path, value: str, still_loads: Callable[[], object]) -> None:
    loaded_before = _loads(still_loads) is None
    try:
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        write_private(path, f"{value}\n")
    except OSError as error:
        raise Forbidden(f"{path} cannot be written: {(error.strerror or 'error').lower()}") from error
    refusal = _loads(still_loads)
    if loaded_before and refusal is not None:
        if before is None:
            remove_private(path)
        else:
            write_private(path, before)
        raise refusal


def _loads(still_loads: Callable[[], object]) -> ConfigurationInvalid | None:
    try:
        still_loads()
    except ConfigurationInvalid as error:
        return error
    return None
