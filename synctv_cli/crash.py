"""A bug of our own, written down for whoever mends it. Imported by `main` only when one shows itself."""

from __future__ import annotations

import os
import secrets
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from synctv_cli.failures import BUG, Failure
from synctv_server import __version__

_LOG_NAME = "synctv-crash.log"


def record(error: BaseException, data_dir: Path | None) -> Failure:
    """Writes the stack to a log, and gives the failure with an id and the log's place."""
    crash_id = f"crash_{secrets.token_hex(4)}"
    entry = f"{datetime.now(UTC).isoformat()} {crash_id} synctv {__version__}\n{stack(error)}\n"
    log = _append_to_logs(entry, data_dir) or _write_aside(entry)
    where = (
        f"The details are in {log} under {crash_id}."
        if log
        else "Run it again with --verbose for the details."
    )
    message = f"synctv met a bug of its own ({type(error).__name__})"
    return Failure("internal", message, BUG, f"{where} Please report it.", id=crash_id)


def stack(error: BaseException) -> str:
    """The whole stack, with the causes."""
    return "".join(traceback.format_exception(error))


def _append_to_logs(entry: str, data_dir: Path | None) -> Path | None:
    """The log of the installation, where there is one that can be written."""
    if data_dir is None or not data_dir.is_dir():
        return None
    path = data_dir / "logs" / _LOG_NAME
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        ) as log:
            log.write(entry)
    except OSError:
        return None
    return path


def _write_aside(entry: str) -> Path | None:
    """A new file in the temporary folder, whose name nobody could foresee."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="synctv-crash-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8") as log:
            log.write(entry)
    except OSError:
        return None
    return Path(name)
