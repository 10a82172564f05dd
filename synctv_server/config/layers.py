"""The sources of settings, each read into a layer that pydantic-settings merges. Called by `sources.load`.

A layer holds known settings only: what is unknown, or a secret in the wrong place, becomes a problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from synctv_server.config.origins import DEFAULT, Origin
from synctv_server.config.secrets import SecretRefused, SecretSources
from synctv_server.config.settings import ENVIRONMENT_PREFIX, Settings, reference
from synctv_server.config.toml_file import read_toml
from synctv_server.domain.errors import FieldError

_SQLITE = "sqlite:///"


class Layer(PydanticBaseSettingsSource):
    """The values of one source, by section, and where each came from."""

    def __init__(self) -> None:
        super().__init__(Settings)
        self.origins: dict[str, Origin] = {}
        self._sections: dict[str, dict[str, object]] = {}

    def put(self, name: str, value: object, origin: Origin) -> None:
        """Gives `section.key` a value."""
        section, key = name.split(".")
        self._sections.setdefault(section, {})[key] = value
        self.origins[name] = origin

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """One section, as pydantic-settings asks for it: nothing in it is left to be decoded."""
        return self._sections.get(field_name, {}), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._sections)


class Reader:
    """Reads the sources of the installation in `home`, and collects the problems met on the way."""

    def __init__(self, home: Path) -> None:
        self.problems: list[FieldError] = []
        self._home = home
        self._known = {setting.name: setting for setting in reference()}

    def defaults(self) -> Layer:
        """The defaults of all settings, so that relative ones find their place and each value has an origin."""
        layer = Layer()
        for name, setting in self._known.items():
            layer.put(name, self._anchored(name, setting.default), DEFAULT)
        return layer

    def file(self, path: Path | None) -> Layer:
        """`synctv.toml`. Raises ConfigurationInvalid where it cannot be read at all."""
        layer = Layer()
        for entry in read_toml(path) if path is not None else ():
            origin = Origin("file", f"{path} line {entry.line}")
            if entry.name in self._known and self._known[entry.name].is_secret:
                variable = self._known[entry.name].environment
                self._problem(
                    entry.name,
                    f"is a secret and is not read from {origin}; put it into a file named by {variable}",
                )
            else:
                self._put(layer, entry.name, entry.value, origin)
        return layer

    def secrets(self, sources: SecretSources) -> Layer:
        """Every secret that some source has."""
        layer = Layer()
        for name in (name for name, setting in self._known.items() if setting.is_secret):
            try:
                secret = sources.find(name)
            except SecretRefused as refusal:
                self._problem(name, str(refusal))
            else:
                if secret is not None:
                    layer.put(name, secret, secret.origin)
        return layer

    def environment(self, environ: Mapping[str, str]) -> Layer:
        """The variables `SYNCTV__SECTION__KEY`; those of secrets are read by `secrets`."""
        layer = Layer()
        secret_variables = {
            variable
            for setting in self._known.values()
            if setting.is_secret
            for variable in (setting.environment, setting.environment.removesuffix("_FILE"))
        }
        for variable, value in environ.items():
            if variable.startswith(ENVIRONMENT_PREFIX) and variable not in secret_variables:
                name = variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".", 1)
                self._put(layer, name, value, Origin("environment", variable))
        self._refuse_single_underscores(environ)
        return layer

    def flags(self, flags: Mapping[str, str | int | float | bool]) -> Layer:
        """What the command line was given."""
        layer = Layer()
        for name, value in flags.items():
            self._put(layer, name, value, Origin("flag", f"--{name.partition('.')[2].replace('_', '-')}"))
        return layer

    def _refuse_single_underscores(self, environ: Mapping[str, str]) -> None:
        """`SYNCTV_SERVER_PORT` would be passed over in silence, and its author would search for long."""
        for name, setting in self._known.items():
            written = setting.environment.replace("__", "_")
            if written in environ:
                self._problem(name, f"is not read from {written}; write it {setting.environment}")

    def _put(self, layer: Layer, name: str, value: object, origin: Origin) -> None:
        if name in self._known:
            layer.put(name, self._anchored(name, value), origin)
        else:
            self._problem(name, f"is not a setting ({origin}){nearest(name, self._known)}")

    def _anchored(self, name: str, value: object) -> object:
        """Relative paths stand in the data directory; an empty one is no path."""
        if self._known[name].is_path and isinstance(value, str | Path):
            return self._home / value if str(value) else None
        if name == "database.url" and isinstance(value, str) and value.startswith(_SQLITE):
            path = value.removeprefix(_SQLITE)
            return f"{_SQLITE}{self._home / path}" if path.strip("/") else value
        return value

    def _problem(self, name: str, message: str) -> None:
        self.problems.append(FieldError(name, message))


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean server.port?` for what looks like a known name, as a whole or by its key alone."""
    by_key = {candidate.rpartition(".")[2]: candidate for candidate in known}
    if found := get_close_matches(name, by_key.values(), n=1, cutoff=0.7):
        return f"; did you mean {found[0]}?"
    if found := get_close_matches(name.rpartition(".")[2], by_key, n=1, cutoff=0.7):
        return f"; did you mean {by_key[found[0]]}?"
    return "; `synctv config reference` lists them all"
