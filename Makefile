# Two commands do everything: `make run` and `make test`. Nothing outside this folder is needed or changed.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
CITUS_TESTS := tests/citus tests/ledger/log/test_append.py tests/ledger/log/test_reader.py tests/service/finance/test_settlement_run.py
INSTALLED_FROM := pyproject.toml constraints.txt

# What a shell may carry that would send installs or imports somewhere else.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
# Tests start many processes, and each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check histories kills failover citus soak bench docs screenshots clean help
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

run: $(VENV)/installed ## set everything up, record a trading month, serve it on http://127.0.0.1:8600
	@$(BIN)/python -m service.cli.main up --with-trading-month

test: $(VENV)/installed-dev ## every test, on a real PostgreSQL; ARGS="-k word" chooses
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/installed-dev ## lint, format, types, house rules
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -q --numprocesses auto tests/house

histories: $(VENV)/installed-dev ## thousands of random histories of orders, of whole shops and of every command; takes more than an hour and a half
	@$(BIN)/python -m pytest -m histories --numprocesses auto $(ARGS)

kills: $(VENV)/installed-dev ## kill every kind of process, twenty times at random moments, and check that nothing is lost or doubled
	@$(BIN)/python -m pytest -m kills tests/kills $(ARGS)

failover: $(VENV)/installed-dev ## kill a primary under load and promote its synchronous standby, twenty times
	@$(BIN)/python -m pytest -m failover tests/failover $(ARGS)

citus: $(VENV)/installed-dev ## the tests of the log, views, month and settlement on the Citus cluster whose coordinator REDLEDGER_TEST_CITUS_URL names
	@$(BIN)/python -m pytest $(or $(ARGS),$(CITUS_TESTS))

soak: $(VENV)/installed-dev ## readers of every kind, rebuilds and relays at once, while processes are killed; ten minutes, or REDLEDGER_SOAK_MINUTES
	@$(BIN)/python -m pytest -m soak tests/soak $(ARGS)

bench: $(VENV)/installed-dev ## measure, and print medians beside raw PostgreSQL
	@$(BIN)/python -m tests.benchmarks $(ARGS)

docs: $(VENV)/installed ## write what of docs/ is made from the code: commands, events, refusals, policies …
	@$(BIN)/python -m service.docs_from_code

screenshots: $(VENV)/installed-dev ## take the pictures of the console's pages in docs/pictures/console, with Chromium; ARGS="home" takes those of one
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

clean: ## remove what make made; a ledger's data (.redledger) is never removed
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: $(INSTALLED_FROM) | $(BIN)/python
	@echo "Installing RedLedger into $(VENV) …"
	@$(INSTALL) .
	@touch $@

$(VENV)/installed-dev: $(INSTALLED_FROM) | $(BIN)/python
	@echo "Installing RedLedger and its development tools into $(VENV) …"
	@$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/installed

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "RedLedger needs Python 3.11 or newer; none was found. make PYTHON=/path/to/python3 names one."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
