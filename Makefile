# Every target does its own set-up in .venv; the second time that takes no time.
# To choose the interpreter: make demo PYTHON=/path/to/python3.12

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Where `make demo` puts its journal; never removed by `make clean`, for you may have written in it.
DEMO ?= demo
# Extra words for pytest: make test ARGS="-k record -x"; with ARGS="-n 0 --pdb" in one process.
ARGS ?=
# A file's tests stay in one process, so that what they share is made once.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench clean

help:
	@echo "make demo    train on the embedded reviews and build a journal in ./$(DEMO)"
	@echo "make test    run the tests"
	@echo "make lint    ruff and mypy"
	@echo "make format  let ruff put the code in order"
	@echo "make bench   time what is promised to be fast"
	@echo "make clean   remove caches and built packages"

demo: .venv/.run
	@$(BIN)/journal demo "$(DEMO)"

test: .venv/.dev
	@$(BIN)/python -m pytest -q -m "not bench" $(PARALLEL) $(ARGS)

lint: .venv/.dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

format: .venv/.dev
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format .

bench: .venv/.run
	@$(BIN)/python tests/benchmarks/bench.py $(ARGS)

clean:
	@rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# The stamps depend on pyproject.toml alone, because the install is editable: a change of the code
# needs no second install, a change of the dependencies does. Of pip only errors are shown.
.venv/.run: .venv/pyvenv.cfg pyproject.toml
	@echo "Installing the journal and what it trains with into .venv: some minutes the first time ..."
	@$(PIP) install -qq --editable ".[train,embedded,docx]"
	@touch $@

.venv/.dev: .venv/pyvenv.cfg pyproject.toml
	@echo "Installing the journal and its development tools into .venv: some minutes the first time ..."
	@$(PIP) install -qq --editable ".[train,embedded,docx,dev]"
	@touch $@ .venv/.run

# A name that answers may still be too old, or a version manager's empty shell, so each is asked.
# Its folder is removed when venv fails half-way, or the next make would take it for finished.
.venv/pyvenv.cfg:
	@for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { without="$$python"; continue; }; \
	    echo "Making .venv with $$python"; \
	    "$$python" -m venv .venv || { rm -rf .venv; exit 1; }; \
	    exit 0; \
	done; \
	if test -n "$$without"; then \
	    echo "make: $$without cannot make a virtual environment; install its venv package" \
	         "(on Debian and Ubuntu: $${without##*/}-venv) and run make again." >&2; \
	else \
	    echo "make: no Python 3.11 or newer was found; install one, or name it:" \
	         "make PYTHON=/path/to/python3.11" >&2; \
	fi; \
	exit 1
