"""The settings in force in a running server, which change without a restart: by a reload, and by administrators.

Made by `app`; changed by its reloading and by the service of settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synctv_server.config.check import Finding
from synctv_server.config.runtime import usable
from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import Section
from synctv_server.config.settings import SettingReference, Settings, reference
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import FieldError


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload has done: the settings that hold now, and those that wait for a restart."""

    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    warnings: tuple[Finding, ...]


class LiveSettings:
    """`settings` is one object for the life of the server, and so is each of its sections (decision 17).

    It is a copy: what was loaded is never changed. `sources` is what file, environment and flags say.
    """

    def __init__(self, loaded: LoadedSettings) -> None:
        copies = {name: section.model_copy() for name, section in _sections(loaded.settings).items()}
        self.settings: Settings = loaded.settings.model_copy(update=copies)
        self.sources = loaded
        self._runtime: Mapping[str, object] = {}

    def with_runtime(self, loaded: LoadedSettings) -> LoadedSettings:
        """`loaded` with the runtime values, as it would hold."""
        return usable(loaded, self._runtime)[0]

    def take_over(self, loaded: LoadedSettings) -> Reloaded:
        """Lets everything of other sources hold that needs no restart, at once for all parts of the server."""
        self.sources = loaded
        changed, needs_restart = self._let_hold(self.with_runtime(loaded).settings)
        return Reloaded(changed=changed, needs_restart=needs_restart, warnings=loaded.warnings)

    def set_runtime(self, values: Mapping[str, object]) -> tuple[FieldError, ...]:
        """Lets these runtime values hold and no others; those that cannot be used are the answer."""
        self._runtime = dict(values)
        loaded, problems = usable(self.sources, values)
        self._let_hold(loaded.settings)
        return problems

    def _let_hold(self, settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
        different = [each for each in reference() if not _is_same(self.settings, settings, each)]
        for name, section in _sections(self.settings).items():
            section.take_over(getattr(settings, name))
        now = tuple(each.name for each in different if each.change != "restart")
        return now, tuple(each.name for each in different if each.change == "restart")


def _sections(settings: Settings) -> dict[str, Section]:
    return {name: getattr(settings, name) for name in Settings.model_fields}


def _is_same(one: Settings, other: Settings, setting: SettingReference) -> bool:
    values = [getattr(getattr(each, setting.section), setting.key) for each in (one, other)]
    first, second = (value.reveal() if isinstance(value, Secret) else value for value in values)
    return bool(first == second)
