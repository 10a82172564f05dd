"""What the documents say is what the program does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from docs.generate.errors import narrow_codes
from docs.generate.pages import PAGES, ROOT
from synctv_cli.tree import command_paths
from synctv_server.config.settings import reference
from synctv_server.domain.errors import KINDS
from synctv_server.observability.metrics import Metrics
from tests.structure.source import production

TARGETS = [
    "setup",
    "run",
    "test",
    "test-fast",
    "lint",
    "types",
    "bench",
    "load",
    "audit",
    "docs",
    "build",
    "clean",
]
DECISION_LINES = 40
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
_MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
_SYNCTV = re.compile(r"(?<![\w./-])synctv ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def handwritten() -> list[Path]:
    return [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/guides").glob("*.md")]


@pytest.mark.parametrize("path", PAGES)
def test_generated_file_is_fresh(path: str) -> None:
    assert (ROOT / path).exists(), "run make docs"
    assert read(path) == PAGES[path](), "run make docs"


def test_every_setting_is_in_the_reference() -> None:
    page = read("docs/reference/settings.md")
    assert [setting.name for setting in reference() if f"`{setting.environment}`" not in page] == []


def test_every_setting_does_something() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in production() if "config/sections" not in path.as_posix()
    )
    idle = [setting.name for setting in reference() if not re.search(rf"\.{setting.key}\b", text)]
    assert idle == []


def test_every_command_is_in_the_reference() -> None:
    page = read("docs/reference/commands.md")
    assert [path for path, _ in command_paths() if f"## `{path}`\n" not in page] == []


def test_every_metric_is_in_the_reference() -> None:
    page = read("docs/reference/metrics.md")
    assert [metric.name for metric in Metrics().reference if f"`{metric.name}`" not in page] == []


def test_every_error_code_is_in_the_reference() -> None:
    page = read("docs/reference/errors.md")
    assert [
        code for code in (*narrow_codes(), *(kind.kind for kind in KINDS)) if f"`{code}`" not in page
    ] == []


def test_makefile_has_the_twelve_targets_and_describes_them() -> None:
    makefile = read("Makefile")
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony.split() == TARGETS
    listed = subprocess.run(["make", "-s"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    assert re.findall(r"^make (\S+) +\S", listed.stdout, re.MULTILINE) == TARGETS


def test_commands_in_the_documents_exist() -> None:
    known = {path.removeprefix("synctv ") for path, _ in command_paths()}
    groups = {path.partition(" ")[0] for path in known if " " in path}
    wrong = []
    for document in handwritten():
        text = document.read_text(encoding="utf-8")
        wrong += [
            f"{document.name}: make {target}" for target in _MAKE.findall(code(text)) if target not in TARGETS
        ]
        for named in _SYNCTV.findall(code(text)):
            first, _, second = named.partition(" ")
            if first not in known or (first in groups and second and named not in known):
                wrong.append(f"{document.name}: synctv {named}")
    assert wrong == []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [
        *handwritten(),
        *(ROOT / "docs/reference").glob("*.md"),
        *(ROOT / "docs/decisions").glob("*.md"),
    ]
    dead = [
        f"{document.name}: {target}"
        for document in documents
        for target in _LINK.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert dead == []


def test_decisions_are_numbered_short_and_complete() -> None:
    for record in sorted((ROOT / "docs/decisions").iterdir()):
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", record.name), record.name
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(record.name[:4])}. "), record.name
        assert re.findall(r"^## (\w+)", text, re.MULTILINE) == ["Context", "Choice", "Cost"], record.name
        assert len(text.splitlines()) <= DECISION_LINES, record.name


def test_changes_since_the_last_release_are_told() -> None:
    kinds = "added|changed|fixed|removed|security"
    fragments = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert fragments
    for fragment in fragments:
        assert re.fullmatch(rf"[a-z0-9-]+\.({kinds})\.md", fragment.name), fragment.name
        assert fragment.read_text(encoding="utf-8").strip(), fragment.name


def code(text: str) -> str:
    """The parts of a document that are set as code: fenced blocks and words in backticks."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text)])
