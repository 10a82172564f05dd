"""`python -m tests.bench [NAME…]` runs the benchmarks one after the other: `bench_tokens.py` is `tokens`.

A benchmark is a module `bench_<name>.py` of this folder, or a package `<name>`, with a `main()` that prints ratios
against a baseline measured in the same run, with the figures they rest on.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

_HERE = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """The module of each benchmark, by name."""
    modules = {path.stem.removeprefix("bench_"): path.stem for path in sorted(_HERE.glob("bench_*.py"))}
    packages = {path.parent.name: path.parent.name for path in sorted(_HERE.glob("*/__init__.py"))}
    return {**modules, **packages}


def run(names: list[str]) -> int:
    """Runs the named benchmarks, or all; the exit code is 2 when there is none of a name."""
    known = benchmarks()
    if unknown := set(names) - set(known):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        print(f"\n== {name} ==", flush=True)
        import_module(f"tests.bench.{known[name]}").main()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
