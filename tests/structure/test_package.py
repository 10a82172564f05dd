"""What is inside the wheel, and what a build without npm says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.structure.source import ROOT

PARTS = (
    "synctv_cli",
    "synctv_server",
    "migrations",
    "packaging",
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "LICENSE",
)
CLIENT = "synctv_server/api/web/dist/index.html"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project without a built client, in which npm would fail."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "dist"))
        else:
            shutil.copy(source, root / name)
    (root / "web").mkdir()
    return root


@pytest.fixture
def broken_npm(tmp_path: Path) -> dict[str, str]:
    """An environment whose Node is new and whose npm reaches nothing."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, script in {"node": "echo v22.1.0", "npm": "echo npm ERR! no registry >&2; exit 7"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def build(root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    return subprocess.run(
        command, cwd=root, env=environment, check=False, capture_output=True, text=True, timeout=100
    )


def test_wheel_of_a_source_distribution_has_client_and_migrations_inside_and_needs_no_npm(
    checkout: Path, broken_npm: dict[str, str]
) -> None:
    (checkout / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: synctv\nVersion: 0.1.0\n")
    (checkout / CLIENT).parent.mkdir(parents=True)
    (checkout / CLIENT).write_text("<!doctype html>")
    done = build(checkout, broken_npm)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (checkout / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert CLIENT in names
    assert {Path(name).name for name in names if name.startswith("synctv_server/migrations/")} == {
        path.name for path in (ROOT / "migrations").iterdir() if path.is_file()
    }
    assert {name.partition("/")[0] for name in names} == {
        "synctv_cli",
        "synctv_server",
        "synctv-0.1.0.data",
        "synctv-0.1.0.dist-info",
    }
    share = "synctv-0.1.0.data/data/share"
    assert {f"{share}/man/man1/synctv.1", f"{share}/man/man1/synctv-user.1"} <= set(names)
    assert f"{share}/bash-completion/completions/synctv" in names


def test_build_whose_npm_fails_says_so_and_what_to_do(checkout: Path, broken_npm: dict[str, str]) -> None:
    done = build(checkout, broken_npm)
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "The web client is not built: `npm ci --no-audit --no-fund` failed (7)." in told
    assert "npm ERR! no registry" in told
    assert "See whether the npm registry can be reached." in told
