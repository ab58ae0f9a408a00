# SPDX-License-Identifier: MIT
"""dump --stacks against the second decoder's join of the whole trace at once."""

import json
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from second.knowledge import Knowledge
from second.lines import build_of
from second.order import records
from second.stacks import Joined

MOST = 1500  # stacks of one trace whose modules are compared, except in `make soak`


@pytest.fixture
def same(run, soak):
    """same(trace): asserts that both say the same of its stacks; the second decoder's join."""

    def same(trace):
        ours = [json.loads(text) for text in run("dump", "--format", "jsonl", "--stacks", trace).stdout.splitlines()]
        found = list(records(trace.read_bytes()))
        joined = Joined(found, Knowledge(found, build_of(found)))
        delivered = [number for number in range(len(found)) if number not in joined.used]
        assert len(ours) == len(delivered)
        chosen = [number for number in delivered if joined.stack(number) is not None]
        if len(chosen) > MOST and not soak:
            chosen = random.Random(trace.name).sample(chosen, MOST)
        chosen = set(chosen)
        for number, event in zip(delivered, ours, strict=True):
            stack, frames = event.pop("stack", None), event.pop("frames", None)
            theirs = joined.lines[number]
            theirs.pop("stack", None)
            assert event["timestamp"] == theirs["timestamp"] and event["opcode"] == theirs["opcode"]
            addresses = joined.stack(number)
            assert stack == (None if addresses is None else [hex(address) for address in addresses]), number
            if number in chosen:
                assert frames == [joined.frame(number, address) for address in addresses], number
        return joined

    return same


@pytest.mark.parametrize("options", ["", "--pointer-size 4", "--processors 8 --compress", "--clock cpu"])
def test_samples(options, run, same, tmp_path):
    trace = tmp_path / "sample.etl"
    run("sample", "-o", trace, "--seed", "7", "--events", "3000", *options.split())
    joined = same(trace)
    assert joined.counts["joined"] > 50 and joined.counts["keys"] == joined.counts["resolved"] > 10


def test_corpus(corpus, same):
    """Every StackWalk event of this trace finds its event, and every key what it stands for."""
    joined = same(corpus / "etl" / "net.4.5.2.x86.etl")
    assert joined.counts == {"joined": 12401, "unmatched": 0, "keys": 12172, "resolved": 12172}
    assert len(joined.stacks) == 9666
