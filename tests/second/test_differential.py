# SPDX-License-Identifier: MIT
"""etwkit's lines against those of the second decoder: the same traces, and no byte between them."""

import json
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from second.generate import Generator
from second.generate_manifests import GUIDS, Author, ManifestGenerator
from second.knowledge import Knowledge
from second.lines import build_of, line_text
from second.manifest import Manifest
from second.order import records
from second.pack import Pack

MOST = 2500  # lines of one trace that are compared, except in `make soak`

SAMPLES = [
    "--compress",
    "--pointer-size 4",
    "--clock system",
    "--clock cpu",
    "--windows 7",
    "--windows 7 --pointer-size 4 --clock system",
    "--processors 1",
    "--processors 2",
    "--processors 3 --compress",
    "--processors 8 --frequency 1818300",
    "--frequency 10000000000",
    "--clock cpu --pointer-size 4 --compress",
    "--buffer-size 8 --compress --unfinished",
    "--unfinished",
]
CORPUS = [
    "ab_AMSITrace ab_ShutdownPerfDiagLogger diaghub.kernel.1 diaghub.user_injected.1 gcevents krabs_powershell",
    "net.4.5.2.x86 pktmon pv_SelfDescribingSingleEvent pw_eventlog pyetw_out pyetwkit_sample sb_image_data_32_v0",
    "sb_image_data_32_v1 sb_image_data_32_v2 sb_process_data_32_v1 sb_process_data_32_v3 tx_HTTP_Server",
    "tx_KernelNetwork tx_WsRm01 wpp_CldFlt0 wpp_waasmedic",
]
MADE = [
    {},
    {"pointer_size": 4},
    {"clock": 2},
    {"clock": 3},
    {"frequency": 1_818_300},
    {"wrong": True},
    {"wrong": True, "pointer_size": 4, "clock": 3},
]


@pytest.fixture
def same(run, soak):
    """same(trace, damaged=False, names=False, options=(), **known): asserts that both decoders say the same of a trace.

    `known` is what Knowledge takes besides, as `options` tell it the command.
    """

    def same(trace, damaged=False, names=False, options=(), **known):
        options = ["--names", *options] if names else options
        done = run("dump", "--format", "jsonl", trace, *options, code=None)
        assert done.returncode in ((0, 1) if damaged else (0,)), done.stderr
        ours = done.stdout.decode().split("\n")[:-1]
        found = list(records(trace.read_bytes()))
        assert len(ours) == len(found)
        knowledge = Knowledge(found, build_of(found), **known)
        chosen = range(len(found))
        if len(found) > MOST and not soak:
            chosen = sorted(random.Random(trace.name).sample(chosen, MOST))
        for number in chosen:
            theirs = line_text(found[number], knowledge, names)
            if ours[number] != theirs:
                explain(number, found[number], ours[number], theirs)

    return same


def explain(number, record, ours, theirs):
    """Fails with what differs: a value, the order of keys, or the text alone."""
    where = f"line {number}, {record.kind} in buffer {record.buffer} at {record.offset:#x}"
    assert json.loads(ours) == json.loads(theirs), where
    assert list(json.loads(ours)) == list(json.loads(theirs)), where
    assert ours == theirs, where


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=SAMPLES)
def test_samples(number, run, same, soak, tmp_path):
    trace = tmp_path / "sample.etl"
    for seed in range(number + 2, number + (12 if soak else 3)):
        events = ["--events", "20000" if soak else "2000"]
        run("sample", "-o", trace, "--seed", seed, *events, *SAMPLES[number].split())
        same(trace)


def test_the_sample(sample, same):
    same(sample)


@pytest.mark.parametrize("name", " ".join(CORPUS).split())
def test_corpus(name, corpus, same):
    trace = corpus / "etl" / f"{name}.etl"
    if not trace.is_file():
        pytest.skip(f"no {trace}")
    same(trace)
    same(trace, names=True)


def test_corpus_is_listed(corpus):
    listed = set(" ".join(CORPUS).split())
    assert {path.stem for path in (corpus / "etl").glob("*.etl")} <= listed


@pytest.mark.parametrize("number", range(len(MADE)))
def test_made(number, same, soak, tmp_path):
    """Events of all forms, most of them odd: see generate.py."""
    trace = tmp_path / "made.etl"
    for seed in range(100 if soak else 2):
        trace.write_bytes(Generator(1000 * number + seed, **MADE[number]).trace(1000))
        same(trace, damaged="wrong" in MADE[number])
        same(trace, damaged="wrong" in MADE[number], names=True)


@pytest.mark.parametrize("options", ["", "--compress", "--unfinished"])
def test_cut(options, run, same, soak, tmp_path):
    """A file that ends anywhere gives the events that are whole."""
    trace = tmp_path / "cut.etl"
    run("sample", "-o", trace, "--seed", 3, "--events", "1000", "--buffer-size", "16", *options.split())
    whole, rng = trace.read_bytes(), random.Random(options)
    for _ in range(200 if soak else 6):
        trace.write_bytes(whole[: rng.randrange(20000, len(whole))])
        same(trace, damaged=True)


BUILDS = ["", "7600=", "10240=", "19041=", "26100="]


def authored(rng, folder):
    """Writes manifests of some providers, each as two builds of Windows have it: (GUID, text, file, build)."""
    for index, guid in enumerate(GUIDS):
        author = Author(rng, guid)
        for build in rng.sample(BUILDS, 2):
            path = folder / f"{index}-{build[:-1]}.man"
            text = author.xml()
            path.write_text(text, encoding="utf-8")
            yield guid, text, path, build
            author.change()


@pytest.mark.parametrize("number", range(8))
def test_manifests(number, run, same, soak, tmp_path):
    """Events of invented manifests: given as they are, made into a pack, sent in the trace."""
    trace, pack = tmp_path / "made.etl", tmp_path / "made.pack"
    for seed in range(number, 200 if soak else number + 1, 8):
        rng = random.Random(seed)
        written = list(authored(rng, tmp_path))
        run("schema", "pack", "-o", pack, *[build + str(path) for _, _, path, build in written], code=None)
        made = ManifestGenerator(seed, pointer_size=rng.choice([4, 8]), build=rng.choice([0, 7600, 14393, 19041]))
        for _, text, _, _ in written:
            made.describe(text)
        trace.write_bytes(made.trace(1500))
        known = {"damaged": True, "names": True, "given": [Pack(pack)]}
        same(trace, options=["--no-pack", "--schema", pack], pack=None, **known)
        files = [option for _, _, path, _ in written for option in ("--schema", path)]
        manifests = [Manifest(text.encode()).providers for _, text, _, _ in written]
        same(trace, options=files, **{**known, "given": manifests})
        for guid, text, _, _ in rng.sample(written, 4):
            made.send(guid, text)
        trace.write_bytes(made.trace(1500))
        same(trace, options=["--schema", pack], **known)
