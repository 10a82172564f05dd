"""How settings are shown and written down."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from synctv_server.config.presentation import show, template
from synctv_server.config.settings import reference
from synctv_server.config.sources import load


def test_show_has_every_setting_and_no_secret(tmp_path: Path) -> None:
    environ = {
        "SYNCTV__DATABASE__URL": "postgresql://synctv:canary-one@db.example.org/synctv",
        "SYNCTV__OBSERVABILITY__METRICS_TOKEN": "canary-two",
    }
    shown = show(load(data_dir=tmp_path, environ=environ, run_secrets=tmp_path))
    assert {(section, key) for section, keys in shown.items() for key in keys} == {
        (setting.section, setting.key) for setting in reference()
    }
    assert shown["observability"]["metrics_token"] == {
        "value": None,
        "origin": "environment",
        "at": "SYNCTV__OBSERVABILITY__METRICS_TOKEN",
        "secret": True,
    }
    assert shown["database"]["url"]["value"] == "postgresql://synctv:***@db.example.org/synctv"
    assert "canary" not in json.dumps(shown)


def test_template_sets_nothing_and_loads(tmp_path: Path) -> None:
    assert all(section == {} for section in tomllib.loads(template()).values())
    (tmp_path / "synctv.toml").write_text(template())
    loaded = load(data_dir=tmp_path, environ={}, run_secrets=tmp_path / "none")
    assert {origin.kind for origin in loaded.origins.values()} == {"default"}


def test_template_with_every_comment_removed_gives_the_same_settings(tmp_path: Path) -> None:
    set_lines = [line.removeprefix("# ") if " = " in line else line for line in template().splitlines()]
    (tmp_path / "synctv.toml").write_text("\n".join(set_lines))
    loaded = load(data_dir=tmp_path, environ={}, run_secrets=tmp_path / "none")
    bare = load(data_dir=tmp_path, config_file=Path("/dev/null"), environ={}, run_secrets=tmp_path / "none")
    assert {name for name, origin in loaded.origins.items() if origin.kind == "default"} == {
        setting.name for setting in reference() if setting.is_secret
    }
    assert loaded.settings.model_dump() == bare.settings.model_dump()


def test_reference_describes_every_setting() -> None:
    for setting in reference():
        assert setting.description.endswith("."), setting.name
        assert setting.environment.startswith(f"SYNCTV__{setting.section.upper()}__")
