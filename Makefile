# make demo    two throwaway clouds come up, images travel from one to the other, you watch
# make test    everything that CI runs
#
# Both first install what they need: tests/lab/install says what.

PYTHON := $(abspath $(or $(LAB_VENV),.venv))/bin/python

.PHONY: help prepare demo lint unit functional series test clean

help:
	@sed -n 's/^# //p' Makefile

prepare:
	@tests/lab/install

demo: prepare
	@$(PYTHON) tests/demo/demo.py

lint: prepare
	$(PYTHON) -m flake8 files tests reactive lib
	$(PYTHON) -m tests.series.subset files

unit: prepare
	$(PYTHON) -m pytest -q tests/unit tests/series

functional: prepare
	$(PYTHON) -m pytest -q tests/lab tests/contract tests/functional

series: prepare
	$(PYTHON) tests/contract/series.py

test: lint unit functional series

clean:
	rm -rf .venv .tox build
