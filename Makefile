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
PYTHON ?= $(shell for python in python3.11 python3 python3.14 python3.13 python3.12; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
		>/dev/null 2>&1 && { echo $$python; break; }; done)

# The newer interpreters that are at hand, for `make test-pythons`.
PYTHONS ?= $(shell for python in python3.12 python3.13 python3.14; do \
	$$python -c 'import ensurepip, venv' >/dev/null 2>&1 && echo $$python; done)

EXTRAS-demo := fast,plot,cli
EXTRAS-test := test,browser,generators,lint,docs
EXTRAS-docs := docs
EXTRAS-release := release
EXTRAS-bench := bench

# One thread a worker: the test workers already share out the cores.
PYTEST := OMP_NUM_THREADS=1 MPLBACKEND=Agg $(BIN)/pytest -n auto --dist worksteal
# Where versions are in question, and not the mathematics.
QUICK := -m "not slow" --hypothesis-profile=few

.DEFAULT_GOAL := help
.PHONY: help env envs demo test test-installs test-oldest test-minimal test-wheel test-pythons test-fast lint format docs bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(INSTALLED)-test  ## build .venv with everything that development needs

envs: env .venv-oldest/.installed .venv-minimal/.installed  ## build every environment that the tests use

demo: $(INSTALLED)-demo  ## build what the demo needs, and run it
	$(BIN)/skcurve demo

test: env lint  ## lint, then every test and doctest
	$(PYTEST) --mpl

test-installs: test-oldest test-minimal test-wheel  ## the tests on other installations

test-oldest: .venv-oldest/.installed  ## the quick tests with the oldest versions that are admitted
	NUMBA_CACHE_DIR=.venv-oldest/numba $(subst $(BIN),.venv-oldest/bin,$(PYTEST)) $(QUICK)

test-minimal: .venv-minimal/.installed  ## the quick tests with no extra; those that need one skip
	$(subst $(BIN),.venv-minimal/bin,$(PYTEST)) $(QUICK)

test-wheel: $(INSTALLED)-release  ## build wheel and sdist, check them, and use each in an environment of its own
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/*
	for package in dist/*.whl dist/*.tar.gz; do \
		rm -rf .venv-wheel && $(PYTHON) -m venv .venv-wheel && \
		.venv-wheel/bin/pip install --quiet -c constraints.txt "$$package" && \
		(cd dist && ../.venv-wheel/bin/python ../.ci/check_installed.py) || exit 1; \
	done

# Not part of test-installs: for these torch has no small build on PyPI for Linux, and each
# environment takes gigabytes.
test-pythons:  ## the quick tests with each newer Python that is found; gigabytes for each
	@test -n "$(PYTHONS)" || echo "no python3.12, python3.13 or python3.14 was found; name some: \
	make test-pythons PYTHONS='/path/to/python3.13'"
	for python in $(PYTHONS); do \
		venv=.venv-$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])') && \
		$$python -m venv $$venv && \
		$$venv/bin/pip install --quiet -c constraints.txt -e '.[test]' && \
		$(subst $(BIN),$$venv/bin,$(PYTEST)) $(QUICK) || exit 1; \
	done

test-fast: env  ## the tests and doctests that take seconds
	$(PYTEST) --mpl -m "not slow"

lint: env  ## style, formatting, types, spelling; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: env  ## put the code in order, as far as ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(INSTALLED)-docs  ## run the gallery, and build the pages into docs/_build
	$(BIN)/sphinx-build -q -W --keep-going docs docs/_build

bench: $(INSTALLED)-bench  ## run the benchmarks, one after another; ONLY=augment those of a name
	@set -e; for script in benchmarks/bench_$(ONLY)*.py; do $(BIN)/python $$script; done

clean:  ## remove all that these targets made, .venv included
	rm -rf $(VENV) .venv-* build dist *.egg-info docs/_build docs/auto_examples docs/generated skcurve-demo .coverage* .hypothesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "skcurve needs Python 3.11 or newer (with its venv module), and \
	none was found. Install one, or name it: make env PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED)-%: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing skcurve[$(EXTRAS-$*)] in $(VENV): minutes at first, seconds after"
	$(BIN)/pip install --quiet -c constraints.txt -e '.[$(EXTRAS-$*)]'
	@touch $@

.venv-oldest/.installed: pyproject.toml constraints-oldest.txt
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install --quiet -c constraints-oldest.txt -e '.[test]'
	@touch $@

.venv-minimal/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-minimal
	.venv-minimal/bin/pip install --quiet -c constraints.txt -e . hypothesis pytest pytest-xdist
	@touch $@
