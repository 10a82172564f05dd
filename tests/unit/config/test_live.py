"""What a reload takes over at once, and what it says waits for a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from synctv_server.config.live import LiveSettings
from synctv_server.config.settings import reference
from synctv_server.config.sources import LoadedSettings, load


def read(folder: Path, toml: str = "") -> LoadedSettings:
    (folder / "synctv.toml").write_text(toml)
    return load(data_dir=folder, environ={}, run_secrets=folder / "none")


def test_part_that_holds_its_section_sees_the_new_value(tmp_path: Path) -> None:
    live = LiveSettings(read(tmp_path))
    held = live.settings.auth
    reloaded = live.take_over(read(tmp_path, '[auth]\nregistration = "open"'))
    assert held.registration == "open"
    assert (reloaded.changed, reloaded.needs_restart) == (("auth.registration",), ())


def test_setting_that_needs_a_restart_keeps_its_value_and_is_named_each_time(tmp_path: Path) -> None:
    live = LiveSettings(read(tmp_path))
    for _ in range(2):
        reloaded = live.take_over(read(tmp_path, "[server]\nport = 9000"))
        assert (reloaded.changed, reloaded.needs_restart) == ((), ("server.port",))
    assert live.settings.server.port == 8080
    assert live.take_over(read(tmp_path)).needs_restart == ()


def test_what_was_loaded_is_never_changed(tmp_path: Path) -> None:
    loaded = read(tmp_path)
    LiveSettings(loaded).take_over(read(tmp_path, "[limits]\nchat_per_second = 3"))
    assert loaded.settings.limits.chat_per_second == 10


def test_secret_counts_as_changed_by_its_value_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "observability-metrics-token"
    file.parent.mkdir()
    file.write_text("the first token")
    file.chmod(0o600)
    live = LiveSettings(read(tmp_path))
    assert live.take_over(read(tmp_path)).changed == ()
    file.write_text("the second token")
    assert live.take_over(read(tmp_path)).changed == ("observability.metrics_token",)
    token = live.settings.observability.metrics_token
    assert token is not None
    assert token.reveal() == "the second token"


@pytest.mark.parametrize("name", ["database.url", "server.host", "auth.signing_algorithm"])
def test_what_the_server_is_built_on_needs_a_restart(name: str) -> None:
    assert {each.name: each.change for each in reference()}[name] == "restart"
