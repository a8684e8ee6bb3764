# Everything is installed into .venv by this file. With uv it takes seconds, with pip a little longer.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-browser snapshots check fmt bench chaos test-chaos fuzz reality lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

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

# What Python compiles is kept, whatever it was told: the product is started dozens of times.
test: $(VENV)/.installed-dev ## Run the tests
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/chaos --ignore tests/browser $(ARGS)

test-browser: $(VENV)/.installed-dev ## Look at every mail in headless Chromium: desktop and phone, light and dark
	@$(BIN)/python -m pytest -q tests/browser $(ARGS)

snapshots: $(VENV)/.installed-dev ## Keep what shipped words come out as now; git diff shows what changed
	@$(BIN)/python -m tests.templates

chaos: $(VENV)/.installed-dev ## Kill every part in the middle of journeys, and count: JOURNEYS=1000 KILLS=100 SEED=1 DB=postgres
	@$(BIN)/python -m tests.chaos --journeys $(or $(JOURNEYS),100) --kills $(or $(KILLS),20) --seed $(or $(SEED),1) --db $(or $(DB),postgres)

test-chaos: $(VENV)/.installed-dev ## The same in three minutes, and that a send which does not claim first is noticed
	@$(BIN)/python -m pytest -q -s -n 3 --dist loadfile tests/chaos $(ARGS)

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

bench: $(VENV)/.installed-dev ## Measure, side by side with a bare Temporal workflow; BEFORE=a-commit: sending, beside that commit
	@$(BIN)/python -m $(if $(BEFORE),bench.before $(BEFORE),bench $(ARGS))

fuzz: $(VENV)/.installed-dev ## Read texts nobody would write for ten minutes; SECONDS=30 for half a minute
	@$(BIN)/python -m tests.fuzz $(or $(SECONDS),600) $(SEED)

reality: $(VENV)/.installed-dev ## Play 200 made-up stories in virtual time and on Temporal, and compare; EXAMPLES=1000, SEED=7
	@$(BIN)/python -m tests.e2e.reality $(or $(EXAMPLES),200) $(SEED)

# requirements.lock: with a local Temporal; -dev: that and the tools; -server: for images, which bring no Temporal of their own.
lock: ## Refresh the pinned versions (needs uv)
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --extra local pyproject.toml -o requirements.lock
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate -c requirements.lock pyproject.toml -o requirements-server.lock
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --extra local --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove what was installed and measured; keeps .tenure, where your data is
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/latest.json
