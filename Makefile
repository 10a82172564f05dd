# SyncTV. `make` lists the targets; `make run` serves and `make test` checks, both from nothing but Python and make.

SHELL := /bin/sh
.DEFAULT_GOAL := .targets
.PHONY: setup run test test-fast lint types bench load audit docs build clean
.DELETE_ON_ERROR:

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
SYNCTV_DATA_DIR ?= .run
WORKERS ?= 3

# Where the environment forbids bytecode, each of the many processes that the tests start would compile all of it.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
NPM := $(BIN)/python hatch_build.py
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS)
INSTALLED := .venv/.installed
# Targets side by side print one after another, where make (4.0, 2013) knows how.
WHOLE := $(if $(filter output-sync,$(.FEATURES)),--output-sync)
PACKAGES := web/node_modules/.package-lock.json
CLIENT := synctv_server/api/web/dist/index.html
CLIENT_SOURCE := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
FAST_TESTS := $(wildcard tests/unit tests/structure tests/contract tests/services tests/cli)

setup: $(INSTALLED) $(CLIENT)  ## Install into .venv from the lock, and build the web client

run: setup  ## Serve from .run, made at the first start; ARGS="--host 0.0.0.0" lets others in
	SYNCTV_DATA_DIR='$(SYNCTV_DATA_DIR)' $(BIN)/synctv serve $(ARGS)

test: setup  ## Everything: lint, types, the client's tests, all tests (installs system packages)
	@$(MAKE) --no-print-directory -j 2 $(WHOLE) lint types .client-tests
	$(BIN)/python -m tests.support.install
	$(PYTEST) $(ARGS)

test-fast: setup  ## What needs no browser and no database server, in at most 90 seconds
	$(PYTEST) $(FAST_TESTS) --ignore=tests/cli/examining --ignore=tests/cli/test_database.py -k 'not postgres' $(ARGS)

.client-tests: $(PACKAGES)
	$(NPM) run test

lint: $(INSTALLED) $(PACKAGES)  ## Style, format and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(NPM) run lint

types: $(INSTALLED) $(PACKAGES)  ## mypy --strict, and the client's types
	$(BIN)/mypy
	$(NPM) run check

bench: setup  ## The benchmarks: ratios against baselines of the same run (wants gcc)
	$(BIN)/python -m tests.support.install gcc
	$(BIN)/python -m tests.bench $(ARGS)

load: setup  ## Viewers by the thousand against the installed server, from another process; ARGS="NAME --out DIR" (wants gcc)
	$(BIN)/python -m tests.support.install gcc
	$(BIN)/python -m tests.load $(ARGS)

audit: $(INSTALLED) $(PACKAGES)  ## Known advisories against every locked dependency
	$(BIN)/pip-audit --strict --requirement requirements/dev.lock --no-deps --disable-pip
	$(NPM) audit --audit-level=moderate

docs: $(INSTALLED)  ## Write docs/reference and the client's types anew, from the code
	$(BIN)/python -m docs.generate

build: setup  ## The wheel and the source distribution, into dist/
	$(BIN)/python -m build --no-isolation

clean:  ## Remove all that was built or installed here; data in .run stays
	rm -rf .venv web/node_modules synctv_server/api/web/dist build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

$(INSTALLED): requirements/dev.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'SyncTV wants Python 3.11 or newer: install it, or say `make PYTHON=/path/to/python3`.'; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv || { echo 'Debian and Ubuntu: apt install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile -r requirements/dev.lock
	@# pip compiles on one core. A package may bring files for other Pythons.
	-@$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null
	$(BIN)/python -m pip check --quiet --disable-pip-version-check
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(PACKAGES): web/package-lock.json | $(INSTALLED)
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(CLIENT): $(PACKAGES) $(CLIENT_SOURCE)
	$(NPM) run build
	@touch $@

.targets:
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'
