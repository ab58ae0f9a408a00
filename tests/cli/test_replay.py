# SPDX-License-Identifier: MIT
"""etwkit replay: the lines of dump, with the pauses that were between the events."""

import signal
import subprocess
import sys
import time

import pytest


def test_the_lines_of_dump(run, sample):
    assert run("replay", sample, "--speed", "max").stdout == run("dump", sample).stdout


@pytest.mark.parametrize("options", [["-f", "csv"], ["--numeric", "--names"], ["--payload", "--limit", 50]], ids=str)
def test_options_of_dump(run, sample, options):
    assert run("replay", "--speed=max", sample, *options).stdout == run("dump", sample, *options).stdout


def test_the_pauses_are_kept(run, sample):
    # The sample lasts more than 5 s: at 10 times its speed that is no less than 0.5 s, whatever the machine does.
    began = time.monotonic()
    run("replay", sample, "--speed", "10")
    assert time.monotonic() - began > 0.5


def test_ctrl_c_is_130(etwkit, sample):
    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    process = subprocess.Popen([etwkit, "replay", sample, "--speed", "0.001"], stdout=subprocess.PIPE)
    assert process.stdout.readline().endswith(b"}\n")
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(timeout=60) == 130 and (rest == b"" or rest.endswith(b"\n"))
    process.stdout.close()


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "1x", "", "nan", "inf"])
def test_speeds_that_are_none(run, sample, speed):
    assert b"--speed is a number" in run("replay", sample, f"--speed={speed}", code=2).stderr


def test_what_cannot_be_read_is_3(run, tmp_path):
    assert b"missing.etl" in run("replay", tmp_path / "missing.etl", code=3).stderr
    (tmp_path / "text.etl").write_text("no trace\n")
    assert b"text.etl" in run("replay", tmp_path / "text.etl", code=3).stderr
    assert b"no FILE was given" in run("replay", code=2).stderr
