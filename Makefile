# make demo: a sample, end to end, on a bare machine. make help: the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each data folder has its own: what was made is remembered there.
export DAGSTER_HOME ?= $(abspath $(if $(CRM_DATA_DIR),$(CRM_DATA_DIR),$(CURDIR))/dagster_home)
CUSTOMERS ?= 3000
PORT ?= 3000
# One more than there are cores: two on two cores left a quarter of them idle.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + os.cpu_count()))')

.DEFAULT_GOAL := help
.PHONY: help demo refresh ui test test-browser prove bench lint lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: $(VENV)/.installed ## a sample of receipts, every table, the report
	@$(BIN)/crm demo --customers $(CUSTOMERS)
	@$(BIN)/crm refresh

refresh: $(VENV)/.installed ## read new files, make what is missing or out of date
	@$(BIN)/crm refresh

ui: $(VENV)/.installed ## the Dagster UI on http://127.0.0.1:3000
	@mkdir -p "$(DAGSTER_HOME)" && { test -e "$(DAGSTER_HOME)/dagster.yaml" || cp dagster_home/dagster.yaml "$(DAGSTER_HOME)"; }
	@$(BIN)/dagster dev --host 127.0.0.1 --port $(PORT)

test: $(VENV)/.installed-test ## everything that a bare machine can run
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/pytest -m "not browser and not prove" --durations=12 -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-browser: $(VENV)/.installed-test ## the UI and the report in Chromium
	@sh crm_assets_tests/browser/chromium.sh
	@$(BIN)/pytest -m "browser and not prove" -n 2 --dist loadfile

prove: $(VENV)/.installed-test ## the long proofs
	@sh crm_assets_tests/browser/chromium.sh
	@$(BIN)/pytest -m prove -s

bench: $(VENV)/.installed-test ## speed and scale at 1 and 10 M lines, into README; fails where a limit does not hold
	@$(BIN)/crm bench; holds=$$?; $(BIN)/crm bench --readme; exit $$holds

lint: $(VENV)/.installed-test ## style, mended
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock: $(VENV)/.installed-test ## pin the dependencies anew
	@echo "setuptools>=77" | $(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --no-header --universal \
		--python-version 3.11 pyproject.toml - -o requirements.lock
	@echo "setuptools>=77" | $(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --no-header --universal \
		--python-version 3.11 --extra test pyproject.toml - -o requirements-test.lock

clean: ## remove what was made: environment, warehouse, staging, models, reports, runs
	rm -rf $(VENV) data/staging data/models data/reports data/audiences data/demo_truth data/spill data/warehouse.duckdb* data/published.duckdb \
		data/spark data/ledger.duckdb* \
		$(filter-out dagster_home/dagster.yaml,$(wildcard dagster_home/*))

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "crm-assets needs Python 3.11 or newer: install it, or run make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "remedy on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the locked packages into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-test: requirements-test.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the locked packages and those for tests into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-test.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed
