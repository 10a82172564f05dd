"""`init`, `status`, `user`, `room` and `keys` where no server runs: the application is opened by the command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.supervisor.lock import InstallationLock
from tests.cli.conftest import Synctv

PASSWORD = "violet harbour clock"


def test_init_makes_everything_once(synctv: Synctv) -> None:
    first = synctv("init", "--yes", "--json")
    assert first.code == 0
    assert first.result["data_dir"] == str(synctv.data_dir)
    assert {"synctv.toml", "database", "keys/keys-master"} <= set(first.result["created"])
    assert first.result["setup_url"].startswith("http://127.0.0.1:8080/setup#")
    second = synctv("init", "--yes", "--json")
    assert second.result == {**first.result, "created": []}
    assert "initialised already" in synctv("init").out


def test_init_keeps_secrets_to_their_owner_and_writes_no_absolute_path(installed: Synctv) -> None:
    home = installed.data_dir
    modes = {
        name: (home / name).stat().st_mode & 0o777 for name in ("keys", "keys/keys-master", "setup-link")
    }
    assert modes == {"keys": 0o700, "keys/keys-master": 0o600, "setup-link": 0o600}
    assert str(home) not in (home / "synctv.toml").read_text()


def test_a_data_directory_works_where_it_is_copied(installed: Synctv, tmp_path: Path) -> None:
    installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin")
    installed.data_dir.rename(tmp_path / "elsewhere")
    moved = Synctv(tmp_path / "elsewhere")
    assert [user["username"] for user in moved("user", "list", "--json").result["items"]] == ["ann"]


def test_init_mends_what_a_killed_one_left(installed: Synctv) -> None:
    (installed.data_dir / "synctv.toml").unlink()
    assert installed("init", "--json").result["created"] == ["synctv.toml"]


def test_a_lost_master_key_is_never_replaced(installed: Synctv) -> None:
    (installed.data_dir / "keys" / "keys-master").unlink()
    answer = installed("init", "--json")
    assert answer.code == 5
    assert "keys.master" in answer.error["message"]
    assert not (installed.data_dir / "keys" / "keys-master").exists()


def test_an_emptied_database_is_not_taken_for_a_new_installation(installed: Synctv) -> None:
    """A mistyped `database.url` must not begin anew beside the one that holds everything."""
    assert installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin").code == 0
    for file in installed.data_dir.glob("synctv.db*"):
        file.unlink()
    answer = installed("init", "--json")
    assert answer.code == 4
    assert "backup restore" in answer.error["hint"]
    (installed.data_dir / AUDIT_HEAD_FILE_NAME).unlink()
    assert "database" in installed("init", "--json").result["created"]


@pytest.mark.parametrize(
    "words",
    [
        [("user", "create", "ann", "--password-stdin", "--role", "root")],
        [("user", "create", "ann", "--password-stdin"), ("user", "set-role", "ann", "root")],
    ],
)
def test_a_root_takes_the_set_up_link_away(installed: Synctv, words: list[tuple[str, ...]]) -> None:
    for command in words:
        assert installed.piped(PASSWORD, *command).code == 0
    assert not (installed.data_dir / "setup-link").exists()


def test_two_sources_of_the_master_key_are_exit_5_naming_both(installed: Synctv) -> None:
    answer = installed("user", "list", "--json", environ={"SYNCTV__KEYS__MASTER": "x" * 44})
    assert answer.code == 5
    assert "SYNCTV__KEYS__MASTER" in answer.error["message"]
    assert "keys-master" in answer.error["message"]


def test_status_without_a_server_is_exit_0_and_shows_the_set_up_link(installed: Synctv) -> None:
    answer = installed("status", "--json")
    assert answer.code == 0
    assert answer.result["running"] is False
    assert answer.result["database"] == "sqlite"
    assert answer.result["control_socket"] == str(installed.data_dir / "control.sock")
    assert answer.result["setup_url"] == (installed.data_dir / "setup-link").read_text().strip()
    assert "not running" in installed("status").out


def test_status_before_anything_is_there_is_exit_0(synctv: Synctv) -> None:
    answer = synctv("status", "--json")
    assert answer.code == 0
    assert answer.result["running"] is False
    assert not synctv.data_dir.exists()


def test_an_account_lives_through_all_its_commands(installed: Synctv) -> None:
    created = installed.piped(
        PASSWORD, "user", "create", "ann", "--password-stdin", "--role", "admin", "--json"
    )
    assert created.code == 0
    assert {key: created.result[key] for key in ("username", "role", "status")} == {
        "username": "ann",
        "role": "admin",
        "status": "active",
    }
    assert {"id", "created_at"} <= set(created.result)
    assert installed("user", "set-role", "ann", "user", "--json").result["role"] == "user"
    banned = installed("user", "ban", "ann", "--reason", "noise", "--until", "2999-01-01T00:00:00Z", "--json")
    assert banned.result["status"] == "banned"
    assert "noise" in installed("user", "show", "ann").out
    assert installed("user", "unban", "ann", "--json").result["status"] == "active"
    assert (
        installed.piped(f"{PASSWORD} two", "user", "set-password", "ann", "--password-stdin", "--json").code
        == 0
    )
    assert installed("user", "sessions", "ann", "--json").result["items"] == []
    listed = installed("user", "list", "--json").result
    assert [user["username"] for user in listed["items"]] == ["ann"]
    assert listed["next_cursor"] is None
    assert installed("user", "list").out.startswith("NAME")


def test_recover_gives_a_link_and_end_session_signs_out(installed: Synctv) -> None:
    installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin")
    link = installed("user", "recover", "ann", "--expires", "30m", "--json").result
    assert link["url"].startswith("http://127.0.0.1:8080/recover#")
    assert link["expires_at"].endswith("Z")
    assert installed("user", "recover", "bob", "--json").code == 8
    assert installed("user", "recover", "ann", "--expires", "30d", "--json").code == 2
    assert installed("user", "end-session", "ann", "--all", "--json").result == {"ended": 0}
    assert installed("user", "end-session", "ann", "ses_unknown", "--json").code == 8
    assert installed("user", "end-session", "ann", "--json").code == 2
    assert installed("user", "end-session", "ann", "ses_one", "--all", "--json").code == 2


def test_a_taken_name_is_exit_9_and_an_unknown_one_8(installed: Synctv) -> None:
    installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin")
    taken = installed.piped(PASSWORD, "user", "create", "ANN", "--password-stdin", "--json")
    assert taken.code == 9
    assert taken.error["code"] == "user.name_taken"
    unknown = installed("user", "show", "bob", "--json")
    assert unknown.code == 8
    assert unknown.error["message"]


@pytest.mark.parametrize("name", ["a", "../../etc", "ann\u202ebob", "a b c"])
def test_a_bad_name_is_exit_2_and_names_the_field(installed: Synctv, name: str) -> None:
    answer = installed.piped(PASSWORD, "user", "create", "--password-stdin", "--json", "--", name)
    assert answer.code == 2
    assert answer.error["errors"][0]["field"] == "username"


def test_a_password_is_asked_for_at_a_terminal_and_never_without(installed: Synctv) -> None:
    answer = installed("user", "create", "ann", "--json")
    assert answer.code == 2
    assert "--password-stdin" in answer.error["hint"]
    assert "--password-file" in answer.error["hint"]


def test_a_password_comes_from_the_first_line_of_a_file(installed: Synctv, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nsecond line\n")
    assert installed("user", "create", "ann", "--password-file", str(file), "--json").code == 0
    missing = installed("user", "create", "bob", "--password-file", str(tmp_path / "nothing"), "--json")
    assert missing.code == 2
    both = installed.piped(
        "x", "user", "create", "bob", "--password-file", str(file), "--password-stdin", "--json"
    )
    assert both.code == 2


def test_an_empty_password_from_stdin_is_a_usage_error(installed: Synctv) -> None:
    answer = installed.piped("", "user", "create", "ann", "--password-stdin", "--json")
    assert answer.code == 2
    assert "--password-stdin" in answer.error["message"]


def test_a_password_that_is_no_text_is_a_usage_error(installed: Synctv) -> None:
    answer = installed.piped("\udcff", "user", "create", "ann", "--password-stdin", "--json")
    assert answer.code == 2
    assert "UTF-8" in answer.error["message"]


def test_no_password_is_ever_shown(installed: Synctv) -> None:
    answers = [
        installed.piped("hunter2hunter2", "user", "create", "hunter2hunter2", "--password-stdin", "--json"),
        installed.piped("canarycanary99", "user", "create", "ann", "--password-stdin", "--verbose"),
        installed("user", "show", "ann", "--json"),
    ]
    assert all("canarycanary99" not in answer.out + answer.err for answer in answers)


def test_an_invitation_is_a_link_with_an_end(installed: Synctv) -> None:
    answer = installed("user", "invite", "--expires", "2d", "--uses", "3", "--json")
    assert answer.code == 0
    assert answer.result["url"].startswith("http://")
    assert "T" in answer.result["expires_at"]
    wrong = installed("user", "invite", "--expires", "soon", "--json")
    assert wrong.code == 2
    assert "--expires" in wrong.error["message"]


def test_rooms_are_listed_and_an_unknown_one_is_exit_8(installed: Synctv) -> None:
    assert installed("room", "list", "--json").result == {"items": [], "next_cursor": None}
    assert "no rooms" in installed("room", "list").err
    assert installed("room", "show", "room_0123456789", "--json").code == 8
    assert installed("room", "close", "room_0123456789", "--yes", "--json").code == 8


def test_closing_a_room_asks_and_without_a_terminal_names_the_flag(installed: Synctv) -> None:
    answer = installed("room", "close", "room_0123456789", "--json")
    assert answer.code == 2
    assert "--yes" in answer.error["hint"]
    refused = installed("room", "close", "room_0123456789", typed="no\n")
    assert refused.code == 2
    assert "Close room_0123456789" in refused.err


def test_keys_are_listed_without_their_secrets(installed: Synctv) -> None:
    keys = installed("keys", "list", "--json").result["keys"]
    assert {key["purpose"] for key in keys} == {"signing", "sealing", "master"}
    assert all(
        set(key) == {"kid", "purpose", "algorithm", "state", "created_at", "activated_at", "retires_at"}
        for key in keys
    )
    assert "signing" in installed("keys", "list").out


def test_a_key_is_revoked_only_as_compromised_and_after_a_question(installed: Synctv) -> None:
    simply = installed("keys", "revoke", "any", "--json")
    assert (simply.code, "--compromised" in simply.error["message"]) == (2, True)
    asking = installed("keys", "revoke", "any", "--compromised", "--json")
    assert (asking.code, "--yes" in asking.error["hint"]) == (2, True)
    unknown = installed("keys", "revoke", "any", "--compromised", "--yes", "--json")
    assert (unknown.code, unknown.error["code"]) == (8, "key.not_found")
    other = installed("keys", "rotate", "--finish", "--json")
    assert (other.code, other.error["code"]) == (2, "invalid")


def test_keys_turn_by_either_name_of_the_command(installed: Synctv) -> None:
    first = installed("keys", "rotate", "--force", "--json").result
    second = installed("rotate-keys", "--force", "--json").result
    assert set(first) == {"purpose", "old_kid", "new_kid"}
    assert first["new_kid"] == second["old_kid"]
    keys = installed("keys", "list", "--json").result["keys"]
    assert [key["kid"] for key in keys if (key["purpose"], key["state"]) == ("signing", "active")] == [
        second["new_kid"]
    ]


def test_dry_run_of_a_rotation_tells_what_comes_and_changes_nothing(installed: Synctv) -> None:
    before = installed("keys", "list", "--json").result
    in_use = {key["purpose"]: key["kid"] for key in before["keys"]}
    for purpose, values in (("signing", 0), ("sealing", 1), ("master", 1)):
        plan = installed("keys", "rotate", "--purpose", purpose, "--dry-run", "--json").result
        assert (plan["purpose"], plan["old_kid"], plan["new_kid"]) == (purpose, in_use[purpose], None)
        assert (plan["values"], plan["dry_run"]) == (values, True)
        assert (plan["retires_at"] is not None) is (purpose == "signing")
    assert installed("keys", "list", "--json").result == before
    coming = installed("keys", "generate", "--json").result["kid"]
    assert installed("rotate-keys", "--dry-run", "--json").result["new_kid"] == coming


def test_dry_run_refuses_what_the_rotation_would_refuse(installed: Synctv) -> None:
    master = ("keys", "rotate", "--purpose", "master", "--json")
    nothing = installed(*master, "--finish", "--dry-run")
    assert (nothing.code, nothing.error["code"]) == (9, "key.master_settled")
    turned = installed(*master).result
    for purpose in ("sealing", "master"):
        again = installed("keys", "rotate", "--purpose", purpose, "--dry-run", "--json")
        assert (again.code, again.error["code"]) == (9, "key.master_turning")
    plan = installed(*master, "--finish", "--dry-run").result
    assert (plan["old_kid"], plan["new_kid"]) == (turned["old_kid"], turned["new_kid"])
    assert installed(*master, "--finish").code == 0


def test_pending_migrations_are_exit_3_and_name_the_cure(installed: Synctv) -> None:
    installed("migrate", "down", "--yes")
    answer = installed("user", "list", "--json")
    assert answer.code == 3
    assert "synctv migrate up" in answer.error["hint"]


def test_beside_a_starting_server_a_command_waits_and_then_says_who_it_is(installed: Synctv) -> None:
    server = InstallationLock(installed.data_dir)
    assert server.take_now("serve")
    answer = installed("user", "list", "--json")
    server.release()
    assert answer.code == 9
    assert f"pid {os.getpid()}" in answer.error["message"]


def test_a_stored_value_cannot_steer_the_terminal(installed: Synctv) -> None:
    installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin")
    installed("user", "ban", "ann", "--reason", "\x1b[31mred\x07")
    shown = installed("user", "show", "ann").out
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_health_without_a_server_is_exit_1(installed: Synctv) -> None:
    answer = installed("health", "--json")
    assert answer.code == 1
    assert answer.error["code"] == "unavailable"
    assert installed("health", "nonsense").code == 1
    assert installed("health", "--url", "http://127.0.0.1:9", "--json").code == 1
