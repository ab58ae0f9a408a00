# SPDX-License-Identifier: MIT
# A thin front for Meson: sets up what is missing, then builds, tests and checks. `make help` lists the targets.

PYTHON ?= python3
BUILD ?= build
CORPUS := $(abspath ../shared/corpus)
VENV := .venv/bin
export PATH := $(CURDIR)/$(VENV):$(PATH)
export PYTHON
# Found by the tests where it is there; they skip what needs it where it is not.
export ETWKIT_CORPUS ?= $(wildcard $(CORPUS))

FUZZ_SECONDS ?= 30
SOAK_SECONDS ?= 3600
export BENCH_SIZE ?= 1G
export BENCH_RUNS ?= 5

RELEASE := $(BUILD)/release
ETWKIT := $(RELEASE)/cli/etwkit
SOURCES = $(shell find include src cli python tests examples tools bench -name '*.[ch]' 2>/dev/null)
PYTHONS = bench examples python scripts tests tools

.PHONY: all help demo python test asan tsan valgrind coverage fuzz soak soak-windows bench budget check lint format windows test-windows macos wheels wheel-windows test-windows-python bench-windows pythons install clean
.DEFAULT_GOAL := all

all: $(RELEASE)/build.ninja ## the release build: build/release/cli/etwkit and libetwkit
	ninja -C $(RELEASE)
	@touch -c $(ETWKIT) # the newest etwkit below build/ is the one that ships

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: all python ## writes a sample trace and shows it; records a program of ours, and listens to it, also in Python
	$(ETWKIT) sample -o $(BUILD)/demo.etl --seed 1
	$(ETWKIT) info $(BUILD)/demo.etl
	$(ETWKIT) dump $(BUILD)/demo.etl --format text --limit 10
	$(ETWKIT) dump $(BUILD)/demo.etl --format jsonl --limit 3
	$(ETWKIT) record -o $(BUILD)/jobs.etl -- $(RELEASE)/examples/c/instrument 4
	$(ETWKIT) info $(BUILD)/jobs.etl
	$(ETWKIT) listen --format text --provider MyCompany.Jobs:info -- $(RELEASE)/examples/c/instrument 4
	PYTHONPATH=$(BUILD)/python/python $(VENV)/python examples/python/listen.py

python: $(BUILD)/python/build.ninja ## pyetwkit in build/python/python: put that into PYTHONPATH
	ninja -C $(BUILD)/python pyetwkit

test: $(BUILD)/test/build.ninja ## all tests; the last line counts them
	@scripts/run-tests $(BUILD)/test $(RELEASE)

asan: $(BUILD)/asan/build.ninja ## the same tests under the address and undefined behaviour sanitizers
	@scripts/run-tests $(BUILD)/asan $(RELEASE)

tsan: $(BUILD)/tsan/build.ninja ## what several threads do, under the thread sanitizer
	ninja -C $(BUILD)/tsan
	$(BUILD)/tsan/tests/unit/base-test_pool
	$(BUILD)/tsan/tests/unit/session-test_recorder
	$(BUILD)/tsan/tests/unit/session-test_replay
	$(BUILD)/tsan/tests/unit/trace-test_merge
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/unit/session-test_session
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/unit/session-test_stress 20
	TSAN_OPTIONS=halt_on_error=1 ETWKIT=$(abspath $(BUILD)/tsan/cli/etwkit) ETWKIT_BUILD=$(abspath $(BUILD)/tsan) \
	    $(VENV)/python -m pytest -q tests/cli/test_threads.py tests/session
	@touch -c $(ETWKIT)

valgrind: $(BUILD)/test/build.ninja ## C tests and the command under valgrind; VALGRIND=quick leaves out what takes longest
	@scripts/bootstrap valgrind
	@scripts/valgrind $(BUILD)/test $(VALGRIND)
	@touch -c $(ETWKIT)

coverage: $(BUILD)/coverage/build.ninja ## which lines and branches of src/ the tests reach
	@scripts/coverage $(BUILD)/coverage

fuzz: .venv/ready ## libFuzzer on each target for FUZZ_SECONDS
	@scripts/bootstrap fuzz
	@$(MAKE) --no-print-directory $(BUILD)/fuzz/build.ninja
	@scripts/fuzz $(BUILD)/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_LOG:%=--log %)

soak: $(BUILD)/asan/build.ninja $(BUILD)/tsan/build.ninja $(BUILD)/test/build.ninja ## what takes hours: tests with all variants, each fuzz target for SOAK_SECONDS
	ninja -C $(BUILD)/asan
	ninja -C $(BUILD)/test tests/model/ring-model
	$(BUILD)/test/tests/model/ring-model all 20000000
	ninja -C $(BUILD)/tsan tests/unit/session-test_stress
	TSAN_OPTIONS=halt_on_error=1 $(BUILD)/tsan/tests/unit/session-test_stress $(SOAK_SECONDS) $$(date +%s)
	$(BUILD)/asan/tests/unit/session-test_stress $(SOAK_SECONDS) $$(date +%s)
	ETWKIT_SOAK=1 ETWKIT_BUILD=$(abspath $(BUILD)/asan) $(VENV)/python -m pytest $(wildcard tests/corpus tests/second tests/session tests/soak tests/wevt)
	if command -v wine >/dev/null; then $(MAKE) --no-print-directory soak-windows; else echo "no Wine: sessions of Windows are left out"; fi
	$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(SOAK_SECONDS) FUZZ_LOG=$(BUILD)/soak/fuzz.log

soak-windows: windows ## of that, what runs under Wine: ten million live events, and 2,000 sessions that end at any moment
	ETWKIT_LIVE_EVENTS=10000000 ETWKIT_LIVE_ROUNDS=2000 ETWKIT_LIVE_SEED=$${ETWKIT_LIVE_SEED:-$$(date +%s)} \
	ETWKIT_BUILD=$(abspath $(BUILD)/windows) $(VENV)/python -m pytest tests/windows/live -k "million or any_moment"

bench: all python ## one table of speeds, beside other readers; BENCH_SIZE=128M for a quick one
	-@scripts/bootstrap bench
	ninja -C $(RELEASE) bench/etwkit-bench bench/etwkit-bench-inflate bench/etwkit-bench-live
	@$(VENV)/python bench/run.py $(RELEASE) $(BUILD)/bench
	@$(VENV)/python bench/live.py $(RELEASE) $(BUILD)/bench

budget: all ## instructions per event, counted by valgrind, against tests/budget/budgets.json
	-@scripts/bootstrap budget
	ninja -C $(RELEASE) bench/etwkit-bench
	ETWKIT=$(abspath $(ETWKIT)) ETWKIT_BUILD=$(abspath $(RELEASE)) $(VENV)/python -m pytest -q tests/budget

check: all ## the checks of ../shared, where they are
	@test -e ../shared/check/all.py || { echo "../shared/check is not here"; exit 1; }
	ETWKIT=$(abspath $(ETWKIT)) $(PYTHON) ../shared/check/all.py

lint: $(BUILD)/test/build.ninja ## formatting, the analyser; the house laws are among the tests
	@scripts/bootstrap lint
	$(VENV)/clang-format --dry-run -Werror $(SOURCES)
	$(VENV)/ruff check $(PYTHONS)
	$(VENV)/ruff format --check $(PYTHONS)
	ninja -C $(BUILD)/test
	scripts/tidy.py $(BUILD)/test

format: .venv/ready ## brings C and Python into form
	$(VENV)/clang-format -i $(SOURCES)
	$(VENV)/ruff check --fix $(PYTHONS)
	$(VENV)/ruff format $(PYTHONS)

windows: .venv/ready ## cross-compiled by mingw-w64, with its tests; a zip in build/windows
	@scripts/bootstrap windows
	@scripts/expat-source $(BUILD)/expat
	$(MAKE) --no-print-directory $(BUILD)/windows/build.ninja
	ninja -C $(BUILD)/windows
	scripts/package-windows $(BUILD)/windows

test-windows: all windows ## the Windows programs' tests, under Wine; the last line counts them
	@scripts/bootstrap wine
	@scripts/test-windows $(BUILD)/windows

macos: .venv/ready ## compiled by zig cc for Apple silicon; never run
	@scripts/bootstrap macos
	@scripts/expat-source $(BUILD)/expat
	$(MAKE) --no-print-directory $(BUILD)/macos/build.ninja
	ninja -C $(BUILD)/macos
	@chmod -x $(BUILD)/macos/cli/etwkit # it cannot run here, and must not be found as the command

wheels: .venv/ready ## Linux wheels of pyetwkit and its source package in build/wheels, tried on each CPython that is found
	@scripts/bootstrap wheels
	@scripts/expat-source $(BUILD)/expat
	$(VENV)/python scripts/wheels.py $(BUILD)/wheels x86_64 aarch64
	$(VENV)/python scripts/try_wheels.py $(BUILD)/wheels $(BUILD)/pythons $(TRIALS)

wheel-windows: .venv/ready ## the Windows wheel of pyetwkit in build/wheels, cross-compiled; what is in it and what it imports
	@scripts/bootstrap windows
	@scripts/bootstrap wheels
	@scripts/expat-source $(BUILD)/expat
	$(VENV)/python scripts/windows_python.py $(BUILD)/windows-python
	$(VENV)/python scripts/wheel_windows.py $(BUILD)/windows-python $(BUILD)/wheels

test-windows-python: .venv/ready ## that wheel installed into CPython for Windows, under Wine, and its tests; QUICK=1: a chosen part, with the package as `make windows` builds it
	@scripts/bootstrap windows
	@scripts/bootstrap wine
	@scripts/expat-source $(BUILD)/expat
	$(VENV)/python scripts/windows_python.py $(BUILD)/windows-python pytest pyarrow $(if $(QUICK),,polars duckdb)
	@$(MAKE) --no-print-directory $(if $(QUICK),,wheel-windows) $(BUILD)/windows/build.ninja
	ninja -C $(BUILD)/windows tests/windows/etwsim/etwsim.dll $(if $(QUICK),pyetwkit cli/etwkit.exe)
	@$(VENV)/python scripts/test_windows_python.py $(BUILD)/windows-python $(BUILD)/windows $(if $(QUICK),--quick,$(BUILD)/wheels)

bench-windows: wheel-windows ## that wheel beside pyetwkit 3 and pywintrace of PyPI, under Wine, on what the double of ETW feeds them
	@scripts/bootstrap wine
	$(MAKE) --no-print-directory $(BUILD)/windows/build.ninja
	ninja -C $(BUILD)/windows tests/windows/etwsim/etwsim.dll
	@$(VENV)/python bench/peers_windows.py $(BUILD)

pythons: .venv/ready ## fetches or builds CPythons that the machine lacks, for `make wheels` to try; INTERPRETERS=ready builds none
	@scripts/bootstrap wheels
	@scripts/bootstrap pythons
	scripts/pythons $(BUILD)/pythons $(INTERPRETERS)

install: all ## into PREFIX as configured; DESTDIR is honoured
	meson install -C $(RELEASE) --no-rebuild

clean: ## removes what was built; .venv stays
	rm -rf $(BUILD)

.venv/ready: requirements-dev.txt scripts/bootstrap
	@scripts/bootstrap build
	@touch $@

# Each build folder's settings. -Db_ndebug stays off in the builds that test: their assertions run.
OPTIONS = -Dwerror=true
# No package of Expat is there for the systems that are built for from here: its sources are compiled in.
EXPAT = -Dexpat_source=$(abspath $(BUILD))/expat/lib
$(BUILD)/release/build.ninja: OPTIONS += -Dbuildtype=release -Db_lto=true -Db_ndebug=true
$(BUILD)/test/build.ninja: OPTIONS += -Dtests=true -Dpython=true
$(BUILD)/python/build.ninja: OPTIONS += -Dbuildtype=release -Db_lto=true -Db_ndebug=true -Dpython=true
$(BUILD)/tsan/build.ninja: OPTIONS += -Dtests=true -Db_sanitize=thread -Doptimization=1 -Db_lundef=false
$(BUILD)/asan/build.ninja: OPTIONS += -Dtests=true -Dpython=true -Db_sanitize=address,undefined -Doptimization=1 -Db_lundef=false
$(BUILD)/fuzz/build.ninja: export CC = clang
$(BUILD)/fuzz/build.ninja: OPTIONS += -Dfuzz=true -Db_sanitize=address,undefined -Doptimization=1 -Db_lundef=false
$(BUILD)/coverage/build.ninja: OPTIONS += -Dtests=true -Dbuildtype=debug -Db_coverage=true
$(BUILD)/windows/build.ninja: OPTIONS += -Dtests=true -Dbuildtype=release --prefix=/ $(EXPAT) -Darchives=disabled --cross-file cross/mingw-w64.ini
# Where a CPython for Windows was fetched pyetwkit is built for it, too.
WINDOWS_PYTHON = $(wildcard $(BUILD)/windows-python/build-details.json)
$(BUILD)/windows/build.ninja: $(WINDOWS_PYTHON)
$(BUILD)/windows/build.ninja: OPTIONS += $(WINDOWS_PYTHON:%=-Dpython=true -Dpython.build_config=$(abspath $(WINDOWS_PYTHON)))
$(BUILD)/macos/build.ninja: OPTIONS += -Dbuildtype=release $(EXPAT) -Darchives=disabled --cross-file cross/macos-zig.ini
$(BUILD)/%/build.ninja: Makefile | .venv/ready
	@meson setup $(OPTIONS) $$(test ! -e $@ || echo --reconfigure) $(@D)
	@touch $@
