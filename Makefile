# The two commands of a newcomer are `make demo` and `make test`; each sets everything up by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check format lock drill bench fuzz-envelope clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: $(STAMP)        ## the main job, told step by step, with pictures
	$(BIN)/edoc-gateway demo --once

test: $(STAMP)        ## every test that fits in a few minutes
	$(BIN)/python -m pytest

check: $(STAMP)       ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:                 ## needs uv on the path
	uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-header --quiet -o requirements.lock

drill: $(STAMP)       ## kill -9 at every boundary, on SQLite and PostgreSQL
	$(BIN)/python -m tests.live.drill

bench: $(STAMP)       ## ratios against physical limits
	$(BIN)/python -m benchmarks.incoming
	$(BIN)/python -m benchmarks.envelope

fuzz-envelope: $(STAMP) ## mutated edXML files: no crash, no hang, bounded memory
	$(BIN)/python -m tests.fuzz_envelope 20000

clean:
	rm -rf $(VENV) build dist
