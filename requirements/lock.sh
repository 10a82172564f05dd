#!/bin/sh
# Writes runtime.lock (what a server needs) and dev.lock (the same, and what building and testing it need) anew.
# Packages stay at their locked versions; `requirements/lock.sh --upgrade` takes the newest that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@" >/dev/null
}
compile "$@" pyproject.toml --output-file requirements/runtime.lock
compile "$@" pyproject.toml --group dev --constraint requirements/runtime.lock --output-file requirements/dev.lock
