# Everything that one does with sipapp's source, in a virtual environment of its own (.venv).
# The names of the targets are a contract: people and programs rely on them.

VENV := .venv
PYTHON := $(VENV)/bin/python
PLUGINS := $(wildcard plugins/sipapp-*)
WEB_SOURCES := $(shell find src/web -type f -not -path '*/node_modules/*' -not -path '*/coverage/*')

# What is there already is not made again: a stamp is older than what it depends on, or not.
VENV_MADE := $(VENV)/bin/pip
RUN_INSTALLED := $(VENV)/.stamp-run
TEST_INSTALLED := $(VENV)/.stamp-test
NPM_INSTALLED := src/web/node_modules/.stamp
WEB_BUILT := src/sipapp/static/.vite/manifest.json
KAMAILIO := var/kamailio
WHEELHOUSE := var/wheelhouse/.stamp

.DELETE_ON_ERROR:
.PHONY: help install run test slow firefox lint live fuzz stress bench audit lock wheels screenshots test-tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: $(RUN_INSTALLED) $(WEB_BUILT) ## prepare everything that the server needs; starts nothing
	@scripts/install-kamailio $(KAMAILIO)

run: install ## start the server and the demo switch: http://localhost:6543/sip
	@scripts/welcome
	@exec $(VENV)/bin/pserve development.ini

# One pytest session, so that its closing line, the last one printed, counts everything.
test: install test-tools ## run all tests: front end, server, plugins, browser
	@scripts/test tests/unit tests/functional tests/attacks tests/fuzz tests/packaging plugins tests/browser

slow: ## list the slowest files and tests of the last `make test`
	@$(PYTHON) scripts/slowest.py

firefox: install test-tools ## run the browser tests in Firefox (seven minutes)
	@scripts/install-firefox
	$(PYTHON) -m pytest -q -n 2 --dist loadfile --browser firefox tests/browser

lint: $(TEST_INSTALLED) $(NPM_INSTALLED) ## run ruff, mypy and eslint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@set -e; for plugin in $(PLUGINS); do \
		echo $(VENV)/bin/mypy --strict $$plugin/src; $(VENV)/bin/mypy --strict $$plugin/src; done
	scripts/npm run lint

live: install test-tools ## run the calls and admin actions on a real FreeSWITCH
	@scripts/live

# Hypothesis marks its own tests; `make test` gives each a hundredth of it.
fuzz: $(TEST_INSTALLED) ## try what nobody thought of for ten minutes (Hypothesis, Schemathesis)
	$(PYTHON) -m pytest -q -n 2 -m hypothesis --hypothesis-profile=fuzz \
		tests/unit tests/functional tests/fuzz plugins

stress: install $(TEST_INSTALLED) ## try unkind clients, failing switches and full disks (a minute)
	$(PYTHON) -m pytest -q tests/stress

bench: install $(TEST_INSTALLED) ## measure the server; bench/README.md has the rest
	@$(PYTHON) bench

# 0: nothing was found; 1: advisories were found; 2: something could not be checked. That is the
# script's exit status; make's own is 2 for both.
audit: $(TEST_INSTALLED) ## look for known vulnerabilities of the dependencies (asks osv.dev)
	@$(PYTHON) scripts/audit.py

# uv, because it locks for all platforms and versions of Python at once.
lock: $(VENV_MADE) ## write requirements.lock: the newest dependencies that setup.py allows
	$(PYTHON) -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
	$(VENV)/bin/uv pip compile setup.py --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command 'make lock' --output-file requirements.lock

wheels: $(TEST_INSTALLED) $(WEB_BUILT) ## build all distributions into dist/
	scripts/wheels $(CURDIR)/dist . $(PLUGINS)

screenshots: install test-tools ## take the README's pictures again, by the browser tests
	rm -rf var/screenshots
	$(PYTHON) -m pytest -q tests/browser/test_screenshots.py
	mkdir -p docs/images
	cp var/screenshots/*.png docs/images/

test-tools: $(TEST_INSTALLED) $(WHEELHOUSE)
	@scripts/install-chromium
	@scripts/install-nginx
	@scripts/install-proxies
	@scripts/install-nettools
	@scripts/install-filesystems

$(VENV_MADE):
	scripts/make-venv $(VENV)

# The dependencies by their hashes, and then the server with its plugins, built by what is locked.
$(RUN_INSTALLED): $(VENV_MADE) requirements.lock requirements.txt setup.py pyproject.toml \
		$(PLUGINS:%=%/setup.py)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-build-isolation -r requirements.lock
	$(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation -r requirements.txt
	@touch $@

$(TEST_INSTALLED): $(RUN_INSTALLED) requirements-dev.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Wheels of all that sipapp depends on, for the test that installs it into a new environment.
# An old pip (Debian 12's) would build those without a pyproject.toml with a package it lacks.
$(WHEELHOUSE): $(TEST_INSTALLED)
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --use-pep517 \
		-w var/wheelhouse '.[testing]'
	@rm -f var/wheelhouse/sipapp-*
	@touch $@

$(NPM_INSTALLED): $(VENV_MADE) src/web/package.json src/web/package-lock.json
	scripts/npm ci --no-audit --no-fund
	@touch $@

$(WEB_BUILT): $(NPM_INSTALLED) $(WEB_SOURCES)
	scripts/npm run build
