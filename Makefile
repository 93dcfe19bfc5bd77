# Everything runs in .venv, made on first use from the hash-locked requirements: by uv where it is installed, else by venv and pip.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format types layers bench faults laws soak lock docs build clean

VENV := .venv
BIN := $(VENV)/bin
# Tests start many processes: each would compile our modules anew.
export PYTHONDONTWRITEBYTECODE :=
# The tests mostly wait, for processes, sockets and disks: twice as many at once as there are processors.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 2)
CODE := cockpit core strategies tests benchmarks

# The first Python of at least 3.11; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F '\t' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## make .venv with what cockpit needs to run

demo: $(VENV)/.ready ## open the cockpit on a generated market, no internet needed
	@$(BIN)/cockpit --demo

test: $(VENV)/.ready-dev ## run the tests
	$(BIN)/pytest -q -n $(WORKERS)

check: ## all that must pass before a change goes in
	@$(MAKE) --no-print-directory --jobs --output-sync lint types layers
	@$(MAKE) --no-print-directory test

lint: $(VENV)/.ready-dev ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.ready-dev ## ruff: put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.ready-dev ## mypy, strict
	$(BIN)/mypy

layers: $(VENV)/.ready-dev ## import-linter: who may import whom
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready-dev ## measure; the README's figures come from here
	$(BIN)/python benchmarks/run.py

faults: $(VENV)/.ready-dev ## the slow tests: kills, cut lines, full disks, a wheel outside the checkout; an hour, 14 GB of memory
	$(BIN)/pytest -q -m slow --ignore=tests/soak -n $(WORKERS)

laws: $(VENV)/.ready-dev ## the tests by examples, on many more of them
	COCKPIT_EXAMPLES=500 $(BIN)/pytest -q -m "hypothesis and not slow" -n $(WORKERS) --timeout 1200

soak: $(VENV)/.ready-dev ## hours under load
	$(BIN)/pytest -q -m slow tests/soak

lock: $(VENV)/.ready-dev ## write the requirements files anew from pyproject.toml (UPGRADE=1: newest versions)
	$(BIN)/uv pip compile pyproject.toml --group build $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group build --group dev -c requirements.lock $(LOCK) -o requirements-dev.lock

LOCK := --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

docs: $(VENV)/.ready-dev ## write the pages that are made from the code
	$(BIN)/cockpit keys --markdown > docs/keys.md

build: $(VENV)/.ready-dev ## the wheel, into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## remove what was built and cached, not .venv
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "cockpit needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $(VENV)" >&2
	@if command -v uv >/dev/null 2>&1; then uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV); else $(PYTHON) -m venv $(VENV); fi

# $(1): the requirements file.
define install
	@echo "installing $(1)" >&2
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		{ $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; } && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
endef

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.lock)
	@touch $(VENV)/.ready $@
