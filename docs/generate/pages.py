"""The list of generated files, each with what makes its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docs.generate import checks, commands, errors, http, man, metrics, realtime, settings, typescript

ROOT = Path(__file__).resolve().parents[2]

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": settings.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/metrics.md": metrics.page,
    "docs/reference/errors.md": errors.page,
    "docs/reference/checks.md": checks.page,
    "docs/reference/realtime.md": realtime.page,
    "docs/reference/realtime.schema.json": realtime.schema_file,
    "docs/reference/realtime.asyncapi.json": realtime.asyncapi_file,
    "docs/reference/http.md": http.page,
    "docs/reference/openapi.json": http.document_file,
    "web/src/generated/realtime.ts": typescript.realtime_module,
    "web/src/generated/http.ts": typescript.http_module,
    **man.PAGES,
}


def pages() -> dict[str, str]:
    """Path (from the root of the project) and text of every generated file."""
    return {path: make() for path, make in PAGES.items()}
