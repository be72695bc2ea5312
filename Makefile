# Everything happens in .venv; nothing is installed twice. `make help` lists the targets.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
EXPERIMENT ?= experiments/default.yaml
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NAME := $(basename $(notdir $(EXPERIMENT)))
# Results that git has are made anew, so that they are reproduced and not taken over; all others are resumed.
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
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[corpora,dev]'
	touch $@

install: $(INSTALLED)  ## make .venv and install everything there, with the tested versions

experiment: install  ## run (or resume) EXPERIMENT=experiments/default.yaml and report it
	$(BIN)/textclf experiment $(EXPERIMENT) $(COMMITTED)

report: install  ## write the report of EXPERIMENT again
	$(BIN)/textclf report results/$(NAME)

$(PEERS)/.installed: experiments/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --disable-pip-version-check --quiet -r experiments/peers/requirements.txt
	touch $@

bench: install $(PEERS)/.installed  ## measure speed, beside Keras and Flair too; more options in BENCH="…"
	$(BIN)/textclf bench $(BENCH)

readme: install  ## put the recorded numbers into README.md
	$(BIN)/python -m textclf.bench.readme README.md results

test: install  ## run the tests that are quick
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not slow"

test-slow: install  ## run the tests that take longer
	$(BIN)/python -m pytest -q -m slow

check: install  ## style, types and the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:  ## remove .venv and caches; results stay
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info
