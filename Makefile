# `make demo` and `make test` set everything up by themselves; without network they work once the packages are there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test coverage check docs clean

demo: $(INSTALLED)
	$(BIN)/autotext demo --report autotext-demo.html

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Statements and branches of the package that tests reach, in worker processes too; TESTS=tests/task measures some of the tests.
coverage: $(INSTALLED)
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n 2 --dist worksteal $(TESTS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python benchmarks/build_experience.py --check

# The pages of docs/, to be opened at build/docs/index.html; anything that is wrong with them, such as a broken link, is an error.
docs: $(VENV)/.docs-installed
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --jobs auto docs build/docs

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

$(VENV)/.docs-installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) build dist autotext-demo .mypy_cache .ruff_cache .coverage .coverage.*
