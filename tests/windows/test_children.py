# SPDX-License-Identifier: MIT
"""record, listen and ETWKIT_RECORD where the programs are Windows': what they are told, and what is left of it."""

import json
import os
import re
import subprocess

import pytest

ODD = ["", "two words", 'a "quoted" word', "back\\slash\\", 'back\\"both\\\\"', "tab\there", "100%", "a^b&c|d"]
pytestmark = pytest.mark.usefixtures("under_wine")


@pytest.fixture(scope="module")
def program(built):
    return built("cli/write-events")


def numbers(output):
    events = [json.loads(line) for line in output.decode("utf-8").splitlines()]
    return sorted(event["properties"]["number"] for event in events if event["event_name"] == "Done")


@pytest.mark.parametrize("command", ["record", "listen"])
def test_arguments_arrive_as_they_are(run, program, tmp_path, command):
    output = ["-o", tmp_path / "out"]
    done = run(command, *output, "--", program, *(f"say:{text}" for text in ODD))
    assert done.stdout.decode("utf-8").splitlines() == ODD


@pytest.mark.parametrize("name", ["Grüße.etl", "日本 🎉.etl"])
def test_arguments_are_unicode(run, build, tmp_path, name):
    """A command that runs itself: what it is told comes back in what it says."""
    done = run("listen", "--", build / "cli" / "etwkit.exe", "dump", name, code=3, cwd=tmp_path)
    assert f"etwkit: {name}: cannot open" in done.stderr.decode("utf-8")


def test_what_a_script_runs_is_recorded_too(run, program, named, tmp_path):
    script = tmp_path / "several programs.cmd"
    script.write_text(f"@{named(program)} A:4:1:1\r\n@{named(program)} B:4:1:2\r\n@exit /b 7\r\n")
    run("record", "-o", tmp_path / "app.etl", "cmd", "/c", named(script), code=7)
    first, second = tmp_path / "app.etl", next(p for p in tmp_path.glob("app.*.etl"))
    assert numbers(run("dump", first).stdout) == [1] and numbers(run("dump", second).stdout) == [2]
    assert numbers(run("listen", "cmd", "/c", named(script), code=7).stdout) == [1, 2]


def test_the_file_is_found_from_any_folder(run, program, named, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "script.cmd"
    script.write_text(f"@cd elsewhere\r\n@{named(program)} A:4:1:1\r\n")
    run("record", "-o", "a.etl", "cmd", "/c", "script.cmd", cwd=tmp_path)
    assert numbers(run("dump", tmp_path / "a.etl").stdout) == [1]


def test_nothing_is_left_of_listening(run, named, program, emulator, tmp_path):
    script = tmp_path / "script.cmd"
    script.write_text(f"@{named(program)} A:4:1:1\r\n@echo %ETWKIT_RECORD%\r\n@echo on\r\n")
    done = run("listen", "cmd", "/c", named(script))
    (told,) = [line for line in done.stderr.decode().splitlines() if "file=" in line]
    folder = told.partition("file=")[2].rpartition("/")[0]
    assert "\\etwkit-" in folder and numbers(done.stdout) == [1]
    left = subprocess.run([*emulator, "cmd", "/c", "if", "exist", folder, "echo", "left"], capture_output=True)
    assert left.returncode == 0 and left.stdout == b""


def test_a_file_of_any_name(run, program, tmp_path):
    path = tmp_path / "a;b=c %d 'ü' 日本.etl"
    run("record", "-o", path, program, "A:4:1:1")
    assert numbers(run("dump", path).stdout) == [1]


@pytest.fixture(params=["cli/write-events", "cli/write-events-dll"])
def alone(built, build, run_program, tmp_path, request):
    """alone(*actions): the end of a program that records itself into a.etl."""
    dll = "Z:" + str(build / "src").replace("/", "\\")
    environment = {**os.environ, "ETWKIT_RECORD": "file=a.etl", "WINEPATH": dll}
    return lambda *actions: run_program(built(request.param), *actions, env=environment, cwd=tmp_path)


@pytest.mark.parametrize("end", [[], ["exit:0"]], ids=["return", "exit"])
def test_a_program_records_itself_to_its_end(alone, run, tmp_path, end):
    done = alone(*(f"A:4:1:{number}" for number in range(1, 6)), *end)
    assert done.returncode == 0 and done.stderr == b""
    assert numbers(run("dump", tmp_path / "a.etl").stdout) == [1, 2, 3, 4, 5]


def test_a_program_that_writes_much_ends_with_a_whole_trace(alone, run, tmp_path, request):
    """In the program all is there, or counted. A DLL's session may have been in the midst of its work: then what it had
    not written is missing, as if the program had been killed (docs/sessions.md)."""
    done = alone("many:20000", "exit:0")
    lines = run("dump", tmp_path / "a.etl", "--event", "Many").stdout.splitlines()
    written = [json.loads(line)["properties"]["number"] for line in lines]
    assert done.returncode == 0 and written == sorted(set(written)) and written[0] == 0
    if "dll" not in request.node.callspec.id:
        lost = sum(int(number) for number in re.findall(rb"(\d+) of \d+ events were lost", done.stderr))
        assert len(written) + lost == 20000
