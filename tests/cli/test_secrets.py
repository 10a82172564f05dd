"""`synctv secrets`: sources, findings and new values of every secret of the settings; the values nowhere."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from synctv_server.config.secrets import secret_file
from synctv_server.config.settings import reference
from synctv_server.security.sealing import new_key, write_master_key
from tests.cli.conftest import Answer, Synctv
from tests.support import postgres

TOKEN = "observability.metrics_token"
STRONG = "kQ9vTz-5wJrL2mYpX7sNb_Gc"
MASTER = write_master_key(new_key())


@pytest.fixture
def installed(synctv: Synctv) -> Synctv:
    """Files alone: `secrets` needs no database."""
    (synctv.data_dir / "keys").mkdir(parents=True, mode=0o700)
    place(synctv, "keys.master", MASTER)
    return synctv


def place(synctv: Synctv, name: str, value: str, mode: int = 0o600) -> Path:
    file = secret_file(synctv.data_dir, name)
    file.write_text(value)
    file.chmod(mode)
    return file


def findings(answer: Answer) -> dict[tuple[str, str], str]:
    return {(each["setting"], each["severity"]): each["message"] for each in answer.result["findings"]}


def test_every_secret_of_the_settings_is_listed_with_its_source(installed: Synctv) -> None:
    installed.environ["SYNCTV__OBSERVABILITY__METRICS_TOKEN"] = STRONG
    listed = {each["name"]: each for each in installed("secrets", "list", "--json").result["secrets"]}
    assert listed.keys() == {setting.name for setting in reference() if setting.is_secret}
    assert listed["keys.master"] == {
        "name": "keys.master",
        "origin": "secret_file",
        "at": str(secret_file(installed.data_dir, "keys.master")),
        "length": len(MASTER),
        "problem": None,
    }
    assert listed[TOKEN]["at"] == "SYNCTV__OBSERVABILITY__METRICS_TOKEN"
    assert listed["database.password"]["origin"] is None


def test_a_value_is_set_from_stdin_or_a_file_and_is_for_its_owner_alone(
    installed: Synctv, tmp_path: Path
) -> None:
    answer = installed.piped(f"{STRONG}\n", "secrets", "set", TOKEN, "--value-stdin", "--json")
    file = secret_file(installed.data_dir, TOKEN)
    assert answer.result == {"name": TOKEN, "path": str(file), "takes_effect": "reload"}
    assert (file.read_text().strip(), file.stat().st_mode & 0o777) == (STRONG, 0o600)
    given = tmp_path / "given"
    given.write_text("another-of-them-0123456789\n")
    assert installed("secrets", "set", TOKEN, "--value-file", str(given)).code == 0
    assert file.read_text().strip() == "another-of-them-0123456789"


@pytest.mark.parametrize("value", ["", "  \n"])
def test_an_empty_value_is_refused(installed: Synctv, value: str) -> None:
    answer = installed.piped(value, "secrets", "set", TOKEN, "--value-stdin", "--json")
    assert answer.code == 2
    assert not secret_file(installed.data_dir, TOKEN).exists()


def test_without_a_terminal_the_missing_value_names_its_flag(installed: Synctv) -> None:
    answer = installed("secrets", "set", TOKEN, "--json")
    assert answer.code == 2
    assert "--value-stdin" in answer.error["hint"]


def test_a_secret_that_comes_from_elsewhere_is_not_given_a_second_source(installed: Synctv) -> None:
    installed.environ["SYNCTV__OBSERVABILITY__METRICS_TOKEN"] = STRONG
    answer = installed("secrets", "rotate", TOKEN, "--json")
    assert (answer.code, answer.error["code"]) == (9, "secret.elsewhere")
    assert "SYNCTV__OBSERVABILITY__METRICS_TOKEN" in answer.error["message"]


def test_a_value_that_the_configuration_refuses_is_taken_back(installed: Synctv) -> None:
    answer = installed.piped("a password for SQLite", "secrets", "set", "database.password", "--value-stdin")
    assert answer.code == 5
    assert not secret_file(installed.data_dir, "database.password").exists()


def test_own_secrets_get_a_random_value_and_others_are_told_where_to_change_them(installed: Synctv) -> None:
    file = place(installed, TOKEN, STRONG)
    assert installed("secrets", "rotate", TOKEN).code == 0
    assert len(file.read_text().strip()) == 43
    other = installed("secrets", "rotate", "database.password", "--json")
    assert other.code == 2
    assert "secrets set database.password" in other.error["hint"]
    master = installed("secrets", "rotate", "keys.master", "--json")
    assert master.code == 2
    assert "--purpose master" in master.error["hint"]
    assert secret_file(installed.data_dir, "keys.master").read_text() == MASTER


def test_an_unknown_name_is_told_the_nearest(installed: Synctv) -> None:
    answer = installed("secrets", "rotate", "observability.metric_token", "--json")
    assert (answer.code, answer.error["hint"]) == (2, f"Did you mean {TOKEN}?")


def test_good_secrets_have_no_finding(installed: Synctv) -> None:
    place(installed, TOKEN, STRONG)
    answer = installed("secrets", "check", "--json")
    assert (answer.code, answer.result) == (0, {"findings": []})


def test_each_fault_of_a_secret_is_found_and_has_a_cure(installed: Synctv) -> None:
    weak = place(installed, TOKEN, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert "guessed" in findings(installed("secrets", "check", "--json"))[TOKEN, "medium"]
    weak.chmod(0o644)
    assert "chmod 600" in findings(installed("secrets", "check", "--json"))[TOKEN, "high"]
    place(installed, TOKEN, "")
    assert "empty" in findings(installed("secrets", "check", "--json"))[TOKEN, "high"]
    twice = place(installed, TOKEN, MASTER)
    assert "keys.master" in findings(installed("secrets", "check", "--json"))[TOKEN, "high"]
    place(installed, TOKEN, STRONG)
    os.utime(twice, (0, 0))
    old = installed("secrets", "check", "--json")
    assert "days old" in findings(old)[TOKEN, "low"]
    assert old.code == 0
    (installed.data_dir / "keys").chmod(0o755)
    opened = installed("secrets", "check", "--json")
    assert findings(opened)["keys", "medium"].startswith("others may look into")
    assert opened.code == 3


def test_a_master_key_that_is_missing_or_is_none_is_found(installed: Synctv) -> None:
    file = place(installed, "keys.master", "no key")
    assert "base64" in findings(installed("secrets", "check", "--json"))["keys.master", "high"]
    file.unlink()
    assert "no master key" in findings(installed("secrets", "check", "--json"))["keys.master", "high"]


def test_a_new_value_is_in_the_audit_log_without_the_value(synctv: Synctv) -> None:
    assert synctv("init", "--yes").code == 0
    assert synctv.piped(STRONG, "secrets", "set", TOKEN, "--value-stdin").code == 0
    listed = synctv("audit", "log", "list", "--action", "secret.set", "--json")
    (entry,) = listed.result["entries"]
    assert (entry["actor"]["type"], entry["target"]["name"]) == ("operator", TOKEN)
    assert STRONG not in listed.out


def test_no_command_shows_a_value(installed: Synctv) -> None:
    canary = "canary-W4s-hErE-0123456789"
    place(installed, TOKEN, canary, mode=0o644)
    installed.environ["SYNCTV__DATABASE__PASSWORD"] = canary
    for words in (
        ["secrets", "list"],
        ["secrets", "check"],
        ["secrets", "rotate", TOKEN],
        ["secrets", "rotate", "database.password"],
        ["config", "show"],
        ["config", "check"],
        ["keys", "list"],
    ):
        for form in ([], ["--json"], ["--verbose"]):
            answer = installed(*words, *form)
            assert canary not in answer.out + answer.err, words
            assert MASTER not in answer.out + answer.err, words


async def test_a_secret_is_set_before_the_postgres_database_has_a_table(installed: Synctv) -> None:
    """The password of the database comes first, `init` after it."""
    installed.environ["SYNCTV__DATABASE__URL"] = await postgres.fresh_database(postgres.server())
    words = ("secrets", "set", "database.password", "--value-stdin", "--json")
    answer = await asyncio.to_thread(installed.piped, f"{STRONG}\n", *words)
    assert answer.code == 0, answer


def test_a_secret_is_set_beside_a_database_from_before_the_audit_log(synctv: Synctv) -> None:
    assert synctv("init", "--yes").code == 0
    assert synctv("migrate", "down", "--to", "0005", "--yes").code == 0
    assert synctv("secrets", "rotate", TOKEN, "--json").code == 0
    assert synctv("backup", "create", "--json").code == 0
