"""Settings of the running server as administrators see and change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synctv_server.domain.times import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingState:
    """One setting that may change in the running server.

    `origin` is `default`, `runtime`, `file`, `environment` or `flag`; `at` says where. While `is_locked` its value is
    fixed by one of the last three. `kept` is the runtime value, which counts only where it is not locked.
    """

    name: str
    type: str
    value: Any
    default: Any
    origin: str
    at: str
    is_locked: bool
    kept: Any = None
    is_kept: bool = False
    changed_at: Millis | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One value before and after."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedSettings:
    """What a change came to; nothing where every value was as it is. `revision` rises with each change."""

    revision: int
    changes: Sequence[SettingChange]
