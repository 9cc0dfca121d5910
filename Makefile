# make chat                    talk with the bundled articles
# make chat ARTICLES=folder    talk with your own
# make test                    run the tests
# make lint                    check style, types and formatting
# make audit                   check the dependencies for known vulnerabilities
# make bench                   measure quality, checks, waits and speed on public data, where it is at hand
# make reader                  train the reader anew, export it, and fit what weighs its words
# make fuzz MINUTES=60         feed whatever is read with what it was not made for
# make soak MINUTES=30         keep a server busy, and see what it comes to

PYTHON ?= python3
BIN := .venv/bin
ARTICLES ?=
INDEX ?= $(if $(ARTICLES),.indexes/$(shell basename "$(ARTICLES)"))
INDEX_FLAG := $(if $(INDEX),--index "$(INDEX)")
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: audit bench chat fuzz lint reader soak test

chat: .venv/installed
	@$(BIN)/rag index $(if $(ARTICLES),"$(ARTICLES)") $(INDEX_FLAG)
	@$(BIN)/rag chat $(INDEX_FLAG)

# Processes side by side, each with models and a browser of its own: 1 to 2 GB.
test: .venv/installed-test
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: .venv/installed-test
	@$(BIN)/python .ci/audit.py

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make chat PYTHON=python3.11")'
	@echo "Installing into .venv: a few minutes the first time"
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --editable .
	@touch $@

.venv/installed-test: .venv/installed
	@$(PIP_INSTALL) --editable '.[test]'
	@touch $@

# What the tests of language models in files need as well: some 300 MB.
.venv/installed-test-local: .venv/installed-test
	@$(PIP_INSTALL) --editable '.[test-local]'
	@touch $@

bench: .venv/installed-test
	$(BIN)/python -m pytest -m slow -s
	$(BIN)/python -m tests.benchmarks.quality
	$(BIN)/python -m tests.benchmarks.verifier
	$(BIN)/python -m tests.benchmarks.poisoned
	$(BIN)/python -m tests.benchmarks.first_words
	$(BIN)/python -m tests.benchmarks.speed

# In large pages of memory, it takes a tenth less time.
reader: .venv/installed-test
	GLIBC_TUNABLES=glibc.malloc.hugetlb=1 $(BIN)/python -m tests.benchmarks.reader.train
	$(BIN)/python -m tests.benchmarks.reader.export
	$(BIN)/python -m tests.benchmarks.fit reading evidence_read confidence_read

fuzz: .venv/installed-test
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),60)

soak: .venv/installed-test
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),30)
