"""The passphrase over the keys in a backup: from a file, or from the person at the terminal. Never an argument."""

from __future__ import annotations

import getpass
from pathlib import Path

from synctv_cli.failures import Usage
from synctv_cli.output import Output

FLAG = "--passphrase-file"


def read_passphrase(output: Output, file: Path) -> str:
    """The passphrase in this file. Raises Usage where there is none."""
    return read_first_line(output, file, FLAG)


def read_first_line(output: Output, file: Path, flag: str) -> str:
    """The first line of a file that holds a secret; a warning where others can read it. Raises Usage for none."""
    try:
        with file.expanduser().open(encoding="utf-8") as opened:
            line = opened.readline().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "is no text").lower()
        raise Usage(f"{flag}: {file}: {reason}") from error
    if not line:
        raise Usage(f"{flag}: {file} holds nothing in its first line")
    if file.expanduser().stat().st_mode & 0o077:
        output.note(f"Warning: others can read {file}: chmod 600 {file}")
    return line


def passphrase_of(output: Output, backup: Path, file: Path | None) -> str | None:
    """What opens the keys of this backup; None where it holds none. Raises Usage where nobody can be asked."""
    from synctv_server.upkeep.backup.archive import manifest_of

    if file is not None:
        return read_passphrase(output, file)
    manifest = manifest_of(backup)
    if manifest is None or not manifest.has_secrets:
        return None
    if not (output.streams.stdin.isatty() and output.streams.stderr.isatty()):
        raise Usage(
            "the backup holds keys, and their passphrase is needed", hint=f"Name its file with {FLAG}."
        )
    return getpass.getpass("Passphrase of the backup: ", stream=output.streams.stderr)
