# One command each; plain `make` lists them.
#
# Everything is installed in .venv. A stamp file there remembers each set of extras, so pip runs
# again only when pyproject.toml or constraints.txt changes. Every install is held to
# constraints.txt: that repeats the build and keeps pip from fetching another torch.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The first Python that runs, is new enough, and can make a virtual environment. 3.11 comes first
# because torch, as pinned in constraints.txt, has a ready wheel for it.
PYTHON ?= $(shell for python in python3.11 python3 python3.13 python3.12; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
		>/dev/null 2>&1 && { echo $$python; break; }; done)

EXTRAS-demo := fast,plot,cli
EXTRAS-test := test,lint
EXTRAS-docs := docs
EXTRAS-bench := bench

# One thread a worker: the test workers already share out the cores.
PYTEST := OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/pytest -n auto

.DEFAULT_GOAL := help
.PHONY: help env demo test test-fast lint format docs bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(INSTALLED)-test  ## build .venv with everything that development needs

demo: $(INSTALLED)-demo  ## build what the demo needs, and run it
	$(BIN)/skcurve demo

test: env lint  ## lint, then every test and doctest
	$(PYTEST)

test-fast: env  ## the tests and doctests that take seconds
	$(PYTEST) -m "not slow"

lint: env  ## style, formatting, types, spelling; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: env  ## put the code in order, as far as ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(INSTALLED)-docs  ## build the pages into docs/_build
	$(BIN)/sphinx-build -q docs docs/_build

bench: $(INSTALLED)-bench  ## run every benchmarks/bench_*.py, one after another
	@set -e; for script in benchmarks/bench_*.py; do $(BIN)/python $$script; done

clean:  ## remove all that these targets made, .venv included
	rm -rf $(VENV) build dist *.egg-info docs/_build skcurve-demo .coverage* .hypothesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "skcurve needs Python 3.11 or newer (with its venv module), and \
	none was found. Install one, or name it: make env PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED)-%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing skcurve[$(EXTRAS-$*)] in $(VENV): minutes at first, seconds after"
	$(BIN)/pip install --quiet -c constraints.txt -e '.[$(EXTRAS-$*)]'
	@touch $@
