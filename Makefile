# `make` alone lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help up down chromium test test-faults test-teeth test-vendor-faults test-schemathesis check bench \
	bench-million sdk lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
		{ echo "There is no $(PYTHON). Tidings needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tidings needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 …"; exit 1; }
	@# One that was left half-made, or whose Python is gone, is made again.
	@$(BIN)/python -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' >/dev/null 2>&1 && \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo "$(PYTHON) cannot make $(VENV). On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV): PostgreSQL, Temporal and the libraries; this may take a minute …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements-dev.lock
	@touch $@

up: $(VENV)/.installed ## Run the whole platform on this machine (ARGS="--detach --port-base 9000 …")
	@$(BIN)/tidings up $(ARGS)

down: $(VENV)/.installed ## Stop a detached stack
	@$(BIN)/tidings down $(ARGS)

chromium: $(VENV)/.installed-dev # for the tests of the console's pages; by apt-get, if it is missing
	@$(BIN)/python -m tests.chromium

test: $(VENV)/.installed-dev chromium ## Run the tests (ARGS="-k name …")
	@# Three processes, with servers of their own each: much of a test's time is waiting.
	@# Files go in the order of tests/conftest.py.
	@# Bytecode is kept, also where the environment says otherwise: each process would compile it anew.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-faults: $(VENV)/.installed-dev ## Kill every part in the middle of the work, then audit
	@$(BIN)/python -m pytest tests/faults -s $(ARGS)

test-teeth: $(VENV)/.installed-dev ## Show that the fault suite catches seeded defects
	@$(BIN)/python -m tests.faults.teeth $(ARGS)

test-vendor-faults: $(VENV)/.installed-dev ## Every fault of every vendor, on raw sockets
	@$(BIN)/python -m pytest tests/activities/test_every_vendor_on_a_broken_wire.py tests/activities/vendors $(ARGS)

test-schemathesis: $(VENV)/.installed-dev ## More than 10,000 cases from the OpenAPI document
	@SCHEMATHESIS_PHASES=examples,coverage,fuzzing SCHEMATHESIS_MODE=all SCHEMATHESIS_EXAMPLES=120 \
		SCHEMATHESIS_LEAST_CASES=10000 $(BIN)/python -m pytest tests/api/test_schemathesis.py -n0 -s $(ARGS)

check: $(VENV)/.installed-dev ## Format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/.installed-dev ## Measure against a bare workflow; writes build/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

bench-million: $(VENV)/.installed-dev ## One campaign to a million; writes build/bench-million.json
	@$(BIN)/python -m tests.bench.million $(ARGS)

sdk: $(VENV)/.installed-dev ## Write the SDK's types anew, after a change of a body or a view
	@$(BIN)/python -m deploy.sdk_models

lock: $(VENV)/.installed-dev ## Renew the lock files from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --only-binary :all: --extra local pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --only-binary :all: --extra local --extra dev -c requirements.lock \
		pyproject.toml -o requirements-dev.lock

clean: ## Remove what was built (not the data)
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
