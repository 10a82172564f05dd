"""Takes the audit log out into files: every entry as it is chained, and beside it what proves them.

Called by `synctv audit log export`.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from synctv_cli.admin import Document, Server, converse
from synctv_cli.context import Invocation
from synctv_server.domain.errors import Conflict, Forbidden

_PAGE = 1_000
_PRIVATE = 0o600
_COLUMNS = (
    "seq",
    "at",
    "actor_type",
    "actor_id",
    "actor_name",
    "action",
    "target_type",
    "target_id",
    "target_name",
    "address",
    "outcome",
    "details",
    "previous",
    "hash",
)


def export(invocation: Invocation, path: Path, form: str) -> Document:
    """Writes both files, for their owner alone, and says how many entries there are.

    The proof is asked for first, so it may know less than the files hold, never more. Raises Conflict where a file is
    there already, Forbidden where none can be written.
    """
    proof_path = path.with_name(f"{path.name}.proof.json")
    with _created(path) as entries_file, _created(proof_path) as proof_file:
        write = _csv_writer(entries_file) if form == "csv" else _line_writer(entries_file)

        async def talk(server: Server) -> int:
            json.dump(await server.ask("GET", "/audit/proof"), proof_file, indent=1)
            return await _write_all(server, write, invocation)

        count = converse(invocation, talk)
    return {"path": str(path), "proof": str(proof_path), "format": form, "entries": count}


async def _write_all(server: Server, write: Callable[[Document], object], invocation: Invocation) -> int:
    after = count = 0
    while True:
        page = await server.ask("GET", "/audit/chain", query={"after": after, "limit": _PAGE})
        for entry in page["entries"]:
            write(entry)
        count += len(page["entries"])
        if len(page["entries"]) < _PAGE:
            return count
        after = page["entries"][-1]["seq"]
        invocation.output.note(f"{count} entries…")


def _line_writer(file: TextIO) -> Callable[[Document], object]:
    return lambda entry: file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")


def _csv_writer(file: TextIO) -> Callable[[Document], object]:
    rows = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
    rows.writeheader()
    return lambda entry: rows.writerow(_flat(entry))


def _flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    parties = {f"{role}_{name}": value for role in ("actor", "target") for name, value in entry[role].items()}
    return {**entry, **parties}


def _created(path: Path) -> TextIO:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already", hint="Name another file with --output.") from error
    except OSError as error:
        raise Forbidden(f"{path} cannot be written: {error.strerror}") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
