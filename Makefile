# Everything that a contributor or CI needs; each target works from a clean checkout with nothing but Python.
PYTHON ?= python3
VENV := .venv
DEMO := .venv-demo
CONFORMANCE := .venv-conformance
DOCS := .venv-docs
BENCH := .venv-bench
PACKAGE := .venv-package
LOWEST := .venv-lowest
DASK := .venv-dask
RUNS ?= 5
BIN := $(VENV)/bin
N ?= 10000
SEED ?= 1
JOBS ?= 2

.PHONY: demo test lint typecheck format docs conformance oracle bite bench reliability package lowest dask audit selfcheck clean

demo: $(DEMO)/installed ## install into an environment of its own, lint the bundled examples, show the findings
	@echo "== examples/leaky: one leak of every kind"
	@$(DEMO)/bin/pgleak-lint check examples/leaky; code=$$?; \
	if [ $$code -ne 1 ]; then echo "expected findings (exit code 1), got $$code"; exit 1; fi
	@echo
	@echo "== examples/clean: the same service, mended"
	@$(DEMO)/bin/pgleak-lint check examples/clean

test: $(VENV)/installed ## run all tests in an environment of its own
	$(BIN)/python -m pytest -n auto -q

lint: $(VENV)/installed
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/ruff format --check src tests benchmarks scripts

typecheck: $(VENV)/installed
	$(BIN)/mypy

format: $(VENV)/installed
	$(BIN)/ruff check --fix src tests benchmarks scripts
	$(BIN)/ruff format src tests benchmarks scripts

selfcheck: $(VENV)/installed ## our own linter on our own code
	$(BIN)/pgleak-lint check src benchmarks

oracle: $(VENV)/installed ## compare the analysis with executions: make oracle N=100000 SEED=7
	$(BIN)/python -m tests.oracle --programs $(N) --seed $(SEED) --jobs $(JOBS)
	$(BIN)/python -m tests.oracle --programs $(N) --seed $(SEED) --jobs $(JOBS) --spread

bite: $(VENV)/installed ## break the analysis on purpose and see the oracle notice
	$(BIN)/python -m tests.oracle.bite

reliability: $(VENV)/installed ## the standard library, and N damaged files, through the whole tool; kill runs at any moment
	$(BIN)/python -m tests.reliability files $$($(BIN)/python -c 'import os; print(os.path.dirname(os.__file__))') --jobs $(JOBS)
	$(BIN)/python -m tests.reliability mutations examples tests --count $(N) --seed $(SEED) --jobs $(JOBS)
	$(BIN)/python -m tests.reliability readings src tests --count $(N) --seed $(SEED) --jobs $(JOBS)
	$(BIN)/python -m tests.reliability.kills --count 100 --seed $(SEED)

package: $(PACKAGE)/installed ## build wheel and source distribution into dist/, twice, and check them
	$(PACKAGE)/bin/python scripts/package.py dist

audit: $(PACKAGE)/installed ## known vulnerabilities of what we depend on
	$(PACKAGE)/bin/pip-audit .

lowest: ## the tests with the oldest dependencies that pyproject.toml admits
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python scripts/lowest.py > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pytest -n auto -q

dask: ## the tests of running on a Dask cluster, in an environment of their own
	$(PYTHON) -m venv $(DASK)
	$(DASK)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dask]' 'pytest>=8'
	$(DASK)/bin/python -m pytest -q tests/pipeline/test_executors.py

conformance: $(CONFORMANCE)/installed ## run every driver against a real database and write docs/drivers.md: make conformance RIGS=asyncpg
	$(CONFORMANCE)/bin/python -m tests.conformance $(RIGS)

bench: $(BENCH)/installed ## measure us beside other linters, on real packages, and write docs/performance.md
	$(BENCH)/bin/python benchmarks/corpus.py fetch --into .corpus
	cd benchmarks && ../$(BENCH)/bin/python peers.py --corpus ../.corpus --runs $(RUNS) --write ../docs/performance.md
	$(BENCH)/bin/python benchmarks/scaling.py --chart docs/images/scaling.svg

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(CONFORMANCE)/installed: pyproject.toml tests/conformance/requirements.txt
	$(PYTHON) -m venv $(CONFORMANCE)
	$(CONFORMANCE)/bin/python -m pip install --quiet --disable-pip-version-check -e .
	@# one by one: a driver that can't be built here is one rig that is skipped, and says so
	@while read -r package; do \
	  $(CONFORMANCE)/bin/python -m pip install --quiet --disable-pip-version-check "$$package" >/dev/null 2>&1 \
	  || echo "not installed: $$package"; done < tests/conformance/requirements.txt
	@touch $@

$(BENCH)/installed: pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check . -r benchmarks/requirements.txt
	@touch $@

$(PACKAGE)/installed: pyproject.toml
	$(PYTHON) -m venv $(PACKAGE)
	$(PACKAGE)/bin/python -m pip install --quiet --disable-pip-version-check build twine pip-audit
	@touch $@

$(DEMO)/installed: pyproject.toml
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) $(CONFORMANCE) $(DOCS) $(BENCH) $(PACKAGE) $(LOWEST) $(DASK) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

docs: $(DOCS)/installed ## build the documentation site into site/
	$(DOCS)/bin/mkdocs build --strict --quiet

$(DOCS)/installed: pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@
