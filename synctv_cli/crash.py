"""A bug of our own, written down for whoever mends it. Imported by `main` only when one shows itself."""

from __future__ import annotations

import secrets
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from synctv_cli.failures import BUG, Failure
from synctv_server import __version__

_LOG_NAME = "synctv-crash.log"


def record(error: BaseException, log_directory: Path | None) -> Failure:
    """Writes the stack to a log, and gives the failure with an id and the log's place."""
    crash_id = f"crash_{secrets.token_hex(4)}"
    log = _write(
        f"{datetime.now(UTC).isoformat()} {crash_id} synctv {__version__}\n{stack(error)}\n", log_directory
    )
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


def _write(entry: str, log_directory: Path | None) -> Path | None:
    """Appends to the first place that can be written: the installation's logs, else the temporary folder."""
    for folder in (log_directory, Path(tempfile.gettempdir())):
        if folder is None or not folder.is_dir():
            continue
        path = folder / _LOG_NAME
        try:
            with path.open("a", encoding="utf-8") as log:
                path.chmod(0o600)
                log.write(entry)
        except OSError:
            continue
        return path
    return None
