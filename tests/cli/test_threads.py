# SPDX-License-Identifier: MIT
"""--threads changes nothing but the time: the same bytes, the same reports, whatever the number."""

import pytest


def dumped(run, trace, *options, code=0):
    done = run("dump", trace, *options, code=code)
    return done.stdout, done.stderr


@pytest.mark.parametrize("form", ["jsonl", "csv", "text"])
@pytest.mark.parametrize("options", ["", "--compress --buffer-size 8", "--processors 8 --pointer-size 4"])
def test_the_same_bytes(run, tmp_path, form, options):
    trace = tmp_path / "trace.etl"
    run("sample", "-o", trace, "--seed", "3", "--events", "20000", *options.split())
    alone = dumped(run, trace, "--format", form)
    for threads in (2, 3, 8):
        assert dumped(run, trace, "--format", form, "--threads", threads) == alone


def test_the_same_filtered_and_limited(run, sample):
    options = ["--format", "jsonl", "--provider", "*kernel*", "--limit", "1000"]
    assert dumped(run, sample, *options, "--threads", "4") == dumped(run, sample, *options)


def test_damage_is_told_in_the_same_order(run, sample, tmp_path):
    data = bytearray(sample.read_bytes())
    for place in range(0x10000, len(data), 0x10000):
        data[place + 74] = 0xEE  # the kind of the buffer's first event
    trace = tmp_path / "damaged.etl"
    trace.write_bytes(data)
    alone = dumped(run, trace, "--format", "jsonl", code=1)
    assert alone[1]
    assert dumped(run, trace, "--format", "jsonl", "--threads", "4", code=1) == alone
    strict = dumped(run, trace, "--format", "jsonl", "--strict", code=1)
    assert dumped(run, trace, "--format", "jsonl", "--strict", "--threads", "4", code=1) == strict


@pytest.mark.parametrize("number", ["0", "257", "-1", "many"])
def test_numbers_that_make_no_sense(run, sample, number):
    assert b"--threads" in run("dump", sample, f"--threads={number}", code=2).stderr


def test_corpus(run, corpus):
    for trace in sorted((corpus / "etl").glob("*.etl")):
        alone = dumped(run, trace, "--format", "jsonl", code=None)
        assert dumped(run, trace, "--format", "jsonl", "--threads", "3", code=None) == alone, trace
