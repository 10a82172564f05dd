"""Settings that do not go together: what stops, what warns, what is silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from synctv_server.config.sources import LoadedSettings, load
from synctv_server.domain.errors import ConfigurationInvalid


def read(folder: Path, **environ: str) -> LoadedSettings:
    prefixed = {f"SYNCTV__{name.upper()}": value for name, value in environ.items()}
    return load(data_dir=folder, environ=prefixed, run_secrets=folder / "none")


@pytest.mark.parametrize(
    ("setting", "environ"),
    [
        ("server.trusted_proxies", {"server__trusted_proxies": "0.0.0.0/0"}),
        ("database.password", {"database__password": "of-no-use"}),
        ("auth.key_grace_days", {"auth__key_grace_days": "0"}),
        (
            "auth.refresh_token_seconds",
            {"auth__access_token_seconds": "7200", "auth__refresh_token_seconds": "3600"},
        ),
        ("limits.connections_per_user", {"limits__connections_per_user": "201"}),
        ("limits.connections_per_room", {"limits__connections_per_room": "10001"}),
        ("limits.idle_seconds", {"limits__idle_seconds": "900", "limits__lifetime_seconds": "600"}),
        (
            "limits.enabled",
            {"limits__enabled": "false", "auth__registration": "open", "server__host": "0.0.0.0"},
        ),
        (
            "database.url",
            {"database__url": "postgresql://a:b@localhost/synctv", "database__password": "another"},
        ),
    ],
)
def test_contradiction_stops_and_names_the_cure(
    tmp_path: Path, setting: str, environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        read(tmp_path, **environ)
    [problem] = refused.value.errors
    assert problem.field == setting
    assert "; " in problem.message


@pytest.mark.parametrize(
    ("setting", "environ"),
    [
        ("server.trusted_proxies", {"server__public_url": "https://tv.example.org"}),
        (
            "server.public_url",
            {"server__public_url": "http://tv.example.org", "server__trusted_proxies": "127.0.0.1"},
        ),
        ("limits.enabled", {"limits__enabled": "false"}),
        ("observability.metrics_token", {"observability__metrics_token": "a-token-of-the-test"}),
        ("database.url", {"database__url": "postgresql://a:b@localhost/synctv"}),
    ],
)
def test_doubtful_choice_warns_and_loads(tmp_path: Path, setting: str, environ: dict[str, str]) -> None:
    loaded = read(tmp_path, **environ)
    assert [warning.setting for warning in loaded.warnings] == [setting]


def test_clean_installation_has_no_findings(tmp_path: Path) -> None:
    assert read(tmp_path).warnings == ()
    behind_a_proxy = read(
        tmp_path,
        server__public_url="https://tv.example.org",
        server__trusted_proxies="127.0.0.1",
        auth__registration="open",
    )
    assert behind_a_proxy.warnings == ()
