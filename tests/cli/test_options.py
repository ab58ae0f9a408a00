# SPDX-License-Identifier: MIT
"""How arguments are read: both spellings of a value, short forms, repeats, --, operands anywhere. Wording: golden/."""

import pytest


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "3"],
        ["--limit=3"],
        ["-n", "3"],
        ["-n3"],
        ["--limit", "0x3"],
        ["--limit", "99", "--limit", "3"],
    ],
    ids=" ".join,
)
def test_spellings_of_a_value(arguments, dump, sample, events):
    with_payload = dump("--payload", *arguments, sample)
    assert with_payload == events[:3]
    assert dump(sample, "--payload", *arguments) == with_payload


def test_double_dash_ends_the_options(run, sample, tmp_path):
    odd = tmp_path / "--limit"
    odd.write_bytes(sample.read_bytes())
    assert run("dump", "--", "--limit", cwd=tmp_path).stdout == run("dump", sample).stdout
    assert run("dump", "--", sample, "--limit", "1", code=3, cwd=tmp_path).stdout == b""


@pytest.mark.parametrize("limit", ["18446744073709551615", "0xffffffffffffffff", "4294967296"])
def test_huge_limits(limit, dump, sample, events):
    assert dump("--payload", "--limit", limit, sample) == events


def test_limit_zero(dump, sample):
    assert dump("--limit", "0", sample) == []


def test_limit_counts_what_passes_the_filter(dump, sample, events):
    provider = events[-1]["provider_id"]
    of_provider = [event for event in events if event["provider_id"] == provider]
    assert dump("--payload", "--provider", provider, "--limit", "2", sample) == of_provider[:2]


@pytest.mark.parametrize("command", [[], ["info"], ["dump"], ["sample"]], ids=lambda c: " ".join(c) or "etwkit")
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_everywhere(command, option, run):
    done = run(*command, option)
    assert done.stderr == b""
    text = done.stdout.decode()
    assert text.startswith("Usage: etwkit") and "Examples:\n" in text
    assert max(map(len, text.splitlines())) <= 120
    if command:
        assert run("help", *command).stdout == done.stdout


def test_help_wins_over_a_missing_operand(run):
    assert run("dump", "--limit", "1", "--help").stdout.startswith(b"Usage: etwkit dump")


def test_version_is_the_headers(run, root):
    header = (root / "include" / "etwkit" / "version.h").read_text()
    version = run("--version").stdout.decode().split()[1]
    assert f'ETWKIT_VERSION "{version}"' in header
