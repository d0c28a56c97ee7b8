# The front door. `make` alone says what there is.
#
# A fresh machine needs Python 3.11 or newer with its venv module, and make; the rest comes from the lock files.
# ARGS hands arguments on: `make serve ARGS="--port 9000"`, `make test ARGS="tests/leads -k related"`.

PYTHON ?= python3.13 python3.12 python3.11 python3
ARGS ?=
MINUTES ?= 10
SEED ?=
# More workers than cores only wait for each other; two fit the smallest machine that we support.
WORKERS ?= 2

PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate

# Machines for containers often forbid compiled files: then each start of a command would compile the whole app again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test check bench soak generate lock clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

# `exec`: what stops make reaches the service itself, which then drains and stops cleanly.
serve: .venv/.serve ## Start Freequote on http://127.0.0.1:8000, with everything it keeps under data/.
	@exec .venv/bin/freequote serve $(ARGS)

test: .venv/.test ## Run every test, on SQLite and on a real PostgreSQL server that is brought along.
	@sh tests/support/programs.sh
	.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/.test ## Check style, types, import directions, shape and generated documents.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m pytest tests/test_shape.py tests/test_drift.py

bench: .venv/.test ## Measure beside the usual ways of doing the same; docs/benchmarks.md says what.
	.venv/bin/python -m benchmarks $(ARGS)

soak: .venv/.test ## Break everything around deliveries for MINUTES (10) and count; SEED repeats an order of faults.
	.venv/bin/python -m soak --minutes $(MINUTES) --seed "$(SEED)" $(ARGS)

generate: .venv/.test ## Write .env.example, docs/settings.md and openapi.json anew.
	.venv/bin/python -m docs.generate

lock: ## Move the lock files on to the newest versions that pyproject.toml allows (needs uv).
	$(LOCK) --upgrade --group dev --extra oidc pyproject.toml --output-file requirements-dev.lock
	$(LOCK) --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	$(LOCK) --constraint requirements-dev.lock --extra oidc pyproject.toml --output-file requirements-oidc.lock
	$(LOCK) --constraint requirements-dev.lock --group build --output-file requirements-build.lock

clean: ## Remove the environment and all caches; data/ stays.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

.venv/.serve: requirements.lock requirements-build.lock pyproject.toml | .venv/bin/pip
	@echo "Setting up .venv from requirements.lock ..."
	@$(PIP) --require-hashes -r requirements-build.lock -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.test: requirements-dev.lock pyproject.toml | .venv/bin/pip
	@echo "Setting up .venv from requirements-dev.lock ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# The first interpreter that runs: a version manager may put names on the PATH that only fail.
.venv/bin/pip:
	@for python in $(PYTHON); do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec $$python -m venv .venv; \
	    fi; \
	done; \
	echo "Freequote needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv)." >&2; \
	echo "None of these will do: $(PYTHON). Name another: make PYTHON=/path/to/python3" >&2; \
	exit 1
