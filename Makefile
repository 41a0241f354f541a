# Every target works on a bare machine with Python >= 3.11 and make: the first one that runs
# makes the virtual environment $(VENV) and installs the versions pinned in constraints.txt.
#
#   PYTHON       the interpreter that makes the environment
#   VENV         where the environment goes
#   PIP_ARGS     more arguments for pip install, such as an index with the CPU build of torch
#   PYTEST_ARGS  more arguments for pytest
#   DOCS_ARGS    more arguments for sphinx-build, such as "-D plot_gallery=0" to run no example
#   BENCH_ARGS   more arguments for python -m benchmarks, such as "--only 1 2"

PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$python; break; }; done)
VENV ?= .venv
PIP_ARGS ?=
PYTEST_ARGS ?=
DOCS_ARGS ?=
BENCH_ARGS ?=

VENV_PYTHON = $(VENV)/bin/python
CONSTRAINTS = constraints.txt
# One thread a worker: more only fight over the same cores. Who is done takes tests of the others.
PYTEST = OMP_NUM_THREADS=1 $(VENV_PYTHON) -m pytest -n auto --maxprocesses=4 --dist worksteal $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-oldest test-here bench docs lint format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed-all ## train AttnGen, a CNN and a k-mer baseline on real DNA (minutes)
	$(VENV_PYTHON) examples/plot_splice_junctions.py

test: $(VENV)/.installed-dev ## run the tests and the doctests, without the slow ones
	$(PYTEST) -m "not slow"

test-all: $(VENV)/.installed-dev ## run all tests, as CI does
	$(PYTEST)

test-oldest: ## run them with the oldest versions that are allowed (Python 3.11)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "The oldest versions are for Python 3.11: make test-oldest PYTHON=python3.11" >&2; \
		exit 1; }
	$(MAKE) VENV=$(VENV)-oldest CONSTRAINTS=constraints-oldest.txt test-here

# The benchmarks are for the pinned versions alone; networks and devices know nothing but torch, of
# which there is one version.
test-here: $(VENV)/.installed-test
	$(PYTEST) -m "not slow" --ignore=tests/benchmarks --ignore=tests/networks --ignore=tests/test_devices.py

bench: $(VENV)/.installed-bench ## time each step against its rivals (long)
	$(VENV_PYTHON) -m benchmarks --json benchmarks/results/speed.json $(BENCH_ARGS)

docs: $(VENV)/.installed-docs ## build the website in docs/_build/html; runs the examples (minutes)
	rm -rf docs/_generated  # a page of a name that is no longer public would be an error
	$(VENV_PYTHON) -m sphinx -W --keep-going -q $(DOCS_ARGS) docs docs/_build/html
	@echo "The website is docs/_build/html/index.html"

lint: $(VENV)/.installed-dev ## check style, formatting and types
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy

format: $(VENV)/.installed-dev ## mend style and formatting where ruff can
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .

clean: ## remove what the other targets made, the environment included
	rm -rf $(VENV) $(VENV)-oldest build dist demo_output docs/_build docs/_gallery docs/_generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is newer than what it was made from, so a second call installs nothing.
$(VENV)/.installed-%: pyproject.toml $(CONSTRAINTS) | $(VENV_PYTHON)
	$(VENV_PYTHON) -m pip install --disable-pip-version-check $(PIP_ARGS) \
		-c $(CONSTRAINTS) -e '.[$*]'
	@touch $@

$(VENV_PYTHON):
	@test -n "$(PYTHON)" || { \
		echo "No Python >= 3.11 found. Install one, or name it: make PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "'$(PYTHON)' is not Python >= 3.11. Name another: make PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; }
