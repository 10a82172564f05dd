"""What is wrong with the secrets of an installation: missing, refused, weak, old, used twice, open to others.

Called by `synctv secrets check`; `synctv audit` asks two of its questions. No value of a secret is in any text here.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from synctv_server.config.check import environment_finding
from synctv_server.config.secrets import Secret, SecretSources
from synctv_server.config.settings import SettingReference
from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.domain.times import DAY, SECOND, Millis
from synctv_server.security.sealing import read_master_key
from synctv_server.upkeep.secrets import MASTER, SecretState, secret_states

OLD_AFTER: Millis = 365 * DAY
_RANDOM_LEAST = 22
"""Characters that hold 128 random bits in base64."""
_CHOSEN_LEAST = 12
_DISTINCT_LEAST = 8


class Weight(StrEnum):
    """`high` and `medium` need somebody to act."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SecretFinding:
    """One thing that is wrong, and its cure."""

    setting: str
    severity: Weight
    message: str
    fix: str


def review_secrets(sources: SecretSources, now: Millis) -> list[SecretFinding]:
    """Everything that is wrong, in the order of the settings."""
    states = secret_states(sources)
    found = [finding for state in states for finding in _judge(state, now)]
    return [*found, *_used_twice(states), *_open_folder(sources.data_dir / "keys")]


def guessable(setting: SettingReference, secret: Secret) -> str | None:
    """Why somebody could guess a secret; None for a strong one."""
    value = secret.reveal()
    least = _RANDOM_LEAST if setting.is_random else _CHOSEN_LEAST
    if len(value) >= least and len(set(value)) >= _DISTINCT_LEAST:
        return None
    return f"it can be guessed: {len(value)} characters, {len(set(value))} different ones"


def used_twice(secrets: Iterable[tuple[SettingReference, Secret]]) -> Iterator[tuple[str, str]]:
    """Each setting whose secret is that of an earlier one, and the earlier one."""
    seen: dict[str, str] = {}
    for setting, secret in secrets:
        first = seen.setdefault(secret.reveal(), setting.name)
        if first != setting.name:
            yield setting.name, first


def _judge(state: SecretState, now: Millis) -> Iterator[SecretFinding]:
    name = state.setting.name
    if state.problem is not None:
        yield SecretFinding(name, Weight.HIGH, state.problem, "then `synctv secrets check` again")
    elif state.secret is not None:
        yield from _weak(state, state.secret)
        yield from _old(name, state.secret, now)
        if state.secret.origin.kind == "environment":
            told = environment_finding(state.setting, state.secret)
            yield SecretFinding(name, Weight.LOW, told.message, told.fix)
    elif name == MASTER:
        yield SecretFinding(
            name,
            Weight.HIGH,
            "there is no master key",
            "`synctv init` makes one for a new installation; for an old one bring it back from where it is kept",
        )


def _weak(state: SecretState, secret: Secret) -> Iterator[SecretFinding]:
    name, value = state.setting.name, secret.reveal()
    if name.startswith("keys."):
        try:
            read_master_key(value)
        except ConfigurationInvalid as error:
            yield SecretFinding(name, Weight.HIGH, error.message, error.hint or "bring the right one back")
            return
    if told := guessable(state.setting, secret):
        yield SecretFinding(name, Weight.MEDIUM, told, _replacement(state))


def _replacement(state: SecretState) -> str:
    if state.setting.name == MASTER:
        return "`synctv keys rotate --purpose master`"
    if state.setting.is_random:
        return f"`synctv secrets rotate {state.setting.name}`"
    return f"choose a longer one where it is agreed, then `synctv secrets set {state.setting.name}`"


def _old(name: str, secret: Secret, now: Millis) -> Iterator[SecretFinding]:
    if secret.origin.kind != "secret_file":
        return
    age = now - round(Path(secret.origin.at).stat().st_mtime * SECOND)
    if age > OLD_AFTER:
        message = f"its file {secret.origin.at} is {age // DAY} days old"
        yield SecretFinding(name, Weight.LOW, message, "replace it once a year")


def _used_twice(states: Sequence[SecretState]) -> Iterator[SecretFinding]:
    held = {state.setting.name: state for state in states}
    secrets = [(state.setting, state.secret) for state in states if state.secret is not None]
    for name, first in used_twice(secrets):
        message = f"it is the same as {first}: who learns one has both"
        yield SecretFinding(name, Weight.HIGH, message, _replacement(held[name]))


def _open_folder(folder: Path) -> Iterator[SecretFinding]:
    if folder.is_dir() and (mode := stat.S_IMODE(folder.stat().st_mode)) & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"others may look into {folder} (mode {mode:04o})"
        yield SecretFinding("keys", Weight.MEDIUM, message, f"chmod 700 {folder}")
