"""The front door of `synctv`: answers `--version` by itself, and imports the rest for everything else."""

from __future__ import annotations

import sys

from synctv_server import __version__


def main() -> None:
    """Runs the command line of this process and leaves with its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        sys.stdout.write(f"synctv {__version__}\n")
        return
    from synctv_cli.main import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
