"""Reads the settings of one installation: defaults, `synctv.toml`, secrets, environment, flags, in rising order.

Called by the command line once. All problems are reported together, each with the place where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from synctv_server.config.check import Finding, findings
from synctv_server.config.layers import Reader
from synctv_server.config.origins import DEFAULT, Origin
from synctv_server.config.places import CONFIG_FILE_NAME, config_path, resolve_data_dir
from synctv_server.config.secrets import RUN_SECRETS, SecretSources
from synctv_server.config.settings import Settings, settings_from
from synctv_server.domain.errors import ConfigurationInvalid, FieldError


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings of one installation; `warnings` are the findings that do not stop it."""

    settings: Settings
    data_dir: Path
    config_file: Path | None
    origins: Mapping[str, Origin]
    warnings: tuple[Finding, ...]


def load(
    *,
    data_dir: Path | None = None,
    config_file: Path | None = None,
    flags: Mapping[str, str | int | float | bool] | None = None,
    environ: Mapping[str, str],
    run_secrets: Path = RUN_SECRETS,
) -> LoadedSettings:
    """The settings of the installation in `data_dir`. Raises ConfigurationInvalid with every problem and its cure.

    Paths are absolute in the result: relative ones stand in the data directory, wherever it was copied to.
    `flags` maps `section.key` to a value. `environ` is the whole environment; nothing else of the process is read.
    """
    home = (data_dir or resolve_data_dir(None, environ)).expanduser().absolute()
    file = _config_file(config_file, home, environ)
    reader = Reader(home)
    layers = [
        reader.flags(flags or {}),
        reader.environment(environ),
        reader.secrets(SecretSources(home, environ, run_secrets)),
        reader.file(file),
        reader.defaults(),
    ]
    origins = {name: layer.origins[name] for layer in reversed(layers) for name in layer.origins}
    try:
        settings = settings_from(layers)
    except ValidationError as error:
        raise _refusal([*reader.problems, *_field_errors(error, origins)]) from error
    found = findings(settings)
    problems = [*reader.problems, *(FieldError(each.setting, each.text) for each in found if each.stops)]
    if problems:
        raise _refusal(problems)
    return LoadedSettings(settings, home, file, origins, tuple(each for each in found if not each.stops))


def _config_file(flag: Path | None, home: Path, environ: Mapping[str, str]) -> Path | None:
    """The file to read. One that was named must exist; the usual one need not."""
    path = config_path(flag, home, environ)
    return path if path != home / CONFIG_FILE_NAME or path.exists() else None


def _field_errors(error: ValidationError, origins: Mapping[str, Origin]) -> list[FieldError]:
    errors = []
    for found in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in found["loc"][:2])
        place = origins.get(name, DEFAULT)
        errors.append(FieldError(name, f"{found['msg'].removeprefix('Value error, ')} ({place})"))
    return errors


def _refusal(problems: Sequence[FieldError]) -> ConfigurationInvalid:
    lines = "".join(f"\n  {problem.field}: {problem.message}" for problem in problems)
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigurationInvalid(
        f"The configuration has {count}:{lines}",
        hint="`synctv config reference` lists every setting; `synctv config check` looks again.",
        errors=problems,
    )
