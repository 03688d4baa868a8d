# The commands that people and CI call; each installs what it needs.
PYTHON ?= python3
BIN := .venv/bin
T ?= tests

.PHONY: demo demo-stop demo-reset backup restore prepare test test-long test-slurm check bench lock sbom audit messages screenshots first-visit overlap-evaluation

.venv/ready: requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

demo: .venv/ready
	$(BIN)/python -m dev.demo start $(if $(DETACH),--detach)

demo-stop: .venv/ready
	$(BIN)/python -m dev.demo stop

demo-reset: .venv/ready
	$(BIN)/python -m dev.demo reset

# Of the database that DATABASE_URL names, else of the demonstration.
TO ?= var/backups/$(shell date -u +%Y%m%dT%H%M%SZ)

backup: .venv/ready
	$(BIN)/python manage.py backup --to $(TO) --secrets $(TO).keys

restore: .venv/ready
	$(BIN)/python $(if $(DATABASE_URL),manage.py restore --from,-m dev.demo restore) $(FROM)

prepare: .venv/ready
	$(BIN)/python -m dev.prepare

test: prepare
	$(BIN)/python -m pytest $(T)

test-long: prepare
	$(BIN)/python -m pytest --long $(T)
	$(if $(filter tests,$(T)),$(BIN)/python -m dev.policy all)

# The same contract on real Slurm of every release; two of them are fetched when first needed.
test-slurm: prepare
	$(BIN)/python -m pytest --long -n 0 -m real_slurm tests/slurm

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m dev.check

bench: .venv/ready
	$(BIN)/python -m bench

lock: .venv/ready
	$(BIN)/python -m dev.lock $(if $(UPGRADE),--upgrade)

# What the portal is made of, and whether any of it is known to be unsafe.
sbom: .venv/ready
	mkdir -p var && $(BIN)/python -m dev.supply sbom var/sbom.cdx.json

audit: .venv/ready
	$(BIN)/python -m dev.supply audit

messages: prepare
	$(BIN)/python -m dev.messages

screenshots: .venv/ready
	$(BIN)/python -m dev.story
	$(BIN)/python -m dev.screenshots

first-visit: .venv/ready
	$(BIN)/python -m dev.first_visit

overlap-evaluation: .venv/ready
	$(BIN)/python -m dev.overlap evaluate
