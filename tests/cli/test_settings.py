"""`synctv settings …` and `config set`: values changed without and with the configuration file."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Synctv


def test_set_get_list_and_unset(installed: Synctv) -> None:
    set_ = installed("settings", "set", "auth.registration", "open", "--yes", "--json")
    assert set_.result["changed"] == [{"name": "auth.registration", "before": "closed", "after": "open"}]
    got = installed("settings", "get", "auth.registration", "--json").result
    assert (got["value"], got["origin"]) == ("open", "runtime")
    assert "auth.registration" in installed("settings", "list").out
    unset = installed("settings", "unset", "auth.registration", "--json")
    assert unset.result["changed"] == [{"name": "auth.registration", "before": "open", "after": "closed"}]


def test_dry_run_changes_nothing(installed: Synctv) -> None:
    told = installed("settings", "set", "limits.chat_per_second", "2", "--dry-run")
    assert "WOULD BE" in told.out
    assert installed("settings", "get", "limits.chat_per_second", "--json").result["value"] == 10


def test_unknown_locked_and_bad_values_have_their_exit_codes(installed: Synctv) -> None:
    assert installed("settings", "get", "auth.nothing", "--json").code == 8
    assert installed("settings", "set", "auth.registratio", "open", "--json").code == 8
    assert installed("settings", "set", "limits.chat_per_second", "many", "--json").code == 2
    assert installed("settings", "set", "server.port", "9000", "--json").code == 2
    environ = {"SYNCTV__AUTH__REGISTRATION": "invite"}
    locked = installed("settings", "set", "auth.registration", "open", "--json", environ=environ)
    assert locked.code == 9
    assert "SYNCTV__AUTH__REGISTRATION" in locked.error["message"]


def test_what_is_exported_can_be_imported_elsewhere(installed: Synctv, tmp_path: Path) -> None:
    installed("settings", "set", "auth.registration", "open")
    installed("settings", "set", "limits.chat_per_second", "2")
    file = tmp_path / "settings.toml"
    assert installed("settings", "export", "--output", str(file), "--json").result["settings"] == {
        "auth.registration": "open",
        "limits.chat_per_second": 2,
    }
    assert installed("settings", "export", "--output", str(file)).code == 9
    installed("settings", "unset", "auth.registration", "limits.chat_per_second")
    would = installed("settings", "import", str(file), "--dry-run", "--json").result
    assert [each["name"] for each in would["changed"]] == ["auth.registration", "limits.chat_per_second"]
    assert installed("settings", "get", "limits.chat_per_second", "--json").result["value"] == 10
    installed("settings", "import", str(file))
    assert installed("settings", "get", "limits.chat_per_second", "--json").result["value"] == 2


def test_import_of_a_bad_file_changes_nothing(installed: Synctv, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[limits]\nchat_per_second = 2\n[auth]\nregistration = "maybe"\n')
    assert installed("settings", "import", str(file), "--json").code == 2
    assert installed("settings", "export").out == ""


def test_config_set_keeps_comments_and_mode_and_is_read_by_the_next_command(installed: Synctv) -> None:
    file = installed.data_dir / "synctv.toml"
    comments = [line for line in file.read_text().splitlines() if line.startswith("# Address")]
    before = file.stat().st_mode
    answer = installed("config", "set", "server.port", "9000", "--yes", "--json")
    assert answer.result["before"] == 8080
    assert answer.result["after"] == 9000
    assert answer.result["takes_effect"] == "restart"
    assert file.stat().st_mode == before
    text = file.read_text()
    assert all(comment in text for comment in comments)
    assert text.count("\nport = 9000\n") == 1
    assert installed("config", "show", "--json").result["settings"]["server"]["port"]["value"] == 9000
    assert list(installed.data_dir.glob(".synctv.toml.*")) == []


def test_config_set_refuses_what_could_not_be_used(installed: Synctv) -> None:
    before = (installed.data_dir / "synctv.toml").read_text()
    refused = installed("config", "set", "server.port", "99999", "--json")
    assert refused.code == 5
    assert "synctv.toml line" in refused.error["message"]
    assert installed("config", "set", "server.prot", "1", "--json").code == 8
    assert installed("config", "set", "database.password", "canary", "--json").code == 2
    assert installed("config", "set", "auth.registration", "open", "--dry-run").code == 0
    assert (installed.data_dir / "synctv.toml").read_text() == before


def test_config_set_says_when_the_environment_wins(installed: Synctv) -> None:
    answer = installed("config", "set", "server.port", "9000", environ={"SYNCTV__SERVER__PORT": "7000"})
    assert answer.code == 0
    assert "SYNCTV__SERVER__PORT" in answer.out


def test_config_set_mends_a_value_that_stops_everything(installed: Synctv) -> None:
    file = installed.data_dir / "synctv.toml"
    file.write_text('[auth]\nregistration = "opne"   # for friends\n')
    assert installed("config", "check").code == 5
    assert installed("config", "set", "auth.registration", "open").code == 0
    assert file.read_text() == '[auth]\nregistration = "open"  # for friends\n'
