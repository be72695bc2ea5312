# All targets use .venv. `make help` lists them.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
EXPERIMENT ?= experiments/default.yaml
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NAME := $(basename $(notdir $(EXPERIMENT)))
# Committed results are computed again, so that they are reproduced; all other results are resumed.
COMMITTED = $(shell git ls-files --error-unmatch results/$(NAME)/runs.jsonl >/dev/null 2>&1 \
	&& git diff --quiet HEAD -- results/$(NAME)/runs.jsonl && echo --fresh)

PEERS := .venv-peers
BENCH ?=

.PHONY: help install experiment report bench test test-slow check readme clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed; name one: make PYTHON=python3.11"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[corpora,dev,pretrained]'
	touch $@

install: $(INSTALLED)  ## create .venv and install everything there, in the tested versions

experiment: install  ## run (or resume) EXPERIMENT=experiments/default.yaml and write its report
	$(BIN)/textclf experiment $(EXPERIMENT) $(COMMITTED)

report: install  ## write the report of EXPERIMENT again
	$(BIN)/textclf report results/$(NAME)

$(PEERS)/.installed: experiments/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --disable-pip-version-check --quiet -r experiments/peers/requirements.txt
	touch $@

bench: install $(PEERS)/.installed  ## measure speed and compare it with Keras and Flair; BENCH="…" passes options
	$(BIN)/textclf bench $(BENCH)

readme: install  ## write the recorded numbers into README.md
	$(BIN)/python -m textclf.bench.readme README.md results

test: install  ## run the quick tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not slow"

test-slow: install  ## run the tests that take more than a minute
	$(BIN)/python -m pytest -q -m slow

check: install  ## check style, types and which module imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:  ## remove .venv and caches; keep results
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info
