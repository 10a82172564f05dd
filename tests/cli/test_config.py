"""`synctv config …`."""

from __future__ import annotations

from tests.cli.conftest import Synctv


def test_show_gives_every_value_with_its_origin(synctv: Synctv) -> None:
    answer = synctv("config", "show", "--json", environ={"SYNCTV__SERVER__PORT": "9000"})
    assert answer.code == 0
    port = answer.result["settings"]["server"]["port"]
    assert port == {"value": 9000, "origin": "environment", "at": "SYNCTV__SERVER__PORT", "secret": False}
    assert answer.result["settings"]["server"]["host"]["origin"] == "default"


def test_show_never_shows_a_secret(synctv: Synctv) -> None:
    environ = {"SYNCTV__KEYS__MASTER": "canary-value"}
    shown = synctv("config", "show", environ=environ)
    answer = synctv("config", "show", "--json", environ=environ)
    for told in (shown, answer):
        assert told.code == 0
        assert "canary-value" not in told.out + told.err
    assert answer.result["settings"]["keys"]["master"]["value"] is None
    assert answer.result["settings"]["keys"]["master"]["secret"] is True


def test_show_in_words_is_a_table(synctv: Synctv) -> None:
    answer = synctv("config", "show")
    assert answer.out.startswith("SETTING")
    assert "server.port" in answer.out


def test_check_of_a_good_configuration_is_exit_0(synctv: Synctv) -> None:
    answer = synctv("config", "check")
    assert answer.code == 0
    assert "valid" in answer.out


def test_check_names_every_problem_with_the_nearest_name(synctv: Synctv) -> None:
    synctv.data_dir.mkdir()
    (synctv.data_dir / "synctv.toml").write_text('[server]\nprot = 1\nhost = "not an address"\n')
    answer = synctv("config", "check", "--json")
    assert answer.code == 5
    assert answer.error["code"] == "configuration_invalid"
    assert {each["field"] for each in answer.error["errors"]} == {"server.prot", "server.host"}
    assert "did you mean server.port?" in answer.error["message"]
    in_words = synctv("config", "check")
    assert in_words.code == 5
    assert in_words.err.count("server.prot") == 1


def test_check_tells_warnings_and_is_exit_0(synctv: Synctv) -> None:
    answer = synctv("config", "check", "--json", environ={"SYNCTV__LIMITS__ENABLED": "false"})
    assert answer.code == 0
    assert answer.result["warnings"][0]["setting"] == "limits.enabled"
    assert answer.err == ""


def test_other_commands_say_warnings_on_stderr_unless_quiet(synctv: Synctv) -> None:
    environ = {"SYNCTV__LIMITS__ENABLED": "false"}
    assert "Warning: limits.enabled" in synctv("config", "show", environ=environ).err
    assert synctv("config", "show", "--quiet", environ=environ).err == ""


def test_path_names_the_file_that_is_read(synctv: Synctv) -> None:
    answer = synctv("config", "path", "--json")
    expected = {
        "config": str(synctv.data_dir / "synctv.toml"),
        "exists": False,
        "data_dir": str(synctv.data_dir),
    }
    assert answer.result == expected


def test_a_named_file_that_is_missing_is_exit_5(synctv: Synctv) -> None:
    answer = synctv("--config", "/nonexistent/synctv.toml", "config", "check", "--json")
    assert answer.code == 5
    assert "/nonexistent/synctv.toml" in answer.error["message"]


def test_reference_lists_all_settings_with_their_variables(synctv: Synctv) -> None:
    settings = {each["name"]: each for each in synctv("config", "reference", "--json").result["settings"]}
    assert settings["server.port"]["environment"] == "SYNCTV__SERVER__PORT"
    assert settings["server.port"]["default"] == 8080
    assert settings["keys.master"]["secret"] is True
    assert "SYNCTV__SERVER__PORT" in synctv("config", "reference").out
