# One word for each thing. Each needs only make and a Python from 3.11 to 3.13 with venv, and leaves
# nothing outside this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python of a version that is supported; name another with `make PYTHON=... setup`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys, venv; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && { echo "$$p"; break; }; done)

BIN := .venv/bin
READY := .venv/ready
# Nothing of pip's goes to the home directory.
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup browser demo test quick check lint types contracts docs pictures bench kills lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY) ## make .venv with everything in it

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "voicestatus needs Python 3.11, 3.12 or 3.13 with the venv module."; \
		echo "Install it (Debian: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python3.12 setup"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || { \
		echo "This Python has no ensurepip, so no virtual environment can be made."; \
		echo "Install it (Debian: apt install python3-venv), or name another: make PYTHON=/path/to/python3.12 setup"; exit 1; }
	@echo "Setting up .venv (once; about a minute) ..."
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/dev.txt
	@$(BIN)/python -m pip check --quiet
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What the tests in a browser and the pictures need; fonts, since the cards have signs of emoji.
CHROMIUM := /usr/bin/chromium

browser: ## Debian's Chromium for the tests and the pictures; installed as root where it is missing
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { \
		echo "Installing Chromium (once) ..."; apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq -y --no-install-recommends chromium fonts-noto-color-emoji >/dev/null; }; } \
		|| echo "No $(CHROMIUM): tests in a browser are skipped. Debian: sudo apt-get install chromium fonts-noto-color-emoji"

demo: setup ## try everything in a browser, with no Slack and no gateway account
	@$(BIN)/voicestatus demo

# Some tests hold a whole machine's attention, so there are never more than a few side by side.
SIDE_BY_SIDE := --numprocesses=auto --maxprocesses=4 --dist=worksteal

test: setup browser ## every test, with coverage
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term
	@$(BIN)/python -m coverage report --precision=1 --fail-under=95 >/dev/null || { echo "Branch coverage is under 95 %."; exit 1; }
	@$(BIN)/python -m coverage report --include='bot/domain/*,bot/gateway/*,bot/storage/*' --fail-under=100 || { echo "domain, gateway and storage must be covered to 100 %."; exit 1; }

quick: setup ## values, texts, services: about a minute
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not slow' --quiet --exitfirst tests/domain tests/services tests/test_texts.py

check: lint types contracts docs ## format, lint, types, import contracts, docs

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml bot
	$(BIN)/hadolint Dockerfile

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

docs: setup ## generated pages and pictures are fresh, links lead somewhere
	$(BIN)/python -m pytest --quiet tests/test_documentation.py

pictures: setup browser ## write the README's pictures and the generated pages anew
	$(BIN)/python -m pictures
	$(BIN)/voicestatus explain --all --markdown --language en > docs/codes.md
	$(BIN)/voicestatus explain --all --markdown --language pt-BR > docs/codigos.md
	$(BIN)/voicestatus manifest > manifest.yml

kills: setup ## kill processes with watches in flight, and count every notice
	KILLS=$${KILLS:-5} AWAY_SECONDS=$${AWAY_SECONDS:-60} $(BIN)/python -m pytest tests/watches

bench: setup ## figures side by side, in one run
	$(BIN)/python -m bench

lock: ## write requirements/ anew; needs uv
	UV_PYTHON_DOWNLOADS=never uv lock --upgrade
	uv export --quiet --no-emit-project --no-dev --no-annotate --no-header -o requirements/run.txt
	uv export --quiet --no-emit-project --all-groups --no-annotate --no-header -o requirements/dev.txt
	uv export --quiet --no-emit-project --only-group build --no-annotate --no-header -o requirements/build.txt

clean: ## remove everything that was made here
	rm -rf .venv .cache .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
