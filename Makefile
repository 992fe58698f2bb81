# One word for each thing. Each needs only make and a Python from 3.11 to 3.15 with venv, and leaves
# nothing outside this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The Pythons that requirements/ was made for, newest first.
PYTHONS := 3.15 3.14 3.13 3.12 3.11
NAMES := $(PYTHONS:%=python%) python3 python
RANGE := Python $(lastword $(PYTHONS)) to $(firstword $(PYTHONS))
OURS := import sys; raise SystemExit("%d.%d" % sys.version_info[:2] not in "$(PYTHONS)".split())

# The newest of them that can make an environment; name another with `make PYTHON=... setup`.
PYTHON ?= $(shell for p in $(NAMES); do \
	"$$p" -c 'import ensurepip, venv; $(OURS)' 2>/dev/null && { echo "$$p"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Nothing of pip's goes to the home directory.
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup browser demo test thorough quick gate wheel check lint types contracts docs cards bench kills pythons lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY) ## make .venv with everything in it, on the newest Python that is here

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "No Python here can set up voicestatus. It needs $(RANGE), with venv and ensurepip."; \
		for p in $(NAMES); do "$$p" -c '$(OURS)' 2>/dev/null && \
			echo "$$p is here, but without venv or ensurepip (Debian: apt install $$p-venv)."; done; \
		echo "Install one (Debian: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c '' || { echo "$(PYTHON) does not run. Name another: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no ensurepip, so no virtual environment can be made."; \
		echo "Install it (Debian: apt install python3-venv), or name another: make PYTHON=/path/to/python3.14 setup"; exit 1; }
	@"$(PYTHON)" -c '$(OURS)' || echo "$(PYTHON) is not $(RANGE), which requirements/ was made for. Trying all the same ..."
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV)
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

# A little more than two cores can do at once, since tests also wait.
SIDE_BY_SIDE := --numprocesses=3 --dist=worksteal

test: setup browser ## everything once: a few minutes
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet

thorough: setup browser ## the whole matrix, with coverage: both modes, every database, ten kills
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --thorough --cov --cov-report=
	@$(BIN)/python -m coverage report --precision=1 --fail-under=95

quick: setup ## values, texts, services: half a minute
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --exitfirst tests/domain tests/services tests/test_texts.py

# Each of the three is covered by the tests of its own folder, whatever else runs it.
gate: setup ## domain, gateway and storage covered to 100 %, branches included
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --quiet --thorough --cov --cov-report= tests/domain tests/gateway tests/storage
	@$(BIN)/python -m coverage report --include='bot/domain/*,bot/gateway/*,bot/storage/*' --fail-under=100

wheel: setup ## what would be published: built, installed into an environment of its own, and tried
	@rm -rf .cache/wheel
	@$(BIN)/python -m hatchling build --target wheel --directory .cache/wheel >/dev/null
	@$(BIN)/python -m venv .cache/wheel/env
	@.cache/wheel/env/bin/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/run.txt
	@.cache/wheel/env/bin/python -m pip install --quiet --no-deps .cache/wheel/*.whl
	@.cache/wheel/env/bin/python -m pip check --quiet
	cd .cache/wheel && env/bin/voicestatus explain 486

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

cards: setup browser ## write anew what is made from the texts: snapshot of the cards, pages, pictures
	$(BIN)/python -m tests.cards
	$(BIN)/voicestatus explain --all --markdown --language en > docs/codes.md
	$(BIN)/voicestatus explain --all --markdown --language pt-BR > docs/codigos.md
	$(BIN)/voicestatus manifest > manifest.yml
	$(BIN)/python -m scripts.pictures

kills: setup ## kill processes with watches in flight, and count every notice
	$(BIN)/python -m pytest --thorough tests/watches

bench: setup ## figures side by side, in one run
	$(BIN)/python -m scripts.bench

# One line for each; what went wrong is in the log beside its folder.
pythons: ## set-up, tour and quick tests on each Python that is here, each in a folder of its own
	@mkdir -p .cache/pythons; tried=; failed=; \
	step() { \
		name=$$1; shift; \
		if "$$@" >>"$$log" 2>&1 </dev/null; then line="$$line $$name ok,"; else \
			line="$$line $$name FAILED (see $$log),"; failed=yes; return 1; fi; }; \
	for version in $(PYTHONS); do \
		python=python$$version; folder=.cache/pythons/$$version; log=$$folder.log; \
		"$$python" -c '$(OURS)' 2>/dev/null || continue; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "$$python: SKIPPED: without venv or ensurepip it cannot make an environment (Debian: apt install $$python-venv)"; continue; }; \
		tried=yes; line="$$("$$python" --version):"; : >"$$log"; \
		step set-up $(MAKE) --no-print-directory VENV=$$folder PYTHON=$$python setup && { \
			step tour $$folder/bin/voicestatus demo --terminal; \
			step "quick tests" $(MAKE) --no-print-directory VENV=$$folder PYTHON=$$python quick; \
			line="$$line $$(grep -E '(passed|failed).* in ' "$$log" | tail -n 1)"; }; \
		echo "$${line%,}"; \
	done; \
	test -n "$$tried" || { echo "Nothing was tried: no $(RANGE) here can make an environment."; exit 1; }; \
	test -z "$$failed"

lock: export UV_PYTHON_DOWNLOADS := never
lock: ## write requirements/ anew; needs uv
	uv lock --upgrade
	uv export --quiet --no-emit-project --no-dev --no-annotate --no-header -o requirements/run.txt
	uv export --quiet --no-emit-project --all-groups --no-annotate --no-header -o requirements/dev.txt
	uv export --quiet --no-emit-project --only-group build --no-annotate --no-header -o requirements/build.txt
	@echo "Looking for a wheel of everything for each of $(RANGE) on Linux ..."
	@for version in $(PYTHONS); do uv pip install --quiet --dry-run --no-deps --require-hashes --only-binary :all: \
		--python-version $$version --python-platform x86_64-manylinux_2_28 --target .cache/lock \
		--requirement requirements/dev.txt || exit 1; done

clean: ## remove everything that was made here
	rm -rf .venv .cache .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
