"""All settings: the sections put together, and the list of them that documents, messages and checks are made from."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from synctv_server.config.secrets import RANDOM, Secret
from synctv_server.config.sections.auth import AuthSection
from synctv_server.config.sections.backup import BackupSection
from synctv_server.config.sections.base import Change, Section
from synctv_server.config.sections.database import DatabaseSection
from synctv_server.config.sections.keys import KeysSection
from synctv_server.config.sections.limits import LimitsSection
from synctv_server.config.sections.media import MediaSection
from synctv_server.config.sections.observability import ObservabilitySection
from synctv_server.config.sections.server import ServerSection

ENVIRONMENT_PREFIX = "SYNCTV__"


class Settings(BaseSettings):
    """Every setting, checked. Made by `settings_from`, so that nothing is read but the sources it is given."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    server: ServerSection = ServerSection()
    database: DatabaseSection = DatabaseSection()
    keys: KeysSection = KeysSection()
    auth: AuthSection = AuthSection()
    limits: LimitsSection = LimitsSection()
    media: MediaSection = MediaSection()
    observability: ObservabilitySection = ObservabilitySection()
    backup: BackupSection = BackupSection()


def settings_from(sources: Sequence[PydanticBaseSettingsSource]) -> Settings:
    """The merged settings, the strongest source first. Raises pydantic's ValidationError."""

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls, *_usual: object, **_more: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(sources)

    return Sourced()


@dataclass(frozen=True, slots=True)
class SettingReference:
    """One setting as the reference shows it; `environment` is the variable that gives it.

    `change` says when another value takes effect; `is_random` that a random value will do.
    """

    section: str
    key: str
    type: str
    default: Any
    environment: str
    is_secret: bool
    is_random: bool
    is_path: bool
    change: Change
    description: str

    @property
    def name(self) -> str:
        """`section.key`, the name in messages, documents and on the command line."""
        return f"{self.section}.{self.key}"


def reference() -> list[SettingReference]:
    """Every setting, in the order of the sections."""
    return list(_references())


def _references() -> Iterator[SettingReference]:
    for section, field in Settings.model_fields.items():
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, Section)):
            raise TypeError(f"{section} is no section")
        for key, entry in model.model_fields.items():
            kinds = _kinds(entry.annotation)
            is_secret = Secret in kinds
            variable = f"{ENVIRONMENT_PREFIX}{section}__{key}".upper()
            yield SettingReference(
                section=section,
                key=key,
                type=_type_name(entry.annotation),
                default=entry.default,
                environment=f"{variable}_FILE" if is_secret else variable,
                is_secret=is_secret,
                is_random=RANDOM in entry.metadata,
                is_path=Path in kinds,
                change=model.change_of(key),
                description=entry.description or "",
            )


def toml_text(value: object) -> str:
    """A value as it stands in a TOML file; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case tuple() | list():
            return f"[{', '.join(toml_text(item) for item in value)}]"
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, without None; of anything else the type itself."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(member for member in get_args(annotation) if member is not type(None))
    return (annotation,)


def _type_name(annotation: Any) -> str:
    kind = _kinds(annotation)[0]
    if get_origin(kind) is Literal:
        return " | ".join(get_args(kind))
    names = {bool: "boolean", int: "integer", float: "number", str: "text", Path: "path", Secret: "secret"}
    return names.get(kind, "list of text")
