# Everything is installed into .venv by this file. With uv it takes seconds, with pip a little longer.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check fmt bench chaos fuzz lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# A stamp per lock file: installing again happens when the lock changed, and only then.
define install
	@test -x $(BIN)/python || $(if $(UV),$(UV) venv -q --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))
	@echo "installing $(1)"
	@$(if $(UV),$(UV) pip install -q --python $(BIN)/python --require-hashes $(1),$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes $(1))
endef

$(VENV)/.installed: requirements.lock pyproject.toml
	$(call install,-r requirements.lock)
	@$(if $(UV),$(UV) pip install -q --python $(BIN)/python,$(BIN)/python -m pip install -q --disable-pip-version-check) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(call install,-r requirements-dev.lock)
	@touch $@

setup: $(VENV)/.installed ## Install into .venv, which then has the tenure command

setup-dev: $(VENV)/.installed-dev

run: $(VENV)/.installed ## Start the whole product; DEMO=1 fills in a book of accounts
	@exec $(BIN)/tenure up $(if $(DEMO),--demo)

test: $(VENV)/.installed-dev ## Run the tests
	@$(BIN)/python -m pytest -q --ignore tests/chaos $(ARGS)

chaos: $(VENV)/.installed-dev ## Kill worker, API and Temporal in the middle of fifty journeys, and count what arrived
	@$(BIN)/python -m pytest -q -s tests/chaos $(ARGS)

check: $(VENV)/.installed-dev ## Lint, types, layers, and every journey, policy and template
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/check-jsonschema -q --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/tenure check

fmt: $(VENV)/.installed-dev ## Format the code
	@$(BIN)/ruff check -q --fix .
	@$(BIN)/ruff format -q .

bench: $(VENV)/.installed-dev ## Measure, side by side with a bare Temporal workflow
	@$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/.installed-dev ## Read texts nobody would write for ten minutes; SECONDS=30 for half a minute
	@$(BIN)/python -m tests.fuzz $(or $(SECONDS),600) $(SEED)

# requirements.lock: with a local Temporal; -dev: that and the tools; -server: for images, which bring no Temporal of their own.
lock: ## Refresh the pinned versions (needs uv)
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --extra local pyproject.toml -o requirements.lock
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate -c requirements.lock pyproject.toml -o requirements-server.lock
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --extra local --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove what was installed and measured; keeps .tenure, where your data is
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/latest.json
