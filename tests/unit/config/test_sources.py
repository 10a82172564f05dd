"""How the settings of an installation are read: order, origins, problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from synctv_server.config.origins import Origin
from synctv_server.config.places import resolve_data_dir
from synctv_server.config.sources import LoadedSettings, load
from synctv_server.domain.errors import ConfigurationInvalid

Read = Callable[..., LoadedSettings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Loads the installation in a fresh data directory: `read(toml="…", environ={…}, flags={…})`."""

    def loaded(toml: str = "", **arguments: object) -> LoadedSettings:
        if toml:
            (tmp_path / "synctv.toml").write_text(toml)
        environ = arguments.pop("environ", {})
        return load(data_dir=tmp_path, environ=environ, run_secrets=tmp_path / "none", **arguments)  # type: ignore[arg-type]

    return loaded


def refusal(read: Read, **arguments: object) -> ConfigurationInvalid:
    with pytest.raises(ConfigurationInvalid) as caught:
        read(**arguments)
    return caught.value


def test_empty_data_directory_has_the_defaults_of_the_contract(read: Read, tmp_path: Path) -> None:
    settings = read().settings
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert settings.database.url == f"sqlite:///{tmp_path}/synctv.db"
    assert settings.media.library == tmp_path / "media"
    assert settings.auth.registration == "closed"
    assert (settings.limits.connections_per_user, settings.limits.connections_total) == (5, 10_000)


def test_environment_wins_over_the_file_and_a_flag_over_both(read: Read) -> None:
    toml = '[server]\nport = 1\nhost = "127.0.0.2"\npublic_url = "https://tv.example.org"\ntrusted_proxies = ["::1"]'
    environ = {"SYNCTV__SERVER__PORT": "2", "SYNCTV__SERVER__HOST": "127.0.0.3"}
    loaded = read(toml, environ=environ, flags={"server.port": 3})
    server = loaded.settings.server
    assert (server.port, server.host, server.public_url) == (3, "127.0.0.3", "https://tv.example.org")
    assert loaded.origins["server.port"] == Origin("flag", "--port")
    assert loaded.origins["server.host"] == Origin("environment", "SYNCTV__SERVER__HOST")
    assert loaded.origins["server.public_url"] == Origin("file", f"{loaded.config_file} line 4")
    assert loaded.origins["server.drain_seconds"] == Origin("default")


@pytest.mark.parametrize(
    ("written", "suggested"),
    [
        ("[server]\nprot = 1", "server.port"),
        ("[servr]\nport = 1", "server.port"),
        ("port = 1", "server.port"),
        ("[limits]\nchat_per_secnd = 1", "limits.chat_per_second"),
    ],
)
def test_unknown_key_names_the_nearest_setting_and_its_line(read: Read, written: str, suggested: str) -> None:
    error = refusal(read, toml=f"# a comment\n{written}\n")
    assert f"did you mean {suggested}?" in error.message
    assert f"line {1 + len(written.splitlines())}" in error.message
    assert error.exit_code == 5


def test_unknown_variable_is_refused_with_the_nearest_setting(read: Read) -> None:
    error = refusal(read, environ={"SYNCTV__DATABASE__ULR": "sqlite:///x.db"})
    assert "SYNCTV__DATABASE__ULR" in error.message
    assert "did you mean database.url?" in error.message


def test_variable_with_single_underscores_is_refused_instead_of_passed_over(read: Read) -> None:
    error = refusal(read, environ={"SYNCTV_SERVER_PORT": "9000"})
    assert "write it SYNCTV__SERVER__PORT" in error.message


def test_other_variables_of_ours_are_left_alone(read: Read, tmp_path: Path) -> None:
    environ = {"SYNCTV_DATA_DIR": str(tmp_path), "SYNCTV_VERSION": "1", "PORT": "80"}
    assert read(environ=environ).settings.server.port == 8080


def test_every_problem_is_reported_at_once(read: Read) -> None:
    error = refusal(
        read,
        toml='[server]\nport = "many"\nhots = "::"\n[auth]\nregistration = "perhaps"',
        environ={"SYNCTV__LIMITS__IDLE_SECONDS": "1"},
    )
    assert {problem.field for problem in error.errors} == {
        "server.port",
        "server.hots",
        "auth.registration",
        "limits.idle_seconds",
    }


def test_broken_toml_names_file_and_line(read: Read, tmp_path: Path) -> None:
    error = refusal(read, toml="[server]\nhost = 0.0.0.0\n")
    assert str(tmp_path / "synctv.toml") in error.message
    assert "line 2" in error.message


def test_config_file_that_was_named_must_exist(read: Read, tmp_path: Path) -> None:
    assert "no such file" in refusal(read, config_file=tmp_path / "gone.toml").message


def test_relative_paths_stand_in_the_data_directory_and_absolute_ones_stay(
    read: Read, tmp_path: Path
) -> None:
    settings = read('[media]\nlibrary = "films"\n[database]\nurl = "sqlite:////srv/tv.db"').settings
    assert settings.media.library == tmp_path / "films"
    assert settings.database.url == "sqlite:////srv/tv.db"
    assert settings.observability.log_directory is None


def test_proxies_in_the_environment_are_separated_by_commas(read: Read) -> None:
    loaded = read(environ={"SYNCTV__SERVER__TRUSTED_PROXIES": "10.0.0.1, fd00::/8"})
    assert loaded.settings.server.trusted_proxies == ("10.0.0.1", "fd00::/8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server.host", "http://0.0.0.0"),
        ("server.host", "0.0.0.0:80"),
        ("server.host", "1.2.3"),
        ("server.port", "65536"),
        ("server.public_url", "tv.example.org"),
        ("server.public_url", "https://tv.example.org/synctv"),
        ("server.trusted_proxies", "proxy.example.org"),
        ("database.url", "mysql://host/name"),
        ("database.url", "sqlite:///:memory:"),
        ("database.url", "postgresql://host"),
        ("auth.password_min_length", "7"),
        ("auth.signing_algorithm", "HS256"),
    ],
)
def test_value_that_cannot_work_is_refused_by_name(read: Read, name: str, value: str) -> None:
    error = refusal(read, environ={f"SYNCTV__{name.replace('.', '__').upper()}": value})
    assert [problem.field for problem in error.errors] == [name]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SYNCTV_DATA_DIR": "/a", "STATE_DIRECTORY": "/b"}, "/a"),
        ({"STATE_DIRECTORY": "/b:/c", "XDG_DATA_HOME": "/d"}, "/b"),
        ({"XDG_DATA_HOME": "/d", "HOME": "/e"}, "/d/synctv"),
        ({"XDG_DATA_HOME": "relative", "HOME": "/e"}, "/e/.local/share/synctv"),
        ({"HOME": "/e"}, "/e/.local/share/synctv"),
    ],
)
def test_data_directory_is_found_in_the_order_of_the_contract(environ: dict[str, str], expected: str) -> None:
    assert resolve_data_dir(None, environ) == Path(expected)
    assert resolve_data_dir(Path("/flag"), environ) == Path("/flag")
