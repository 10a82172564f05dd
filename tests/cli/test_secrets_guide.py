"""The guide on secrets: its shell examples run, and the files that the others name are those that the server reads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from synctv_server.config.secrets import secret_file
from synctv_server.config.settings import reference
from tests.cli.conftest import Synctv

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/secrets.md").read_text(encoding="utf-8")
_CLOUDS = ("aws", "az")
_FROM_A_CLOUD = "bTdQ-4vXz9-kLw2rY_c8N-pS"
_NAMES = re.compile(
    r"LoadCredential=([\w-]+):|/run/secrets/([\w-]+)|^ {2}([a-z]+-[a-z-]+):|^ +- ([a-z]+-[a-z-]+)$",
    re.MULTILINE,
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def environ(synctv: Synctv, tmp_path: Path) -> dict[str, str]:
    """An installation, `synctv` on the path, and the clouds' programs, which print what they are asked for."""
    assert synctv("init", "--yes").code == 0
    programs = tmp_path / "bin"
    programs.mkdir()
    program(programs, "synctv", f'PYTHONPATH={ROOT} exec {sys.executable} -m synctv_cli "$@"')
    for cloud in _CLOUDS:
        program(programs, cloud, f"echo {_FROM_A_CLOUD}")
    return {
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SYNCTV_DATA_DIR": str(synctv.data_dir),
    }


def test_the_examples_for_a_shell_run(environ: dict[str, str], synctv: Synctv) -> None:
    examples = blocks("sh")
    assert len(examples) == 4
    for example in examples:
        secret_file(synctv.data_dir, "observability.metrics_token").unlink(missing_ok=True)
        ran = subprocess.run(
            ["sh", "-eu", "-c", example],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, f"{example}\n{ran.stdout}{ran.stderr}"
        assert _FROM_A_CLOUD not in ran.stdout + ran.stderr


def test_the_files_of_the_platforms_have_the_names_that_are_read() -> None:
    known = {secret_file(Path(), setting.name).name for setting in reference() if setting.is_secret}
    platforms = "\n".join(block for language in ("ini", "yaml", "hcl") for block in blocks(language))
    named = {name for found in _NAMES.findall(platforms) for name in found if name}
    assert {"keys-master", "database-password"} <= named
    assert named <= known
