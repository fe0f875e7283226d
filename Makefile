# Every command works from any path, spaces included: nothing here is absolute.
.DEFAULT_GOAL := help
.PHONY: not-the-sandbox help setup demo sandbox test sweep check pictures bench build deploy lock format clean
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
export SAM_CLI_TELEMETRY := 0
export PYTHONDONTWRITEBYTECODE := 1

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## create .venv (with the command `signalbox`) and .tools
	@$(PYTHON) tools/bootstrap.py run

demo: setup ## a real release through the sandbox, narrated and checked
	@.venv/bin/python -m sandbox demo

sandbox: setup ## the same sandbox, to stay and play: http://127.0.0.1:4600
	@.venv/bin/python -m sandbox play

test: setup ## every test that needs no account
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/e2e $(TESTS)
	@.venv/bin/python -m pytest -n 4 --dist loadfile tests/e2e

sweep: setup ## every call of AWS and Slack meets every fault, gates meet two thousand days: a quarter of an hour
	@SIGNALBOX_SWEEP=distinct .venv/bin/python -m pytest -n 2 tests/faults/test_fault_sweep.py tests/faults/test_the_sweep_has_teeth.py tests/interleavings

check: ## format, lint, types, template, state machines, security, secrets
	@$(PYTHON) tools/bootstrap.py check
	@.venv/bin/python -m tools.check

format: setup ## put the code into its format
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

build: setup ## what `make deploy` ships, with bytecode, in .aws-sam/build
	@.venv/bin/python -m tools.build

deploy: not-the-sandbox build ## sam deploy into the account your credentials belong to: make deploy CONFIG=dev
	@.tools/sam/bin/sam deploy --template-file .aws-sam/build/template.yaml --config-file samconfig.toml --config-env $(or $(CONFIG),dev)

not-the-sandbox:
	@if [ "$(CONFIG)" = sandbox ]; then echo "signalbox: the table sandbox belongs to the sandbox and is never for an AWS account: use CONFIG=dev or CONFIG=prod, or run make sandbox." >&2; exit 1; fi

pictures: setup ## draw the Slack message in each state anew, into docs/messages (needs Chromium)
	@.venv/bin/python -m tools.pictures

bench: setup ## start-up against the floor, warm handling, calls and losses of a burst
	@.venv/bin/python -m tools.bench

lock: setup ## resolve the pins in requirements/ anew
	@.venv/bin/python -m tools.lock

clean: ## remove everything that was made here
	@rm -rf .venv .tools .aws-sam build
