"""Values that are set in the running server, below everything that an installation fixes: decision 17.

The order, weakest first: default, runtime, file, environment, flag. Used by `live` and by the service of settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from synctv_server.config.check import findings
from synctv_server.config.origins import Origin
from synctv_server.config.sections.base import Section
from synctv_server.config.settings import Settings
from synctv_server.config.sources import LoadedSettings
from synctv_server.domain.errors import FieldError, Invalid

RUNTIME = Origin("runtime")
_OPEN = frozenset({"default", "runtime"})


def is_fixed(loaded: LoadedSettings, name: str) -> bool:
    """Whether file, environment or a flag says what the value is, so that no runtime value counts."""
    return loaded.origins[name].kind not in _OPEN


def overlaid(loaded: LoadedSettings, values: Mapping[str, object]) -> LoadedSettings:
    """`loaded` with the runtime `values` (by `section.key`) where nothing fixes them.

    Raises Invalid, naming each setting whose value is not possible, or that does not go together with others.
    """
    counted = {name: value for name, value in values.items() if not is_fixed(loaded, name)}
    sections: dict[str, Section] = {}
    problems: list[FieldError] = []
    for section in {name.partition(".")[0] for name in counted}:
        changes = {
            name.partition(".")[2]: value for name, value in counted.items() if name.startswith(f"{section}.")
        }
        before: Section = getattr(loaded.settings, section)
        try:
            sections[section] = type(before).model_validate({**dict(before), **changes})
        except ValidationError as error:
            problems += _field_errors(section, error)
    if problems:
        raise _invalid(problems)
    settings = loaded.settings.model_copy(update=sections)
    _refuse_contradictions(settings)
    return replace(loaded, settings=settings, origins={**loaded.origins, **dict.fromkeys(counted, RUNTIME)})


def usable(
    loaded: LoadedSettings, values: Mapping[str, object]
) -> tuple[LoadedSettings, tuple[FieldError, ...]]:
    """`overlaid` for values that were good once: those that are no more are left out and named."""
    try:
        return overlaid(loaded, values), ()
    except Invalid:
        problems: list[FieldError] = []
    for name, value in values.items():
        try:
            loaded = overlaid(loaded, {name: value})
        except Invalid as error:
            problems.append(FieldError(name, error.message))
    return loaded, tuple(problems)


def plain(settings: Settings, name: str) -> Any:
    """The value of a setting that may be set at runtime: a number, a text, or true or false."""
    section, _, key = name.partition(".")
    return getattr(getattr(settings, section), key)


def _refuse_contradictions(settings: Settings) -> None:
    problems = [FieldError(each.setting, each.text) for each in findings(settings) if each.stops]
    if problems:
        raise _invalid(problems)


def _field_errors(section: str, error: ValidationError) -> list[FieldError]:
    return [
        FieldError(f"{section}.{found['loc'][0]}", found["msg"].removeprefix("Value error, "))
        for found in error.errors(include_url=False, include_input=False)
    ]


def _invalid(problems: list[FieldError]) -> Invalid:
    return Invalid("; ".join(f"{each.field}: {each.message}" for each in problems), errors=problems)
