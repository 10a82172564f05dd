"""Secret values and the places they may come from. Every field of type `Secret` gets all of them, by construction.

A secret has exactly one source: a file named by the environment, a file of the container runtime or of systemd, the
environment itself (with a warning), or a file in the data directory. It never stands in `synctv.toml`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synctv_server.config.origins import Origin

RUN_SECRETS = Path("/run/secrets")
LONGEST_BYTES = 65_536


class Secret:
    """A value that is shown only on purpose, by `reveal`."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: Origin) -> None:
        self._value = value
        self.origin = origin

    def reveal(self) -> str:
        """The value itself. Never to be logged, put into a URL or given to another process as an argument."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret of {len(self._value)} characters from {self.origin}>"


@dataclass(frozen=True, slots=True)
class Randomly:
    """Stands in the annotation of a secret that is this installation's own: any long random text will do."""


RANDOM: Final = Randomly()


class SecretRefused(ValueError):
    """A secret that cannot be taken; the text says which file or variable, and what to do."""


def secret_file(data_dir: Path, name: str) -> Path:
    """The file of the data directory that holds a secret: `keys/keys-master` for `keys.master`."""
    return data_dir / "keys" / _file_name(name)


@dataclass(frozen=True, slots=True)
class SecretSources:
    """The places that are looked at for every secret of one installation."""

    data_dir: Path
    environ: Mapping[str, str]
    run_secrets: Path = RUN_SECRETS

    def find(self, name: str) -> Secret | None:
        """The secret `section.key`, or None where no source has it. Raises SecretRefused on two, or a bad one."""
        present = self.present(name)
        if len(present) > 1:
            places = " and ".join(str(origin) for origin in present)
            raise SecretRefused(f"has more than one source: {places}; keep one and remove the others")
        if not present:
            return None
        origin = present[0]
        is_ours = origin.kind == "secret_file" and not self._is_given_by_the_system(Path(origin.at))
        value = (
            self.environ[origin.at]
            if origin.kind == "environment"
            else _read(Path(origin.at), check_mode=is_ours)
        )
        if not value:
            raise SecretRefused(f"is empty in {origin}; an empty secret is refused, remove it or fill it")
        return Secret(value, origin)

    def present(self, name: str) -> list[Origin]:
        """Every source that has the secret; SecretRefused on a variable that should name a file and is empty."""
        variable = "SYNCTV__" + name.replace(".", "__").upper()
        found = self._files(name, f"{variable}_FILE")
        return [*found, Origin("environment", variable)] if variable in self.environ else found

    def _files(self, name: str, variable: str) -> list[Origin]:
        """The files that exist for a secret; the one that the environment names counts even where it does not exist."""
        candidates = [folder / _file_name(name) for folder in self._system_folders()]
        candidates.append(secret_file(self.data_dir, name))
        found = [path for path in candidates if os.path.lexists(path)]
        if variable in self.environ:
            named = self.environ[variable]
            if not named:
                raise SecretRefused(f"has an empty {variable}; remove the variable or name a file with it")
            found = [Path(named), *(path for path in found if path != Path(named))]
        return [Origin("secret_file", str(path)) for path in found]

    def _system_folders(self) -> list[Path]:
        credentials = self.environ.get("CREDENTIALS_DIRECTORY")
        return [self.run_secrets, *([Path(credentials)] if credentials else [])]

    def _is_given_by_the_system(self, path: Path) -> bool:
        """The container runtime and systemd set those modes (often 0444, or an ACL), and guard the folder instead."""
        return path.parent in self._system_folders()


def _file_name(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")


def _read(path: Path, *, check_mode: bool) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise SecretRefused(f"cannot be read from {path}: {(error.strerror or 'error').lower()}") from error
    if check_mode and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretRefused(
            f"stands in {path}, which others can read (mode {stat.S_IMODE(mode):04o}): chmod 600 {path}"
        )
    if len(content) > LONGEST_BYTES:
        raise SecretRefused(f"is longer than {LONGEST_BYTES} bytes in {path}; is it the right file?")
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise SecretRefused(f"is no text in {path}; is it the right file?") from None
