"""The front door of `synctv`: answers `--version` by itself, and imports the rest for everything else."""

from __future__ import annotations

import gc
import sys

from synctv_server import __version__

_GC_THRESHOLDS = (50_000, 20, 100)
"""A full collection walks the modules of a command and every connection of a server, which stay: let it be rare."""


def main() -> None:
    """Runs the command line of this process and leaves with its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        sys.stdout.write(f"synctv {__version__}\n")
        return
    gc.set_threshold(*_GC_THRESHOLDS)
    from synctv_cli.main import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
