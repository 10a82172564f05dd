"""Where an installation is, and the names of files in it that more than one part knows.

Light on purpose: a health probe finds its server by it without loading the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONFIG_FILE_NAME = "synctv.toml"

SETUP_LINK_FILE_NAME = "setup-link"
"""Holds the link of the first account (0600) until it is used."""

AUDIT_HEAD_FILE_NAME = "audit-head.json"
"""Remembers where the audit log ends, so that a database which ends before it is known to be cut."""

AUDIT_CHECKPOINTS_FILE_NAME = "audit-checkpoints.jsonl"
"""Signed ends of the audit log, and the public keys that they are checked with."""

LOCK_FILE_NAME = "synctv.lock"
"""Held by whoever works by itself on the installation; `supervisor.lock` says how."""


def resolve_data_dir(flag: Path | None, environ: Mapping[str, str]) -> Path:
    """The data directory: the flag, `SYNCTV_DATA_DIR`, systemd's `STATE_DIRECTORY`, else the user's own place."""
    if flag is not None:
        return flag.expanduser().absolute()
    if named := environ.get("SYNCTV_DATA_DIR"):
        return Path(named).expanduser().absolute()
    if state := environ.get("STATE_DIRECTORY"):
        return Path(state.split(":")[0])
    data_home = Path(environ.get("XDG_DATA_HOME", ""))
    if not data_home.is_absolute():
        home = environ.get("HOME")
        data_home = (Path(home) if home else Path.home()) / ".local" / "share"
    return data_home / "synctv"


def config_path(flag: Path | None, home: Path, environ: Mapping[str, str]) -> Path:
    """Where the configuration file belongs: the flag, `SYNCTV_CONFIG`, else `synctv.toml` in the data directory."""
    named = flag or (Path(environ["SYNCTV_CONFIG"]) if environ.get("SYNCTV_CONFIG") else None)
    return named.expanduser().absolute() if named else home / CONFIG_FILE_NAME
