# Each target makes the environment it needs, and installs again when the requirements change.

# The first Python that is new enough and old enough for TensorFlow.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && echo $(name))))
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help app test quick lint format screenshot results train fuzz audit clean

# Where an environment forbids compiled files, each of hundreds of processes would compile anew.
test quick: export PYTHONDONTWRITEBYTECODE :=

# In MB: as large as a song may be, which is less on a public server (DEEPMUSIC_PUBLIC).
UPLOAD_LIMIT := from deepmusic.config import current_deployment; print(current_deployment().audio_limits.max_bytes >> 20)

help: ## Show what can be done
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

app: $(VENV)/.app ## Open the app in the browser
	$(BIN)/streamlit run app.py --server.maxUploadSize "$$($(BIN)/python -c '$(UPLOAD_LIMIT)')"

test: lint ## Lint, then run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

quick: $(VENV)/.dev ## Run the quick tests, some two minutes
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(VENV)/.dev ## Check style, layers of imports, types and dependencies
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/deptry .

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

screenshot: $(VENV)/.dev ## Take the README's picture again, from the running app
	$(BIN)/python tools/screenshot.py

results: $(VENV)/.app ## Recount what the shipped networks reach
	$(BIN)/deepmusic results
	$(BIN)/python benchmarks/retrieval.py
	$(BIN)/python benchmarks/fma.py

train: $(VENV)/.app ## Train the three networks on GTZAN (set DEEPMUSIC_GTZAN)
	$(BIN)/deepmusic train --model all --split paper

fuzz: $(VENV)/.dev ## Try thousands of broken files, for ten minutes at most
	$(BIN)/python tests/audio/fuzzing.py

audit: $(VENV)/.app ## Ask PyPI for known holes in the packages installed here
	@# In a place of its own, so that what audits changes nothing that is audited.
	@test -x $(VENV)/audit/bin/pip-audit || { $(BIN)/python -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check "pip-audit>=2.10,<3"; }
	$(BIN)/pip freeze --all --exclude-editable > $(VENV)/audit/packages.txt
	$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip -r $(VENV)/audit/packages.txt

clean: ## Remove the environment
	rm -rf $(VENV)

# A stamp is touched only after the installation succeeded.
$(VENV)/.app: $(wildcard requirements/*.txt) | $(BIN)/pip
	@echo "Installing DeepMusic's packages into $(VENV) (about 3 GB, once) ..."
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[app,train]'
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "DeepMusic needs Python 3.11, 3.12 or 3.13. Install one and try again."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make an environment here. On Debian: apt install python3-venv"; exit 1; }
