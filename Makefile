# `make` lists the targets. They need only make and Python 3.11 to 3.15 with venv, and install nothing
# outside this folder, except for Chromium.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The Pythons that requirements/ is made for, newest first.
PYTHONS := 3.15 3.14 3.13 3.12 3.11
NAMES := $(PYTHONS:%=python%) python3 python
RANGE := Python $(lastword $(PYTHONS)) to $(firstword $(PYTHONS))
OURS := import sys; raise SystemExit("%d.%d" % sys.version_info[:2] not in "$(PYTHONS)".split())

# The newest of them that can create an environment; `make PYTHON=... setup` uses another.
PYTHON ?= $(shell for p in $(NAMES); do \
	"$$p" -c 'import ensurepip, venv; $(OURS)' 2>/dev/null && { echo "$$p"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Keep pip's cache out of the home directory.
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup browser demo test thorough quick gate wheel check lint types contracts docs pages cards bench kills pythons lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY) ## create .venv with everything in it, on the newest Python that is installed

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "No Python here can set up voicestatus. It needs $(RANGE), with venv and ensurepip."; \
		for p in $(NAMES); do "$$p" -c '$(OURS)' 2>/dev/null && \
			echo "$$p is installed, but without venv or ensurepip (Debian: apt install $$p-venv)."; done; \
		echo "Install one (Debian: apt install python3 python3-venv), or choose one: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c '' || { echo "$(PYTHON) does not run. Choose another: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no ensurepip, so it cannot create a virtual environment."; \
		echo "Install it (Debian: apt install python3-venv), or choose another: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c '$(OURS)' || echo "$(PYTHON) is not $(RANGE), which requirements/ is made for. Trying anyway ..."
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/dev.txt
	@$(BIN)/python -m pip check --quiet
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# For the tests in a browser and for the pictures; the fonts are for the emoji on cards.
CHROMIUM := /usr/bin/chromium

browser: ## install Debian's Chromium for tests and pictures, if it is missing and you are root
	@test -x $(CHROMIUM) || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { \
		echo "Installing Chromium (once) ..."; apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq -y --no-install-recommends chromium fonts-noto-color-emoji >/dev/null; }; } \
		|| echo "No $(CHROMIUM): tests in a browser are skipped. Debian: sudo apt-get install chromium fonts-noto-color-emoji"

demo: setup ## try everything in a browser, without Slack and without a gateway account
	@$(BIN)/voicestatus demo

# One more than two cores, because tests also wait.
SIDE_BY_SIDE := --numprocesses=3 --dist=worksteal

test: setup browser ## run every test once: a few minutes
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet

thorough: setup browser ## run the whole matrix with coverage: both modes, every database, ten kills
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --thorough --cov --cov-report=
	@$(BIN)/python -m coverage report --precision=1 --fail-under=95

quick: setup ## test values, texts and services: half a minute
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --exitfirst tests/domain tests/services tests/test_texts.py

# Only the tests of the same folder count for each of the three.
gate: setup ## check that domain, gateway and storage have 100 % coverage, branches included
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --thorough --cov --cov-report= tests/domain tests/gateway tests/storage
	@$(BIN)/python -m coverage report --include='bot/domain/*,bot/gateway/*,bot/storage/*' --fail-under=100

wheel: setup ## build the wheel, install it into its own environment, and run it
	@rm -rf .cache/wheel
	@$(BIN)/python -m hatchling build --target wheel --directory .cache/wheel >/dev/null
	@$(BIN)/python -m venv .cache/wheel/env
	@.cache/wheel/env/bin/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/run.txt
	@.cache/wheel/env/bin/python -m pip install --quiet --no-deps .cache/wheel/*.whl
	@.cache/wheel/env/bin/python -m pip check --quiet
	cd .cache/wheel && env/bin/voicestatus explain 486

check: lint types contracts docs ## check format, lint, types, import contracts, docs

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml bot
	$(BIN)/hadolint Dockerfile

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

docs: setup ## check texts, glossary, generated pages and pictures, and that links work
	$(BIN)/python -m pytest --quiet tests/test_documentation.py tests/test_texts.py tests/test_glossary.py tests/cards

pages: setup ## write the generated pages: codes, settings, .env.example, manifest
	$(BIN)/python -m scripts.settings_pages
	$(BIN)/voicestatus explain --all --markdown --language en > docs/codes.md
	$(BIN)/voicestatus explain --all --markdown --language pt-BR > docs/codigos.md
	$(BIN)/voicestatus manifest > manifest.yml

cards: pages browser ## write the generated pages, the snapshot of the cards, and the pictures
	$(BIN)/python -m tests.cards
	$(BIN)/python -m scripts.pictures

kills: setup ## kill processes with watches and lists in progress, and count every notice
	$(BIN)/python -m pytest --thorough tests/watches

bench: setup ## measure, and print the figures side by side
	$(BIN)/python -m scripts.bench

# Prints one line for each; details are in the log beside its folder.
pythons: ## try set-up, tour and quick tests on each installed Python, each in its own folder
	@mkdir -p .cache/pythons; tried=; failed=; \
	step() { \
		name=$$1; shift; \
		if "$$@" >>"$$log" 2>&1 </dev/null; then line="$$line $$name ok,"; else \
			line="$$line $$name FAILED (see $$log),"; failed=yes; return 1; fi; }; \
	for version in $(PYTHONS); do \
		python=python$$version; folder=.cache/pythons/$$version; log=$$folder.log; \
		"$$python" -c '$(OURS)' 2>/dev/null || continue; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$$python: SKIPPED: without venv or ensurepip it cannot create an environment (Debian: apt install $$python-venv)"; continue; }; \
		tried=yes; line="$$("$$python" --version):"; : >"$$log"; \
		step set-up $(MAKE) --no-print-directory VENV=$$folder PYTHON=$$python setup && { \
			step tour $$folder/bin/voicestatus demo --terminal; \
			step "quick tests" $(MAKE) --no-print-directory VENV=$$folder PYTHON=$$python quick; \
			line="$$line $$(grep -E '(passed|failed).* in ' "$$log" | tail -n 1)"; }; \
		echo "$${line%,}"; \
	done; \
	test -n "$$tried" || { echo "Nothing was tried: no installed $(RANGE) can create an environment."; exit 1; }; \
	test -z "$$failed"

lock: export UV_PYTHON_DOWNLOADS := never
lock: ## update requirements/; needs uv
	uv lock --upgrade
	uv export --quiet --no-emit-project --no-dev --all-extras --no-annotate --no-header -o requirements/run.txt
	uv export --quiet --no-emit-project --all-groups --all-extras --no-annotate --no-header -o requirements/dev.txt
	uv export --quiet --no-emit-project --only-group build --no-annotate --no-header -o requirements/build.txt
	@echo "Checking that every package has a wheel for each of $(RANGE) on Linux ..."
	@for version in $(PYTHONS); do uv pip install --quiet --dry-run --no-deps --require-hashes --only-binary :all: \
		--python-version $$version --python-platform x86_64-manylinux_2_28 --target .cache/lock \
		--requirement requirements/dev.txt || exit 1; done

clean: ## remove everything that these targets created
	rm -rf .venv .cache .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
