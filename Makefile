# Everything a fresh Debian machine with Python, make and gcc needs.
#   make demo   set up, then go from the bundled topography to all files and a report
#   make serve  set up, then open the platform in the browser, with no other service
#   make test   set up, then run every test
#   make check  lint, types, layering, then the tests

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
READY  := $(VENV)/.ready
UV_VERSION := 0.13.9

.PHONY: help setup demo serve test faults check lint lock benchmarks clean services

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gondwana needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

# CDO is the independent oracle of the regridding tests, YAC (which needs Open MPI) that of
# the coupling weights; the servers and the browser are started by the tests.
services:
	@tools/install-missing cdo=cdo rabbitmqctl=rabbitmq-server pg_lsclusters=postgresql \
	    gfortran=gfortran nf-config=libnetcdff-dev ompi_info=openmpi-bin chromium=chromium firefox-esr=firefox-esr
	@$(MAKE) --quiet -C workers/hypsometry

demo: setup
	$(BIN)/gondwana build --example --out demo

serve: setup
	$(BIN)/gondwana serve

test: setup services
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

# A hundred rounds of processes killed at random, instead of the few of the test suite.
faults: setup services
	GONDWANA_FAULT_ROUNDS=100 $(BIN)/python -m pytest -q tests/fault/test_engine_faults.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

benchmarks: setup
	$(BIN)/python -m benchmarks

lock:
	$(UV) pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
