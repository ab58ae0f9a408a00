# SPDX-License-Identifier: MIT
"""Instructions per event on the hot paths of the release build, as callgrind counts them, against budgets.json.

Unlike times they are the same on a busy machine. What saves instructions lowers its budget in the same commit; what
needs more raises it, and the reason says why. `make budget` runs this; `make bench` tells about time.
"""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUDGETS = json.loads((HERE / "budgets.json").read_text(encoding="utf-8"))
TOLERANCE = BUDGETS["tolerance"]
CASES = [(trace, mode) for trace, modes in BUDGETS["instructions_per_event"].items() for mode in modes]


def option(build, name):
    """The value of an option of the build."""
    options = json.loads((build / "meson-info" / "intro-buildoptions.json").read_text(encoding="utf-8"))
    return next(one["value"] for one in options if one["name"] == name)


@pytest.fixture(scope="module")
def program(build):
    """The measuring program of a release build by the compiler that the budgets are of."""
    path = build / "bench" / "etwkit-bench"
    if not path.is_file() or option(build, "buildtype") != "release" or not option(build, "b_lto"):
        pytest.skip(f"{build} is no release build with bench/etwkit-bench: run `make budget`")
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed")
    compiler = json.loads((build / "meson-info" / "intro-compilers.json").read_text(encoding="utf-8"))["host"]["c"]
    version = f"{compiler['id']} {compiler['version'].split('.')[0]}"
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True).stdout.strip()
    if [version, machine] != [BUDGETS["compiler"], BUDGETS["machine"]]:
        pytest.skip(f"the budgets are of {BUDGETS['compiler']} for {BUDGETS['machine']}, this is {version}, {machine}")
    return path


@pytest.fixture(scope="module")
def find(run, request, tmp_path_factory):
    """find(name): the path of a trace that the budgets name."""
    folder = tmp_path_factory.mktemp("budget")

    def find(name):
        if name.endswith(".etl"):
            path = request.getfixturevalue("corpus") / "etl" / name
            if not path.is_file():
                pytest.skip(f"no {path}")
            return path
        path = folder / f"{name}.etl"
        if not path.is_file():
            run("sample", "-o", path, "--seed", "1", "--events", "20000")
        return path

    return find


def counted(program, mode, path, folder):
    """(instructions within main(), events) of one reading."""
    valgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=main", f"--callgrind-out-file={folder}/out"]
    done = subprocess.run([*valgrind, program, mode, path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    collected = re.search(r"Collected : (\d+)", done.stderr)
    assert collected, done.stderr[-2000:]
    return int(collected[1]), json.loads(done.stdout)["events"]


@pytest.mark.parametrize("trace, mode", CASES)
def test_within_budget(trace, mode, program, find, tmp_path):
    budget = BUDGETS["instructions_per_event"][trace][mode]
    instructions, events = counted(program, mode, find(trace), tmp_path)
    spent = instructions / events
    print(f"{trace} {mode}: {spent:.1f} instructions per event, budget {budget['budget']}")
    assert spent <= budget["budget"] * (1 + TOLERANCE), (
        f"{mode} of {trace} takes {spent:.1f} instructions per event, its budget is {budget['budget']} "
        f"({budget['reason']}). `callgrind_annotate` tells where they go; docs/performance.md tells how."
    )


@pytest.mark.parametrize("trace, mode", CASES)
def test_each_budget_has_its_reason(trace, mode):
    budget = BUDGETS["instructions_per_event"][trace][mode]
    assert set(budget) == {"budget", "reason"}
    assert len(budget["reason"].split()) >= 5
