"""The set-up link that waits in the data directory: shown by `init`, `serve` and `status`."""

from __future__ import annotations

from pathlib import Path


def find_setup_url(data_dir: Path) -> str | None:
    """The link in `<data-dir>/setup-link`, or None. The server takes the file away when the link is used."""
    from synctv_server.config.places import SETUP_LINK_FILE_NAME

    try:
        return (data_dir / SETUP_LINK_FILE_NAME).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
