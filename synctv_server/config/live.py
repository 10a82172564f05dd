"""The settings in force in a running server: what its sources say, taken over anew by a reload. Made by `app`."""

from __future__ import annotations

from dataclasses import dataclass

from synctv_server.config.check import Finding
from synctv_server.config.secrets import Secret
from synctv_server.config.sections.base import Section
from synctv_server.config.settings import SettingReference, Settings, reference
from synctv_server.config.sources import LoadedSettings


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload has done: the settings that hold now, and those that wait for a restart."""

    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    warnings: tuple[Finding, ...]


class LiveSettings:
    """`settings` is one object for the life of the server, and so is each of its sections (decision 17).

    It is a copy: what was loaded is never changed.
    """

    def __init__(self, loaded: LoadedSettings) -> None:
        copies = {name: section.model_copy() for name, section in _sections(loaded.settings).items()}
        self.settings: Settings = loaded.settings.model_copy(update=copies)

    def take_over(self, loaded: LoadedSettings) -> Reloaded:
        """Lets everything hold that needs no restart, at once for all parts of the server."""
        different = [each for each in reference() if not _is_same(self.settings, loaded.settings, each)]
        for name, section in _sections(self.settings).items():
            section.take_over(getattr(loaded.settings, name))
        return Reloaded(
            changed=tuple(each.name for each in different if each.change != "restart"),
            needs_restart=tuple(each.name for each in different if each.change == "restart"),
            warnings=loaded.warnings,
        )


def _sections(settings: Settings) -> dict[str, Section]:
    return {name: getattr(settings, name) for name in Settings.model_fields}


def _is_same(one: Settings, other: Settings, setting: SettingReference) -> bool:
    values = [getattr(getattr(each, setting.section), setting.key) for each in (one, other)]
    first, second = (value.reveal() if isinstance(value, Secret) else value for value in values)
    return bool(first == second)
