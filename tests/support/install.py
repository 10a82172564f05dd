"""`python -m tests.support.install [NAME…]`: installs the programs that the tests drive, where they are missing.

Debian and Ubuntu, as root or with a sudo that asks nothing; elsewhere it says what to install and fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.support.programs import PROGRAMS

WANTED_BY_TESTS = tuple(PROGRAMS)


def main(names: list[str]) -> int:
    """The exit code: 0 when every program is there at the end."""
    missing = [name for name in names or WANTED_BY_TESTS if PROGRAMS[name].find() is None]
    if not missing:
        return 0
    packages = [PROGRAMS[name].package for name in missing]
    prefix = as_root()
    if prefix is None or shutil.which("apt-get") is None:
        print(
            f"Missing: {', '.join(missing)}. Install {', '.join(packages)} (Debian's names), then try again."
        )
        return 1
    print(f"Installing {', '.join(packages)}: the tests drive them.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*prefix, "apt-get", *arguments], env=environment, check=False, stdout=subprocess.DEVNULL
        )
        if done.returncode != 0:
            print(
                f"`apt-get {' '.join(arguments)}` failed; install {', '.join(packages)} by hand, then try again."
            )
            return 1
    return 0 if all(PROGRAMS[name].find() for name in missing) else 1


def as_root() -> list[str] | None:
    """The command before one that only root may run; None where there is no way to be root."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    ):
        return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
