"""`synctv audit`: content with a server as it should be in production, and no planted weakness escapes it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synctv_server.config.places import AUDIT_HEAD_FILE_NAME
from synctv_server.domain.times import DAY
from synctv_server.upkeep.posture import RULES
from tests.cli.conftest import Synctv
from tests.cli.examining.conftest import Install
from tests.cli.examining.plants import (
    in_the_running_server,
    loose,
    loose_new,
    make_account,
    now,
    open_socket,
    setting,
    sql,
)
from tests.support import postgres
from tests.support.server import serving

LEAST_GRAVE = 15
SEVERITIES = ["critical", "high", "medium", "low", "info"]


@dataclass(frozen=True, slots=True)
class Weak:
    """The rule that must see it, how grave it must call it, and how it comes about."""

    rule: str
    severity: str
    act: Callable[[Install], object]


def secret(name: str, text: str) -> Callable[[Install], object]:
    return lambda install: _write(install, name, text)


def _write(install: Install, name: str, text: str) -> None:
    path = install.home / "keys" / name
    path.write_text(text)
    path.chmod(0o600)


def one_secret_for_two(install: Install) -> None:
    text = (install.home / "keys/keys-master").read_text()
    _write(install, "observability-metrics-token", text)


def master_from_environment(install: Install) -> None:
    install.environ["SYNCTV__KEYS__MASTER"] = (install.home / "keys/keys-master").read_text().strip()
    (install.home / "keys/keys-master").unlink()


def bare(install: Install) -> None:
    install.set("server.host", "0.0.0.0")
    install.set("server.public_url", "")
    install.set("server.trusted_proxies", "")


def around_the_proxy(install: Install) -> None:
    install.set("server.host", "0.0.0.0")


def shared_socket_folder(install: Install) -> None:
    folder = install.home.parent / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    install.set("server.control_socket", folder / "control.sock")


def six_administrators(install: Install) -> None:
    for number in range(6):
        make_account(install, f"admin{number}", "admin")


def only_users(install: Install) -> None:
    install.sql("UPDATE users SET role = 'user'")


def no_account_yet(install: Install) -> None:
    install.sql("DELETE FROM users")


WEAK = (
    Weak("config.refused", "high", lambda install: (install.home / "synctv.toml").write_text("[server\n")),
    Weak("secret.weak", "critical", secret("keys-master", "A" * 43 + "=\n")),
    Weak("secret.weak", "high", secret("observability-metrics-token", "short")),
    Weak("secret.weak", "high", secret("observability-metrics-token", "abab" * 10)),
    Weak("secret.reused", "high", one_secret_for_two),
    Weak("secret.environment", "low", master_from_environment),
    Weak("database.password_in_url", "high", setting("database.url", "postgresql://a:b@127.0.0.1:1/c")),
    Weak("database.unencrypted", "high", setting("database.url", "postgresql://a@192.0.2.1.invalid/c")),
    Weak("access.http", "high", setting("server.public_url", "http://tv.example.org")),
    Weak("access.bare", "high", bare),
    Weak("access.bare", "low", around_the_proxy),
    Weak("access.trust", "high", setting("server.trusted_proxies", "127.0.0.1,203.0.0.0/8")),
    Weak("access.trust", "medium", setting("server.trusted_proxies", "10.0.0.0/8")),
    Weak("access.registration", "high", setting("auth.registration", "open")),
    Weak("access.registration", "high", in_the_running_server("auth.registration", "open")),
    Weak("access.limits", "critical", setting("limits.enabled", "false")),
    Weak("access.limits", "high", setting("limits.auth_per_minute", 10_000)),
    Weak("access.passwords", "medium", setting("auth.password_min_length", 8)),
    Weak("access.token_lives", "medium", setting("auth.access_token_seconds", 86_400)),
    Weak("access.token_lives", "medium", setting("auth.refresh_token_seconds", 31_536_000)),
    Weak("access.debug_log", "medium", setting("observability.log_level", "debug")),
    Weak(
        "access.metrics", "low", lambda install: (install.home / "keys/observability-metrics-token").unlink()
    ),
    Weak("data_dir.mode", "medium", loose(".", 0o755)),
    Weak("data_dir.mode", "high", loose(".", 0o777)),
    Weak("keys.folder_mode", "high", loose("keys", 0o755)),
    Weak("keys.file_modes", "critical", loose("keys/keys-master", 0o644)),
    Weak("config.mode", "low", loose("synctv.toml", 0o644)),
    Weak("config.mode", "high", loose("synctv.toml", 0o666)),
    Weak("database.mode", "high", loose("synctv.db", 0o644)),
    Weak("setup_link.mode", "high", loose_new("setup-link", 0o644)),
    Weak("control.mode", "critical", open_socket),
    Weak("audit_log.mode", "medium", loose("audit-head.json", 0o644)),
    Weak("lock.mode", "low", loose("synctv.lock", 0o644)),
    Weak("logs.mode", "medium", loose_new("logs/synctv-2026-11-24.log", 0o644)),
    Weak("backups.mode", "high", loose_new("backups/copy.db", 0o644)),
    Weak("control.folder", "high", shared_socket_folder),
    Weak("media.library", "high", setting("media.library", ".")),
    Weak("media.mode", "medium", loose("media", 0o777)),
    Weak("keys.age", "medium", sql("UPDATE keys SET activated_at = ?", now() - 100 * DAY)),
    Weak("keys.age", "high", sql("UPDATE keys SET activated_at = ?", now() - 400 * DAY)),
    Weak("keys.rotation", "medium", setting("auth.key_rotation_days", 365)),
    Weak("keys.rotation", "high", setting("auth.key_rotation_days", 3_650)),
    Weak("keys.grace", "medium", setting("auth.key_grace_days", 365)),
    Weak("database.closed", "medium", lambda install: (install.home / "synctv.db").unlink()),
    Weak("backups.none", "medium", setting("backup.every_hours", 0)),
    Weak("people.owner", "medium", only_users),
    Weak("people.owner", "medium", no_account_yet),
    Weak("people.administrators", "medium", six_administrators),
)
SEEN_ON_EVERY_FRESH_INSTALL = {"keys.beside", "backups.none"}
SEEN_BESIDE_A_SERVER = {"program.root", "database.superuser"}
NEVER_LOOKED_AT_HERE = {"dependencies.advisories"}


@pytest.fixture
def production(install: Install) -> Install:
    """As the guide says: behind a proxy with https, with an owner and a token for the metrics."""
    install.set("server.public_url", "https://tv.example.org")
    install.set("server.trusted_proxies", "127.0.0.1")
    _write(install, "observability-metrics-token", "6d0fPzXbq9vWk3Lr-5sT7uYhE2nJc8Ga")
    make_account(install, "owner", "root")
    (install.home / "setup-link").unlink()
    return install


def test_a_fresh_production_install_passes(production: Install) -> None:
    answer = production("audit", "--json", "--fail-on", "low")
    assert {each["id"] for each in answer.result["findings"]} == SEEN_ON_EVERY_FRESH_INSTALL
    assert answer.code == 0
    assert production("audit").code == 0


def test_without_an_installation_there_is_nothing_to_judge(tmp_path: Path) -> None:
    answer = Synctv(tmp_path / "nowhere")("audit", "--json")
    assert (answer.code, answer.error["code"]) == (8, "not_found.installation")


def test_looking_changes_nothing(production: Install) -> None:
    before = production.snapshot()
    production("audit", "--format", "sarif")
    assert production.snapshot() == before


def test_every_rule_is_planted_somewhere() -> None:
    planted = {weak.rule for weak in WEAK}
    known = planted | SEEN_ON_EVERY_FRESH_INSTALL | SEEN_BESIDE_A_SERVER | NEVER_LOOKED_AT_HERE
    assert known == {rule.id for rule in RULES}
    grave = {weak.rule for weak in WEAK if weak.severity in {"high", "critical"}}
    assert len(grave) >= LEAST_GRAVE


@pytest.mark.parametrize("weak", WEAK, ids=lambda weak: f"{weak.rule}-{weak.severity}")
def test_a_planted_weakness_is_seen(production: Install, weak: Weak) -> None:
    assert production.findings().get(weak.rule, "info") == "info"
    weak.act(production)
    answer = production("audit", "--json", "--fail-on", "high")
    found = {each["id"]: each for each in answer.result["findings"]}
    assert found[weak.rule]["severity"] == weak.severity
    assert found[weak.rule]["message"]
    assert found[weak.rule]["fix"]
    is_grave = weak.severity in {"high", "critical"}
    assert not is_grave or answer.code == 3
    assert production("audit", "--fail-on", weak.severity).code == 3


def test_no_secret_is_told(production: Install) -> None:
    _write(production, "observability-metrics-token", "canary1")
    for arguments in (("audit",), ("audit", "--json"), ("audit", "--format", "sarif")):
        answer = production(*arguments)
        assert "secret.weak" in answer.out
        assert "canary1" not in answer.out + answer.err


def test_the_gravest_comes_first_and_words_say_what_to_do(production: Install) -> None:
    production.set("limits.enabled", "false")
    production.set("observability.log_level", "debug")
    found = production("audit", "--json").result["findings"]
    ranks = [SEVERITIES.index(each["severity"]) for each in found]
    assert ranks == sorted(ranks)
    words = production("audit").out.splitlines()
    assert words[0].startswith("critical  access.limits")
    assert words[1].strip().startswith("do: ")
    assert words[-1] == f"{len(found)} findings"


def test_what_was_not_looked_at_is_told(production: Install) -> None:
    skipped = {each["id"] for each in production("audit", "--json").result["skipped"]}
    assert skipped == {"program.root", *NEVER_LOOKED_AT_HERE}
    assert "not looked at, since no server runs: program.root\n" in production("audit").out
    production.sql("DROP INDEX messages_room_id")
    assert "people.owner" in {each["id"] for each in production("audit", "--json").result["skipped"]}
    production.set("database.url", "postgresql://nobody@127.0.0.1:1/nothing")
    assert "keys.age" in {each["id"] for each in production("audit", "--json").result["skipped"]}


def test_format_json_is_the_one_document(production: Install) -> None:
    as_format = production("audit", "--format", "json")
    assert as_format.document == production("audit", "--json").document
    assert as_format.document["ok"] is True


def test_a_server_that_root_runs_is_seen(production: Install) -> None:
    async def seen() -> dict[str, str]:
        async with serving(production.home):
            return await asyncio.to_thread(production.findings)

    assert ("program.root" in asyncio.run(seen())) == (os.geteuid() == 0)


async def test_a_server_that_a_flag_has_opened_to_others_is_seen(production: Install) -> None:
    production.set("server.public_url", "")
    production.set("server.trusted_proxies", "")
    assert "access.bare" not in await asyncio.to_thread(production.findings)
    async with serving(production.home, "--host", "0.0.0.0"):
        assert (await asyncio.to_thread(production.findings))["access.bare"] == "high"


async def test_on_postgres_a_fresh_install_has_a_superuser_and_nothing_else(production: Install) -> None:
    production.set("database.url", await postgres.fresh_database(postgres.server()))
    (production.home / AUDIT_HEAD_FILE_NAME).unlink()  # as the refusal of an empty database says
    assert (await asyncio.to_thread(production, "init", "--yes")).code == 0
    (production.home / "setup-link").unlink()
    found = await asyncio.to_thread(production.findings)
    assert found.pop("database.superuser") == "medium"
    assert found.pop("people.owner") == "medium"
    assert set(found) == SEEN_ON_EVERY_FRESH_INSTALL


def test_sarif_has_the_shape_that_code_scanning_reads(production: Install) -> None:
    """The parts that SARIF 2.1.0 requires, and those without which GitHub refuses a log."""
    (production.home / "synctv.db").chmod(0o644)
    production.set("auth.registration", "open")
    answer = production("audit", "--format", "sarif")
    assert answer.code == 3
    log: dict[str, Any] = json.loads(answer.out)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert all(0 <= float(rule["properties"]["security-severity"]) <= 10 for rule in rules)
    assert run["invocations"][0]["executionSuccessful"] is True
    results = {result["ruleId"]: result for result in run["results"]}
    assert {"database.mode", "access.registration", *SEEN_ON_EVERY_FRESH_INSTALL} == set(results)
    for name, result in results.items():
        assert rules[result["ruleIndex"]]["id"] == name
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert result["partialFingerprints"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file://")
    assert results["database.mode"]["level"] == "error"
    assert _uri(results["database.mode"]) == (production.home / "synctv.db").as_uri()
    assert _uri(results["access.registration"]) == (production.home / "synctv.toml").as_uri()
    [logical] = results["access.registration"]["locations"][0]["logicalLocations"]
    assert logical["fullyQualifiedName"] == "auth.registration"


def _uri(result: dict[str, Any]) -> str:
    uri: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert Path(uri.removeprefix("file://")).is_absolute()
    return uri
