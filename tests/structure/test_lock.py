"""The lock has what pyproject.toml asks for, by hash, and names no registry."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.structure.source import ROOT

LOCKS = ("runtime", "dev")
_PINNED = re.compile(r"^(?P<name>[a-zA-Z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def text(lock: str) -> str:
    return (ROOT / f"requirements/{lock}.lock").read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, set[Version]]:
    found: dict[str, set[Version]] = {}
    for match in _PINNED.finditer(text(lock)):
        found.setdefault(canonicalize_name(match["name"]), set()).add(Version(match["version"]))
    return found


def asked() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [Requirement(line) for line in project["project"]["dependencies"]]
    development = [Requirement(line) for line in project["dependency-groups"]["dev"]]
    return {"runtime": runtime, "dev": [*runtime, *development]}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_satisfies_every_requirement(lock: str) -> None:
    versions = pinned(lock)
    wrong = [
        str(requirement)
        for requirement in asked()[lock]
        if not satisfied(requirement.specifier, versions.get(canonicalize_name(requirement.name), set()))
    ]
    assert wrong == [], "run requirements/lock.sh"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_by_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text(lock).strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address(lock: str) -> None:
    assert "://" not in text(lock)
    assert " @ " not in text(lock)


def test_both_locks_agree() -> None:
    runtime, development = pinned("runtime"), pinned("dev")
    assert {name: versions for name, versions in runtime.items() if development.get(name) != versions} == {}


def satisfied(specifier: SpecifierSet, versions: set[Version]) -> bool:
    """Whether some version is locked, and none that was not asked for."""
    return bool(versions) and all(specifier.contains(version, prereleases=True) for version in versions)
