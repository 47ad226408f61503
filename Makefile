# Two commands on a fresh machine with Python 3.11+ and make:
#   make demo    take one lead from first contact to a running hub, then stop everything
#   make test    run all tests
# Each creates .venv from the lock file first.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo up test search bench authorization lint lock audit sbom pin clean forget

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 22

$(READY): requirements-dev.lock pyproject.toml sandbox/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "lead-to-hub needs Python 3.11 or newer; choose one with PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable . --editable sandbox
	@touch $@

setup: $(READY)  ## create .venv from the lock file

demo: $(READY)  ## take one lead to a running hub, then stop everything
	@$(BIN)/leads demo

up: $(READY)  ## run the whole service until Ctrl-C (Temporal 7233, UI 8233)
	@$(BIN)/leads up

test: $(READY)  ## run all tests
	$(BIN)/python -m pytest -n auto --dist worksteal

search: $(READY)  ## run what takes long: years of a lead, kills, and property tests with thousands of leads
	$(BIN)/python -m pytest -n auto --dist worksteal -m thorough
	$(BIN)/python -m pytest --hypothesis-profile=search --timeout=0 tests/process/test_invariants.py tests/process/test_any_message.py tests/process/test_books.py \
		tests/process/test_compensations.py tests/process/test_simulation_properties.py tests/process/reports/test_moved.py

BENCH ?=

bench: $(READY)  ## measure the service beside a bare workflow, some minutes (BENCH=--short for less)
	@$(BIN)/python -m bench $(BENCH)

authorization: $(READY)  ## write docs/authorization.md anew: who may decide what
	@$(BIN)/python -m tests.support.authorization_page

lint: $(READY)  ## check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header $(UPGRADE)

lock: $(READY)  ## write the lock files anew from pyproject.toml (hashes, no addresses, not the sandbox itself)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --extra sandbox --extra dev --no-emit-package lead-to-hub-sandbox pyproject.toml -o requirements-dev.lock
	$(COMPILE) requirements-audit.in -o requirements-audit.lock

AUDIT := .venv-audit/bin

.venv-audit/.ready: requirements-audit.lock
	$(PYTHON) -m venv .venv-audit
	$(AUDIT)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-audit.lock
	@touch $@

audit: .venv-audit/.ready  ## look for known advisories about the locked libraries (needs a network)
	$(AUDIT)/pip-audit --require-hashes --disable-pip --requirement requirements.lock
	$(AUDIT)/pip-audit --require-hashes --disable-pip --requirement requirements-dev.lock

sbom: .venv-audit/.ready  ## write sbom.json, a list of the service's libraries (CycloneDX)
	$(AUDIT)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file sbom.json requirements.lock

pin:  ## name Compose's images by their digests of today (needs Docker and a network)
	@$(PYTHON) deploy/pin_images.py

clean:  ## remove .venv and caches; leads are kept
	rm -rf .venv .venv-audit sbom.json .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json

forget:  ## delete the data of `make up` in .leads, with all leads; asks first
	@test -d .leads || { echo "There is no .leads here: nothing to delete."; exit 0; }; \
	test ! -d .leads || { printf 'Delete .leads with all leads and their ledger? Type "delete": '; \
		read -r answer && [ "$$answer" = delete ] && rm -rf .leads && echo "Deleted." \
		|| { echo "Nothing was deleted." >&2; exit 1; }; }
