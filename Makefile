# make demo    two throwaway clouds come up, images travel from one to the other, you watch
# make test    everything that CI runs: lint, unit, functional, series
#
# Both first install what they need: tests/lab/install says what.

PYTHON := "$(or $(LAB_VENV),.venv)/bin/python"
FUNCTIONAL := tests/functional tests/demo

.PHONY: help prepare demo lint unit functional series test clean

help:
	@sed -n 's/^# //p' Makefile

prepare:
	@tests/lab/install

demo: prepare
	@$(PYTHON) tests/demo/demo.py

lint: prepare
	$(PYTHON) -m flake8 files tests files/glance-sync files/glance-sync-master files/glance-sync-slave \
	    files/glance-sync-serve files/check_glance_sync
	$(PYTHON) -m tests.series.subset files

unit: prepare
	$(PYTHON) -m pytest -q tests/unit tests/machine tests/series

# two labs at once, one a core
functional: prepare
	$(PYTHON) -m pytest -q tests/lab
	$(PYTHON) -m pytest -q tests/contract
	$(PYTHON) -m pytest -q -n 2 $(FUNCTIONAL)

series: prepare
	$(PYTHON) tests/contract/series.py

# in this order: what is quick to fail comes first
test: lint unit functional series

clean:
	rm -rf .venv .tox build
