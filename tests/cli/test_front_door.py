"""What holds for every command: the global flags, the one document, help, and the way out of errors."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from synctv_cli.main import COMMANDS, run
from synctv_cli.output import Streams
from synctv_server import __version__
from tests.cli.conftest import Synctv


def test_version_is_one_line(synctv: Synctv) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "synctv_cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"synctv {__version__}\n"


def test_version_does_not_import_the_command_line() -> None:
    code = "import sys; sys.argv = ['synctv', '--version']; from synctv_cli.__main__ import main; main(); "
    code += "print(sorted(name for name in sys.modules if name.startswith(('typer', 'rich', 'pydantic', 'asyncio'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"


def test_no_help_loads_validation_or_what_a_command_needs_to_run() -> None:
    code = (
        "import sys; from synctv_cli.main import COMMANDS, run; "
        "lines = [[], ['user', 'create'], ['migrate', 'up'], *([name] for name in COMMANDS)]; "
        "codes = [run([*line, '--help']) for line in lines]; "
        "heavy = ('rich', 'pydantic', 'httpx', 'litestar', 'asyncio', 'synctv_server.config', 'synctv_server.store'); "
        "print(set(codes), sorted(name for name in sys.modules if name.startswith(heavy)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: synctv user create" in done.stdout
    assert done.stderr == "{0} []\n"


def test_help_lists_every_command(synctv: Synctv) -> None:
    answer = synctv("--help")
    assert answer.code == 0
    assert all(f"  {name} " in answer.out for name in COMMANDS)
    assert answer.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(synctv: Synctv, name: str) -> None:
    answer = synctv(name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: synctv {name}")


def test_bare_synctv_shows_what_there_is(synctv: Synctv) -> None:
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    assert run([], streams, {}) == 0
    assert streams.stdout.getvalue() == synctv("--help").out  # type: ignore[attr-defined]


def test_help_with_json_is_one_document(synctv: Synctv) -> None:
    assert synctv("--json", "user", "--help").result["help"].startswith("Usage: synctv user")


@pytest.mark.parametrize(
    "words", [("--json", "config", "path"), ("config", "--json", "path"), ("config", "path", "--json")]
)
def test_global_flags_stand_before_or_behind_the_command(synctv: Synctv, words: tuple[str, ...]) -> None:
    answer = synctv(*words)
    assert answer.code == 0
    assert answer.result["data_dir"] == str(synctv.data_dir)


def test_what_stands_behind_two_dashes_is_no_flag(synctv: Synctv) -> None:
    answer = synctv("user", "show", "--", "--json")
    assert answer.out == ""
    assert "there is no installation" in answer.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("frobnicate",), "No such command"),
        (("user",), "needs a command"),
        (("--json",), "needs a command"),
        (("user", "create"), "Missing argument 'NAME'"),
        (("user", "list", "--limit", "many"), "--limit"),
        (("user", "ban", "ann"), "--reason"),
        (("user", "create", "ann", "--role", "king"), "--role"),
        (("config", "show", "--nonsense"), "--nonsense"),
        (("--quiet=yes", "version"), "--quiet takes no value"),
        (("version", "--config"), "--config needs a value"),
    ],
)
def test_usage_errors_are_exit_2_and_one_document(synctv: Synctv, words: tuple[str, ...], told: str) -> None:
    answer = synctv(*words, "--json") if words != ("version", "--config") else synctv("--json", *words)
    assert answer.code == 2
    assert answer.error["code"] == "usage"
    assert told in answer.error["message"]
    assert answer.err == ""


def test_an_argument_that_is_no_text_is_a_usage_error(synctv: Synctv) -> None:
    answer = synctv("user", "show", os.fsdecode(b"\xff"), "--json")
    assert answer.code == 2
    assert "UTF-8" in answer.error["message"]


def test_usage_errors_in_words_go_to_stderr_and_name_the_help(synctv: Synctv) -> None:
    answer = synctv("verson")
    assert answer.code == 2
    assert answer.out == ""
    assert "Did you mean 'version'?" in answer.err
    assert "synctv --help" in answer.err


class BrokenEnvironment(dict[str, str]):
    """An environment that nobody foresaw."""

    def items(self) -> NoReturn:
        raise ZeroDivisionError("secret=hunter2")


def test_a_bug_is_exit_70_with_an_id_and_the_place_of_its_log(tmp_path: Path) -> None:
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    words = ["--data-dir", str(tmp_path), "--json", "config", "show"]
    assert run(words, streams, BrokenEnvironment()) == 70
    error = json.loads(streams.stdout.getvalue())["error"]  # type: ignore[attr-defined]
    log = tmp_path / "logs" / "synctv-crash.log"
    assert error["code"] == "internal"
    assert str(log) in error["hint"]
    assert "hunter2" not in error["message"]
    assert error["id"] in log.read_text()
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_bug_shows_its_stack_to_who_asks_for_it(tmp_path: Path) -> None:
    streams = Streams(io.StringIO(), io.StringIO(), io.StringIO())
    words = ["--data-dir", str(tmp_path), "--verbose", "config", "show"]
    assert run(words, streams, BrokenEnvironment()) == 70
    told = streams.stderr.getvalue()  # type: ignore[attr-defined]
    assert "Traceback" in told
    assert "Please report it." in told


def test_without_a_data_directory_commands_say_how_to_get_one(synctv: Synctv) -> None:
    answer = synctv("user", "list", "--json")
    assert answer.code == 8
    assert "synctv init" in answer.error["hint"]


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    reference = f"{sys.executable} -m synctv_cli --data-dir {tmp_path} config reference"
    done = subprocess.run(
        ["bash", "-c", f"{reference} | head -1"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout == "server.host\n"
