"""Settings that administrators change in the running server: kept in the database, in force at once on every server.

Called by the admin routes, and by `app` at the start. What file, environment or a flag says is fixed (decision 17).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from synctv_server.cluster.notices import Notice, Notices, SettingsChanged
from synctv_server.config.live import LiveSettings
from synctv_server.config.runtime import is_fixed, overlaid, plain, usable
from synctv_server.config.settings import SettingReference, reference
from synctv_server.domain.audit import Deed, Party
from synctv_server.domain.errors import Conflict, Invalid, NotFound, PreconditionFailed, SyncTVError
from synctv_server.domain.server_settings import ChangedSettings, SettingChange, SettingState
from synctv_server.domain.sessions import Actor
from synctv_server.domain.times import Now
from synctv_server.store import Database
from synctv_server.store.server_settings import KeptSetting, ServerSettingsStore

_log = logging.getLogger(__name__)
_SETTINGS = {each.name: each for each in reference()}


class ServerSettings:
    """For administrators. `on_change` is called when other values hold, and must not wait."""

    def __init__(
        self,
        database: Database,
        live: LiveSettings,
        notices: Notices,
        now: Now,
        on_change: Callable[[], None],
    ) -> None:
        self._database = database
        self._store = ServerSettingsStore(database)
        self._live = live
        self._notices = notices
        self._now = now
        self._on_change = on_change
        self._rereading: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Let what is kept hold. A value that is no longer possible is left out, and the log says so."""
        kept = await self._store.list_kept()
        values = {each.name: each.value for each in kept if each.is_set and each.name in _live_names()}
        for problem in self._live.set_runtime(values):
            _log.warning("the runtime value of %s is not used: %s", problem.field, problem.message)
        self._on_change()

    def hear(self, notice: Notice) -> None:
        """Follow the notices, so that a change holds here when it was made elsewhere."""
        if isinstance(notice, SettingsChanged):
            task = asyncio.create_task(self._reread())
            self._rereading.add(task)
            task.add_done_callback(self._rereading.discard)

    async def list_states(self, actor: Actor) -> tuple[int, list[SettingState]]:
        """The revision, and every setting that may change in the running server."""
        actor.require_administrator()
        kept = {each.name: each for each in await self._store.list_kept()}
        states = [self._state(_SETTINGS[name], kept.get(name)) for name in _live_names()]
        return _revision(kept.values()), states

    async def change(
        self,
        actor: Actor,
        values: Mapping[str, object],
        *,
        expected_revision: int | None = None,
        is_dry_run: bool = False,
    ) -> ChangedSettings:
        """Let these values hold; None takes a runtime value back. All together or none; a dry run only tells.

        NotFound `settings.unknown`; Invalid where a value is not possible or a setting does not change live; Conflict
        `settings.locked` for what file, environment or a flag says; PreconditionFailed on another revision.
        """
        actor.require_administrator()
        for name, value in values.items():
            self._require_changeable(name, is_taken_back=value is None)
        async with self._database.transaction(durable=True) as transaction:
            kept = {each.name: each for each in await self._store.list_kept()}
            revision = _revision(kept.values())
            if expected_revision not in (None, revision):
                raise PreconditionFailed("a setting has been changed in between; read them again")
            changes, wanted = self._changes(kept, values)
            if is_dry_run or not changes:
                return ChangedSettings(revision, changes)
            for version, change in enumerate(changes, start=revision + 1):
                await self._store.put(self._row(actor, change.name, wanted, version))
                transaction.audit(actor, _deed(change, is_set=change.name in wanted))
            transaction.after_commit(self._tell)
        return ChangedSettings(revision + len(changes), changes)

    def _changes(
        self, kept: Mapping[str, KeptSetting], values: Mapping[str, object]
    ) -> tuple[list[SettingChange], dict[str, object]]:
        """What would be different, and the new values in the form that the settings give them."""
        before = {name: each.value for name, each in kept.items() if each.is_set and name in _live_names()}
        others = {name: value for name, value in before.items() if name not in values}
        rest, _ = usable(self._live.sources, others)
        new = {name: value for name, value in values.items() if value is not None}
        settings = overlaid(rest, new).settings
        wanted = {name: plain(settings, name) for name in new}
        changes = [
            SettingChange(name, plain(self._live.settings, name), plain(settings, name))
            for name in values
            if (name in before) != (name in wanted) or before.get(name) != wanted.get(name)
        ]
        return changes, wanted

    def _row(self, actor: Actor, name: str, wanted: Mapping[str, object], version: int) -> KeptSetting:
        return KeptSetting(
            name=name,
            value=wanted.get(name),
            is_set=name in wanted,
            version=version,
            changed_at=self._now(),
            changed_by=actor.name,
        )

    def _require_changeable(self, name: str, *, is_taken_back: bool) -> None:
        setting = _SETTINGS.get(name)
        if setting is None:
            near = get_close_matches(name, _SETTINGS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise NotFound(f"there is no setting {name}{hint}", code="settings.unknown")
        if setting.is_secret:
            raise Invalid(
                f"{name} is a secret: give it by a file, see `synctv secrets`", code="settings.secret"
            )
        if setting.change != "live":
            raise Invalid(
                f"{name} does not change in the running server; write it into the configuration file",
                code="settings.not_live",
            )
        if not is_taken_back and is_fixed(self._live.sources, name):
            origin = self._live.sources.origins[name]
            raise Conflict(f"{name} is fixed by {origin}; change or remove it there", code="settings.locked")

    def _state(self, setting: SettingReference, kept: KeptSetting | None) -> SettingState:
        sources, is_kept = self._live.sources, kept is not None and kept.is_set
        is_locked = is_fixed(sources, setting.name)
        origin = sources.origins[setting.name]
        return SettingState(
            name=setting.name,
            type=setting.type,
            value=plain(self._live.settings, setting.name),
            default=setting.default,
            origin="runtime" if is_kept and not is_locked else origin.kind,
            at=origin.at,
            is_locked=is_locked,
            kept=kept.value if kept is not None and kept.is_set else None,
            is_kept=is_kept,
            changed_at=None if kept is None else kept.changed_at,
            changed_by=None if kept is None else kept.changed_by,
        )

    async def _tell(self) -> None:
        await self._notices.publish(SettingsChanged())
        await self.load()

    async def _reread(self) -> None:
        try:
            await self.load()
        except SyncTVError as error:
            _log.warning("the settings could not be read again: %s", error.message)


def _live_names() -> list[str]:
    return [name for name, each in _SETTINGS.items() if each.change == "live" and not each.is_secret]


def _revision(kept: Iterable[KeptSetting]) -> int:
    return max((each.version for each in kept), default=0)


def _deed(change: SettingChange, *, is_set: bool) -> Deed:
    action = "setting.changed" if is_set else "setting.removed"
    return Deed(
        action,
        Party("setting", change.name, change.name),
        before={"value": change.before},
        after={"value": change.after},
    )
