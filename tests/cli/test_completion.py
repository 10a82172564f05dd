"""The completion of bash, run by bash itself; those of the other shells name the same."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from synctv_cli.completion import script
from synctv_cli.tree import commands
from tests.cli.conftest import Synctv


def completed(*words: str, folder: Path | None = None) -> set[str]:
    """What bash offers for the last of these words."""
    line = " ".join(shlex.quote(word) for word in ("synctv", *words))
    code = f'{script("bash")}\nCOMP_WORDS=({line}) COMP_CWORD={len(words)}\n_synctv\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", code], cwd=folder, check=True, capture_output=True, text=True, timeout=20
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("us",), {"user"}),
        (("user", "set-"), {"set-password", "set-role"}),
        (("--data-dir", "/srv", "user", "cr"), {"create"}),
        (("user", "create", "ann", "--ro"), {"--role"}),
        (("user", "create", "ann", "--role", ""), {"user", "admin", "root"}),
        (("health", "li"), {"live"}),
        (("--js",), {"--json"}),
        (("completion", "z"), {"zsh"}),
        (("user", "nonsense"), set()),
    ],
)
def test_bash_offers_what_may_stand_there(words: tuple[str, ...], offered: set[str]) -> None:
    assert completed(*words) == offered


def test_bash_offers_files_where_one_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "the-password").touch()
    assert completed("user", "create", "ann", "--password-file", "the", folder=tmp_path) == {"the-password"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_names_every_command_and_option(synctv: Synctv, shell: str) -> None:
    printed = synctv("completion", shell)
    assert printed.code == 0
    assert printed.out == script(shell)
    for command in commands():
        assert all(name in printed.out for name in command.path)
        assert all(name.lstrip("-") in printed.out for option in command.options for name in option.names)
