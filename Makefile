# make run    sets everything up on embedded defaults and runs the portal with a demo organisation
# make test   the whole suite on SQLite; where PostgreSQL's binaries are found, everything that touches a database once more on it
# make check  lint, types, contracts, migrations
# make bench  the benchmarks; figures, not pass or fail
# make chaos  kills, cuts off and lies to a whole installation for some minutes; CHAOS_ROUNDS=200 unless set
# make browser  the journeys in a real browser; needs Chromium

# The first Python of 3.11 or newer; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-sqlite test-postgres check lint types contracts migrations bench chaos browser format help

run: $(VENV)/runtime
	@exec $(BIN)/python manage.py up

test: test-sqlite test-postgres

test-sqlite: $(VENV)/tools
	@echo "== SQLite"
	@$(BIN)/python -m tests.sqlite $(BIN)/python -m pytest $(ARGS)

test-postgres: $(VENV)/tools
	@echo "== PostgreSQL"
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest $(ARGS) || { code=$$?; \
	if [ $$code -eq 77 ]; then echo "PostgreSQL: not run, no server binaries (initdb, pg_ctl) were found."; else exit $$code; fi; }

# The types take longest, so the rest is done beside them.
check: $(VENV)/tools
	@$(MAKE) --no-print-directory -j 2 types lint contracts migrations

lint: $(VENV)/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/tools
	$(BIN)/mypy portal audit policies incidents reports

contracts: $(VENV)/tools
	$(BIN)/lint-imports

migrations: $(VENV)/tools
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

format: $(VENV)/tools
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/tools
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script $(ARGS) || exit 1; done

chaos: $(VENV)/tools
	@echo "== SQLite"
	@CHAOS=1 $(BIN)/python -m tests.sqlite $(BIN)/python -m pytest -n 0 -s tests/chaos $(ARGS)
	@echo "== PostgreSQL"
	@CHAOS=1 $(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n 0 -s tests/chaos $(ARGS) || { code=$$?; \
	if [ $$code -eq 77 ]; then echo "PostgreSQL: not run, no server binaries (initdb, pg_ctl) were found."; else exit $$code; fi; }

browser: $(VENV)/tools
	@$(BIN)/pip install --disable-pip-version-check --quiet playwright==1.65.2
	@$(BIN)/python -m tests.sqlite $(BIN)/python -m pytest -n 0 $(sort $(wildcard tests/journeys/test_*_in_the_browser.py)) $(ARGS)

$(VENV)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime: requirements.txt | $(VENV)/pip
	$(BIN)/pip install --disable-pip-version-check --quiet -r requirements.txt
	@touch $@

$(VENV)/tools: requirements.txt requirements-dev.txt | $(VENV)/pip
	$(BIN)/pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	@touch $@ $(VENV)/runtime

help:
	@sed -n 's/^# //p' Makefile | head -6
