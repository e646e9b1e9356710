# `make demo` is the one to start with. Needs Python 3.11 or newer, with pip; Node.js 20.19 only for the full web page.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Each clone keeps the data of its demo to itself, so that two of them never meet. See inventory/embedded.
INVENTORY_HOME ?= $(CURDIR)/.inventory

# `make test k=vpc n=0`: only tests whose name contains vpc, in one process.
k ?=
n ?= auto

# `make chaos seconds=60 seed=7`: the same injuries again; without a seed, others each time.
seconds ?= 3600
seed ?=

.PHONY: help demo install web test check format schema docs cases migration chaos bench lock clean distclean

help: ## Show this
	@echo "Usage: make TARGET [k=… n=… m=… seconds=… seed=…]"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: install web-if-possible ## Simulated clouds, collected, linked and served: a page to open
	@INVENTORY_HOME="$(INVENTORY_HOME)" $(BIN)/inventory demo $(ARGS)

install: $(INSTALLED) ## Make the virtual environment with everything, as locked
	@:

$(INSTALLED): requirements.lock requirements-redis.lock pyproject.toml scripts/install
	@sh scripts/install $(VENV)

web: ## Build the full web page (GraphiQL); needs Node.js 20.19 or newer
	@sh scripts/web

.PHONY: web-if-possible
web-if-possible:
	@sh scripts/web --if-possible

test: install ## Run the tests; k=… narrows them, n=… sets the number of processes
	@$(BIN)/python -m pytest -q $(if $(filter 0,$(n)),,-n $(n) --dist loadfile --no-loadscope-reorder) $(if $(k),-k "$(k)") $(ARGS)

check: install ## Format, lint, types, and whether generated files are current
	@failed=; for step in "ruff format --quiet --diff ." "ruff check --quiet ." "mypy --no-error-summary" \
	    "inventory schema check" "python -m scripts.compatibility" "python -m scripts.reference --check" \
	    "python -m scripts.grafana --check" "python -m scripts.metrics --check"; do \
	    echo "$$step"; $(BIN)/$$step || failed=1; \
	done; test -z "$$failed" && echo "All checks passed."

format: install ## Format the code and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

schema: install ## Rewrite schema.graphql from the declarations
	@$(BIN)/inventory schema print >schema.graphql.new && mv schema.graphql.new schema.graphql || { rm -f schema.graphql.new; exit 1; }

docs: install ## Rewrite docs/reference.md and the dashboards from the commands, settings and declarations
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python -m scripts.grafana
	@$(BIN)/python -m scripts.metrics

cases: install ## Record the statements of tests/graph/cases anew
	@RECORD_CASES=1 $(BIN)/python -m pytest -q tests/graph/test_cases.py

migration: install ## Write the migration that the declarations ask for; m="aws: subnets"
	@test -n "$(m)" || { echo 'Say what it is about: make migration m="aws: subnets"' >&2; exit 2; }
	@$(BIN)/python -m scripts.migration "$(m)"

chaos: install ## Injure workers, schedulers and servers for an hour; seconds=… seed=…
	@$(BIN)/python -m tests.chaos --seconds $(seconds) $(if $(seed),--seed $(seed))

bench: install ## Measure against hand-written SQL, bare COPY and bare SDK reads
	@$(BIN)/python -m benchmarks $(ARGS)

lock: install ## Bring requirements.lock up to date with pyproject.toml
	@sh scripts/lock $(BIN) $(ARGS)

clean: ## Delete caches, build output and the data of the demo
	rm -rf .inventory build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './web/node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## Delete the virtual environment and the web page as well
	rm -rf $(VENV) web/node_modules inventory/web/static/graphiql
