# `make demo` and `make test` need Python 3.11 or newer with venv, and nothing else; the first run installs what is needed into .venv.
PYTHON ?= python3
BIN := .venv/bin
CORES := $(shell getconf _NPROCESSORS_ONLN)
# Tests wait as well as compute, so there are more of them at once than processors.
WORKERS ?= $(shell expr $(CORES) \* 5 / 2)
SOURCES := $(shell find freedompay_async -type f -not -name '*.pyc')
# What decides about money does no I/O, and every branch of it is tested.
comma := ,
PURE := intents/intent intents/sealing intents/seals intents/seal_keys calls/first_send guards/moments guards/arguments codec/body_check guards/leftovers settings/proxies settings/schemes contract/calls contract/table errors/classes errors/endings errors/effects errors/results errors/questions errors/meanings calls/error_text contract/request_ids contract/regions redaction/spelling redaction/masking redaction/redaction redaction/sent settings/policy calls/call_state calls/states calls/backoff calls/compose calls/call_answers calls/cancelled calls/lost calls/clock calls/error_hints calls/retry_budget redaction/secret settings/settings settings/options client_options crypto/signing codec/messages codec/encode codec/answer_size codec/answer_form codec/retry_after codec/decode operations/held operations/told operations/status operations/gift_card codec/shapes codec/drift contract/overrides crypto/pin_encryption contract/models/answers contract/models/results contract/models/dictionaries contract/models/gift_cards contract/models/open contract/models/reads contract/models/client_requests contract/models/requests api/statement_windows api/pin_setting api/card_order api/gift_card_bodies batch/input/rows batch/input/problem batch/input/column_checks batch/input/quoting traffic/hindrance traffic/rate_limit traffic/concurrency_limit batch/limits batch/progress batch/input/lookalikes contract/bodies contract/client_contract contract/file/template contract/file/values contract/override_checks contract/file/toml_lines contract/countries contract/person batch/input/doubts batch/input/misfits batch/input/spoilt batch/input/columns batch/input/cells batch/input/guesses batch/input/headers calls/reuse redaction/portable guards/staying redaction/opening events/hub events/kinds events/stats batch/input/row_values postgres/rate/shares postgres/rate/own_share

# The tests that have to reach it. They run by themselves first: counting branches slows a test down, and these alone are counted.
COVERING := tests/unit tests/intents tests/batch/test_rows.py tests/batch/test_rows_in_code.py tests/batch/test_row_messages.py tests/batch/test_doubts.py tests/batch/test_lookalikes.py tests/batch/test_run.py tests/batch/test_spoilt.py tests/batch/test_columns.py tests/batch/test_headers.py tests/batch/test_workbook_cells.py

# What goes through many rounds, or lives in real time: `make proofs` runs these folders, and `make test` all others.
# A folder `proofs` has what goes through every case of what the folder around it decides by a few.
PROOFS := tests/model tests/crash tests/leaks tests/load tests/fuzz tests/properties tests/browser $(wildcard tests/*/proofs)

# Runs tests and keeps their figures in .proofs, where `make proofs-log` finds them.
PROVE := $(BIN)/python docs/proofs.py run
TESTS := $(BIN)/pytest -n $(WORKERS) --dist worksteal
# A fuzzer goes on for some seconds: beside more of the others it would get fewer inputs.
PROOF_TESTS := $(BIN)/pytest -n $(shell expr $(CORES) \* 3 / 2) --dist worksteal
# The tests of the pure modules wait for nothing.
PURE_TESTS := $(BIN)/pytest -n $(CORES) --dist worksteal

# Where Python may not keep what it has compiled, each worker of each run compiles all the tests anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-workers test proofs lint format tables bench machines outbox faults matrix soak crash fuzz mutate proofs-log audit clean

demo: .venv/package
	$(BIN)/python examples/demo.py

# Three workers on one PostgreSQL, which has to be installed: one is killed, one is frozen.
demo-workers: .venv/postgres .venv/package
	$(BIN)/python examples/demo_workers.py

# The loop of a working day: every test but those of PROOFS, each once. Some tests: make test ARGS="tests/unit -k masking".
ifdef ARGS
test: .venv/dev .venv/package
	$(TESTS) $(ARGS)
else
test: .venv/dev .venv/package
	$(PROVE) test-pure $(PURE_TESTS) --cov --cov-report= $(COVERING)
	$(BIN)/coverage report --skip-covered --fail-under=100 --include='$(subst $(eval ) ,$(comma),$(PURE:%=*/freedompay_async/%.py))'
	$(PROVE) test $(TESTS) $(COVERING:%=--ignore=%) $(PROOFS:%=--ignore=%)
	$(BIN)/python docs/proofs.py total test-pure test
endif

# The proofs of docs/reliability.md, at a length for every commit; `soak`, `crash` and `fuzz` below do more of the same.
proofs: .venv/dev .venv/package
	$(PROVE) proofs $(PROOF_TESTS) $(PROOFS)

lint: .venv/dev .venv/package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The tables of the errors in README.md and docs/errors.md, of the columns in docs/columns.md and of the calls in docs/calls.md, from the ones in the package.
tables: .venv/package
	$(BIN)/python docs/tables.py

# All parts, or some: make bench PARTS="calls batch". ARGS="--full" takes a million rows for memory; ARGS="--quick" writes nothing.
bench: .venv/bench .venv/package
	$(BIN)/python benchmarks/bench.py $(PARTS) $(ARGS)

# What a journal on PostgreSQL costs, what a second worker brings, and how exactly processes share a rate.
machines: .venv/bench .venv/package
	$(BIN)/python benchmarks/machines.py
	$(BIN)/python benchmarks/shared_rate.py

# What tracked requests cost: the looks of two workers, `track` in a transaction, the memory of a worker. Some parts: make outbox PARTS=commit
outbox: .venv/dev .venv/bench .venv/package
	$(BIN)/python benchmarks/outbox.py $(PARTS) $(ARGS)

# One fault a row, one client a column; it writes the table into the README.
faults: .venv/bench .venv/package
	$(BIN)/python benchmarks/faults.py --write

# The tests of the transports with the oldest and the newest versions of what they rest on, on each Python that is here.
# Some Pythons, other tests: make matrix PYTHONS="python3.11 python3.12" ARGS="tests/session --options='-k told'"
matrix:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) tests/versions/matrix.py --pythons "$(PYTHONS)" $(ARGS)

# The proofs of docs/reliability.md at their full length; `make proofs` runs the same with less. A smaller one: make crash ROUNDS=40.
SCHEDULES ?= 1000000
LEAK_SECONDS ?= 3600
ROUNDS ?= 200
FUZZ_SECONDS ?= 300

soak: .venv/dev .venv/package
	$(PROVE) soak-model $(BIN)/pytest -n $(WORKERS) --dist worksteal --timeout 0 --schedules $(SCHEDULES) tests/model
	$(PROVE) soak-leaks $(BIN)/pytest --timeout 0 --leak-seconds $(LEAK_SECONDS) tests/leaks

crash: .venv/dev .venv/package
	$(PROVE) crash $(BIN)/pytest -n $(WORKERS) --dist worksteal --timeout 0 --rounds $(ROUNDS) tests/crash

fuzz: .venv/dev .venv/package
	$(PROVE) fuzz $(BIN)/pytest -n $(WORKERS) --dist worksteal --timeout 0 --fuzz-seconds $(FUZZ_SECONDS) tests/fuzz

# Changes one thing at a time in the modules that decide, and expects a test to fail; some of them: make mutate ONLY=calls.call_state,batch.ending
# It takes long: one module on each processor at a time.
mutate: .venv/dev .venv/mutate
	$(PROVE) mutate $(BIN)/python tests/mutation/mutate.py $(ONLY:%=--only %)

# The table "The last figures" of docs/reliability.md, from what the targets above have left in .proofs.
proofs-log: .venv/made
	$(BIN)/python docs/proofs.py write

# Needs the network: what can't be looked up is an error, not a pass.
audit: .venv/audit
	$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

clean:
	rm -rf .venv .demo .matrix .proofs mutants

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/runtime: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling '.[cli]'
	touch $@

.venv/dev: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling '.[cli,excel,pin,postgres,speed,dev]'
	touch $@

.venv/postgres: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling '.[cli,postgres,speed]'
	touch $@

.venv/audit: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt '.[audit]'
	touch $@

.venv/mutate: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt '.[mutate]'
	touch $@

.venv/bench: .venv/made pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling '.[cli,excel,postgres,speed,bench]'
	touch $@

# The package is tested and shown as users get it: built and installed, not as a folder on the path.
.venv/package: .venv/runtime $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall .
	touch $@
