"""`synctv audit log …`: what was done to an installation, and whether the log of it still holds."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Synctv

PASSWORD = "violet harbour clock"


@pytest.fixture
def installed(synctv: Synctv) -> Synctv:
    """An installation with a short history."""
    assert synctv("init", "--yes").code == 0
    assert synctv.piped(PASSWORD, "user", "create", "ann", "--password-stdin").code == 0
    assert synctv("user", "ban", "ann", "--reason", "spam").code == 0
    assert synctv("user", "unban", "ann").code == 0
    return synctv


def alter(installed: Synctv, statement: str) -> None:
    with closing(sqlite3.connect(installed.data_dir / "synctv.db", isolation_level=None)) as database:
        database.execute(statement)


def test_list_has_the_newest_first_in_the_shape_of_the_contract(installed: Synctv) -> None:
    result = installed("audit", "log", "list", "--json").result
    assert [entry["action"] for entry in result["entries"]][:3] == [
        "user.unbanned",
        "user.banned",
        "user.created",
    ]
    for entry in result["entries"]:
        assert {"seq", "at", "actor", "action", "target", "outcome", "hash"} <= entry.keys()
        assert entry["actor"].keys() == {"type", "id", "name"}
    assert result["entries"][0]["actor"]["type"] == "operator"


def test_list_is_filtered_and_cut_into_pages(installed: Synctv) -> None:
    banned = installed("audit", "log", "list", "--action", "user.banned", "--json").result["entries"]
    assert [entry["target"]["name"] for entry in banned] == ["ann"]
    first = installed("audit", "log", "list", "--limit", "1", "--json").result
    rest = installed(
        "audit", "log", "list", "--limit", "1", "--cursor", first["next_cursor"], "--json"
    ).result
    assert rest["entries"][0]["seq"] == first["entries"][0]["seq"] - 1
    assert installed("audit", "log", "list", "--since", "1h", "--json").result["entries"]
    assert (
        installed("audit", "log", "list", "--since", "2100-01-01T00:00:00Z", "--json").result["entries"] == []
    )
    assert installed("audit", "log", "list", "--actor", "nobody", "--json").result["entries"] == []
    assert installed("audit", "log", "list", "--since", "yesterday", "--json").code == 2


def test_tail_has_the_newest_at_the_end(installed: Synctv) -> None:
    result = installed("audit", "log", "tail", "-n", "2", "--json").result
    assert [entry["action"] for entry in result["entries"]] == ["user.banned", "user.unbanned"]
    assert "user.unbanned" in installed("audit", "log", "tail").out


def test_log_that_holds_is_exit_0(installed: Synctv) -> None:
    answer = installed("audit", "log", "verify", "--json")
    assert answer.code == 0
    assert answer.result["ok"] is True
    assert "fault" not in answer.result
    assert answer.result["entries"] >= 3


def test_edited_entry_is_exit_4_with_kind_and_place(installed: Synctv) -> None:
    seq = installed("audit", "log", "list", "--action", "user.banned", "--json").result["entries"][0]["seq"]
    alter(installed, f"UPDATE audit_entries SET details = '{{}}' WHERE seq = {seq}")
    answer = installed("audit", "log", "verify", "--json")
    assert answer.code == 4
    assert answer.result["ok"] is False
    assert (answer.result["fault"]["seq"], answer.result["fault"]["kind"]) == (seq, "edit")
    assert "tampered" in installed("audit", "log", "verify").out


def test_cut_log_takes_nothing_until_the_fault_is_accepted(installed: Synctv) -> None:
    last = installed("audit", "log", "list", "--json").result["entries"][0]["seq"]
    alter(installed, f"DELETE FROM audit_entries WHERE seq > {last - 2}")
    alter(
        installed,
        f"UPDATE audit_head SET entries = {last - 2},"
        f" hash = COALESCE((SELECT hash FROM audit_entries WHERE seq = {last - 2}), '{'0' * 64}')",
    )
    refused = installed("user", "ban", "ann", "--reason", "again", "--json")
    assert refused.code == 6
    assert refused.error["code"] == "audit.cut"
    assert "--accept" in refused.error["hint"]
    assert installed("user", "show", "ann", "--json").result["status"] == "active"
    assert installed("audit", "log", "verify", "--json").result["fault"]["kind"] == "truncate"
    accepted = installed("audit", "log", "verify", "--accept", "--json")
    assert (accepted.code, accepted.result["ok"]) == (0, True)
    assert accepted.result["accepted"][0]["kind"] == "truncate"
    assert installed("user", "ban", "ann", "--reason", "again", "--json").code == 0
    assert installed("audit", "log", "verify", "--json").code == 0


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_export_writes_the_chain_and_its_proof(installed: Synctv, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"log.{form}"
    answer = installed("audit", "log", "export", "--output", str(file), "--format", form, "--json")
    assert answer.code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text().splitlines()
    entries = list(csv.DictReader(lines)) if form == "csv" else [json.loads(line) for line in lines]
    assert len(entries) == answer.result["entries"]
    proof = json.loads(Path(answer.result["proof"]).read_text())
    assert proof["hash"] == entries[-1]["hash"]
    assert proof["checkpoints"][-1]["count"] == len(entries)
    assert proof["keys"]
    again = installed("audit", "log", "export", "--output", str(file), "--json")
    assert again.code == 9


def test_migrations_are_in_the_log(installed: Synctv) -> None:
    assert installed("migrate", "down", "--steps", "1", "--yes").code == 0
    assert installed("migrate", "up", "--yes").code == 0
    entries = installed("audit", "log", "list", "--action", "migration", "--json").result["entries"]
    applied, reverted = entries
    assert (applied["action"], reverted["action"]) == ("migration.applied", "migration.reverted")
    assert applied["target"] == reverted["target"]
    assert applied["actor"]["type"] == "operator"


def test_log_that_went_down_with_its_migration_begins_anew(installed: Synctv) -> None:
    installed(
        "audit", "log", "export", "--output", str(installed.data_dir / "log.jsonl")
    )  # leaves a checkpoint
    down = installed("migrate", "down", "--to", "0000", "--yes")
    assert down.code == 0
    assert "audit-head.json.old-1" in down.err
    assert (installed.data_dir / "audit-checkpoints.jsonl.old-1").exists()
    assert installed("migrate", "up", "--yes").code == 0
    assert installed("init", "--yes").code == 0
    assert installed.piped(PASSWORD, "user", "create", "ann", "--password-stdin").code == 0
    answer = installed("audit", "log", "verify", "--json")
    assert (answer.code, answer.result["entries"]) == (0, 1)
