# Every target installs what it needs; only the first run takes long.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' $(MAKEFILE_LIST))

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## make .venv and install everything into it, at the pinned versions

$(READY): pyproject.toml requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo 'Atelier needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11'; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo 'Installing into $(VENV) (the first time this downloads about 1.5 GB) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[all,dev]'
	@$(BIN)/python -c 'import cv2' 2>$(VENV)/cv2.log || { cat $(VENV)/cv2.log; \
		echo; echo 'OpenCV misses a system library. Install it, then run make again:'; \
		echo '    sudo apt-get update && sudo apt-get install -y libgl1 libglib2.0-0'; exit 1; }
	@touch $@

demo: $(READY) ## measure the art filters on real photos, write the report, print its path (minutes)
	@$(BIN)/atelier report 01_art_filters -f quick --partial-ok

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

# Tests of processes and times run alone, so that nothing disturbs them; of all other tests two files run at a time.
# So no test counts on what an earlier file left in its process.
ALONE := $(addprefix tests/,bench benchmarks machine studies truth/test_live.py workers contracts/test_executors.py)

test: $(READY) ## run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(addprefix --ignore=,$(ALONE))
	@$(BIN)/python -m pytest -q $(ALONE)

check: $(READY) ## formatting, lint, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

bench-celery: $(READY) ## a batch on Celery workers during kills of the command, Redis and workers (10 min; SHORT=1: 1 min)
	@$(BIN)/python -m benchmarks.celery_chaos $(if $(SHORT),--short)

bench-cluster: $(READY) ## a batch on two workers that cannot read the folders, with kills (SHORT=1: half a minute)
	@$(BIN)/python -m benchmarks.cluster $(if $(SHORT),--short)

bench-gate: $(READY) ## how often a gate is right, without a change and with one of 8 %, 40 runs each, in pieces (SHORT=1: 5; MINUTES=20: stop then; AGAIN=1)
	@$(BIN)/python -m benchmarks.gate $(if $(SHORT),--short) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AGAIN),--again)

bench-help: $(READY) ## time atelier --help against python -c 'import numpy'
	@$(BIN)/python -m benchmarks.cli_start

bench-batch: $(READY) ## a batch of 2000 pictures, 40 of them corrupt, killed twenty times (SHORT=1: 200 pictures)
	@$(BIN)/python -m benchmarks.batch $(if $(SHORT),--short)

bench-busy: $(READY) ## the demo and every notebook at its defaults on a busy machine, and their pages in Chromium (2 h; SHORT=1: 15 min)
	@$(BIN)/python -m benchmarks.busy $(if $(SHORT),--short)

bench-executors: $(READY) ## time that executors add to a picture, warm against new processes, many kills (SHORT=1: 1 min)
	@$(BIN)/python -m benchmarks.executors $(if $(SHORT),--short)

bench-files: $(READY) ## 12 MP photos into oil paintings, from file to file, against a plain loop (SHORT=1: 12 photos)
	@$(BIN)/python -m benchmarks.files $(if $(SHORT),--short)

bench-history: $(READY) ## alerts on simulated series beside Apache Otava, a year of runs, a killed schedule, live runs (25 min; SHORT=1: 1 min)
	@$(BIN)/python -m benchmarks.history $(if $(SHORT),--short)

bench-kernels: $(READY) ## time Atelier's kernels against the library's filters
	@$(BIN)/python -m benchmarks.kernels

bench-kill: $(READY) ## kill -9 a sweep twelve times: finished trials are kept, no worker stays alive
	@$(BIN)/python -m benchmarks.kill

bench-load: $(READY) ## atelier load against queues with known latencies, and against mlcommons-loadgen (15 min; SHORT=1: 1 min)
	@$(BIN)/python -m benchmarks.load $(if $(SHORT),--short)

bench-models: $(READY) ## every model on every runtime: quality, agreement, speed (30 min; SHORT=1: speed of three models, 8 min)
	@$(BIN)/python -m benchmarks.models $(if $(SHORT),--short)

bench-scaling: $(READY) ## how often the bands of scaling laws are right, on 1000 simulated tables (HELD_OUT=1: also on cells measured here, 10 min)
	@$(BIN)/python -m benchmarks.scaling $(if $(HELD_OUT),--held-out)

bench-search: $(READY) ## how often a search finds the best settings, beside Optuna and random choice, simulated (10 min; SHORT=1: 1 min; LIVE=1: also on this machine)
	@$(BIN)/python -m benchmarks.search $(if $(SHORT),--short) $(if $(LIVE),--live)

bench-service: $(READY) ## the service in overload, during kills, with hostile clients, and its memory (35 min; SHORT=1: 4 min)
	@$(BIN)/python -m benchmarks.service $(if $(SHORT),--short)

bench-truth: $(READY) ## how often verdicts are right, for comparisons whose true result is known
	@$(BIN)/python -m benchmarks.truth

bench-tuner: $(READY) ## time from a move of the tuner to its pixels in a browser, beside the operation's own time; uploads, faults, memory
	@$(BIN)/python -m benchmarks.tuner

bench-workers: $(READY) ## two workers or threads against one, the best setting against the usual guess (10 min; SHORT=1: seconds)
	@$(BIN)/python -m benchmarks.workers $(if $(SHORT),--short)

CASES := $(basename $(notdir $(wildcard notebooks/cases/*.ipynb)))

cases: $(READY) ## the case studies at their quick presets, four minutes each (FULL=1: at their full ones)
	@for name in $(CASES); do $(BIN)/atelier report cases/$$name -f cases/$${name#*_}_$(if $(FULL),full,quick) || exit; done

lock: $(READY) ## write requirements.lock from what .venv holds
	@{ sed -n '/^#/p' requirements.lock; \
		$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/(==[^+]*)\+.*/\1/'; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

clean: ## remove what can be made again (not data, not reports)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
