# Two commands for a fresh machine with Python 3.11 or later: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
PROGRAMS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(PROGRAMS)
OLD := .venv-datasets-3.6
TF := .venv-tensorflow
TENSORFLOW := $(if $(filter Darwin,$(shell uname -s)),tensorflow,tensorflow-cpu)
CODE := hf_medseg tests benchmarks tools upload loading_scripts notebooks

.PHONY: demo test suite test-all dist lint docs pages cards scripts facts api licenses commands bench clean

demo: $(VENV)/demo.stamp
	$(BIN)/python -m tests.support.demo

# Types are checked beside the tests, which leave a core idle now and then.
test: $(VENV)/test.stamp $(OLD)/stamp $(TF)/stamp
	$(MAKE) --jobs=2 lint suite

# Hundreds of its tests start a process: each would compile the package anew where compiled modules are not kept.
suite:
	HF_MEDSEG_OLD_PYTHON=$(CURDIR)/$(OLD)/$(PROGRAMS)/python \
	HF_MEDSEG_TENSORFLOW_PYTHON=$$(cat $(TF)/stamp) \
	PYTHONDONTWRITEBYTECODE= \
	$(BIN)/python -m pytest -n auto --dist worksteal

# The core of the suite on every Python that this machine has, each in an environment of its own.
test-all: test
	$(BIN)/python -m tools.pythons

lint: $(VENV)/test.stamp
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

# Wheel and source distribution, checked, and the demo run from each in a fresh environment.
dist: $(VENV)/test.stamp
	$(BIN)/python -m tools.dist

# The guides, the Python interface and the catalog as one site in `build/docs`; a link that leads nowhere is an error.
docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs build/docs
	@echo build/docs/index.html

# Everything that is generated and committed.
pages: $(VENV)/test.stamp
	$(BIN)/python -m tools.render

cards scripts facts api licenses commands: $(VENV)/test.stamp
	$(BIN)/python -m tools.render $@

bench: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks --results benchmarks/results.json --page docs/speed.md --picture docs/speed.png

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# PyTorch first and pinned, so that nothing replaces it by a newer build.
$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet torch==2.13.0 'kornia>=0.8'
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/demo.stamp

$(VENV)/docs.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@ $(VENV)/demo.stamp

# The last `datasets` that runs loading scripts.
$(OLD)/stamp: pyproject.toml
	$(PYTHON) -m venv $(OLD)
	$(OLD)/$(PROGRAMS)/python -m pip install --quiet --upgrade pip
	$(OLD)/$(PROGRAMS)/python -m pip install --quiet --editable '.[nifti]' 'datasets==3.6.0'
	@touch $@

# TensorFlow, for processors; where there is none for this Python its tests are skipped, and an empty stamp says so.
$(TF)/stamp: pyproject.toml
	$(PYTHON) -m venv $(TF)
	$(TF)/$(PROGRAMS)/python -m pip install --quiet --upgrade pip
	@if $(TF)/$(PROGRAMS)/python -m pip install --quiet --only-binary tensorflow,tensorflow-cpu $(TENSORFLOW); then \
		$(TF)/$(PROGRAMS)/python -m pip install --quiet --editable . && echo $(CURDIR)/$(TF)/$(PROGRAMS)/python > $@; \
	else \
		echo "No TensorFlow for this Python: its tests are skipped." && : > $@; \
	fi

clean:
	rm -rf $(VENV) $(OLD) $(TF) .venv-3.* build demo dist .pytest_cache .mypy_cache .ruff_cache
