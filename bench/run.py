#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`make bench`: one table of what this build does in a second, beside what others do: run.py BUILD/release BUILD/bench

BENCH_SIZE (1G) is the size of each trace, BENCH_RUNS (5) how often each thing is measured; the median counts. Speeds on
one core are per second of processor time (user and system), which a busy machine changes little; on two cores, per
second of the clock.
"""

import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import ctf

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
LARGEST = "net.4.5.2.x86.etl"
PARSED = "ab_ShutdownPerfDiagLogger.etl"  # which etl-parser's authors test with
LEAST_SHARE = 0.1  # of its events that a peer must decode to be compared with
LIBRARY = ["count", "fields", "decode", "jsonl", "stacks", "text", "csv", "arrow", "arrow-header", "arrow-select"]
PYTHON = {  # the jobs of bench/python.py, with the aims of issue 6 in events a second
    "python: iterate": 1.5e6,
    "python: seven": None,
    "python: properties": 0.4e6,
    "python: arrow": 5e6,
    "python: select": 3e6,
    "python: parquet": None,
}
SELECTED = ["Windows Kernel", "PerfInfo/SampledProfile"]  # the most frequent kind of events in both traces
PEERS = ["dissect.etl", "etl-parser"]
CTF_EVENTS = 1_000_000
GUESSED_EVENT = 120  # bytes; the first trace is made a little larger than need be
BABELTRACE = "babeltrace2"
STACKS_OF_JSONL = 0.6
COUNT_OF_CAT, DECODE_AIM, JSONL_AIM, INFLATE_AIM, DISSECT_AIM, BABELTRACE_AIM = 0.5, 5e6, 2e6, 2e9, 300, 15
ARROW_AIM, SELECT_AIM = 5e6, 3e6


def said_size(text):
    """64M or 1G in bytes."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match:
        sys.exit(f"bench: BENCH_SIZE takes a number with K, M or G, not '{text}'")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]


def peak_of(process, before):
    """The most memory that a running process has had. What wait4() tells includes Python's own, before the exec."""
    with contextlib.suppress(OSError):
        match = re.search(r"^VmHWM:\s*(\d+) kB", pathlib.Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
        return int(match[1]) << 10 if match else before
    return before


def run_once(command, cores, watch=False):
    """(processor seconds, clock seconds, output, peak bytes where it is watched) of a command on so many cores."""
    pin = (
        ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:cores]))]
        if shutil.which("taskset")
        else []
    )
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([*pin, *map(str, command)], stdout=output, stderr=errors)
        peak = ended = 0
        while watch and not ended:
            time.sleep(0.02)
            peak = peak_of(child.pid, peak)
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
        if not ended:
            _, status, usage = os.wait4(child.pid, 0)
        clock = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            raise ctf.Skip((errors.read().decode(errors="replace").strip().splitlines() or ["failed"])[-1])
        return usage.ru_utime + usage.ru_stime, clock, output.read(), peak


def to_nothing(command):
    """The command with its output thrown away by the shell, as a user would."""
    return ["sh", "-c", 'exec "$@" >/dev/null', "sh", *command]


class Bench:
    """What is measured with what, and the lines of the table."""

    def __init__(self, release, folder):
        self.release, self.folder = release, folder
        self.etwkit = release / "cli" / "etwkit"
        self.corpus = pathlib.Path(os.environ.get("ETWKIT_CORPUS") or ROOT.parent / "shared" / "corpus")
        self.size = said_size(os.environ.get("BENCH_SIZE") or "1G")
        self.runs = int(os.environ.get("BENCH_RUNS") or 5)
        self.dump_help = subprocess.run([self.etwkit, "dump", "--help"], capture_output=True, text=True).stdout
        self.lines, self.skipped, self.busy = [], [], []

    def tell(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def median(self, command, cores=1):
        """(processor seconds, clock seconds, output, peak bytes): of the times each the median of the runs."""
        self.tell(" ".join(map(str, command))[-100:])
        done = [run_once(command, cores, watch=not number) for number in range(self.runs)]
        processor, clock = (statistics.median(one[i] for one in done) for i in range(2))
        if cores == 1 and processor > 0.2:
            self.busy.append(clock / processor)
        return processor, clock, *done[0][2:]

    def line(self, trace, what, seconds, **more):
        self.lines.append({"trace": trace["name"], "what": what, "seconds": seconds, **more})

    # --- the traces

    def make(self, name, *command):
        """A trace made once by the command; its size."""
        path = self.folder / name
        if not path.exists():
            self.tell(f"makes {path}")
            partial = self.folder / "unfinished.etl"
            subprocess.run([self.etwkit, *map(str, command), "-o", partial], check=True, stderr=subprocess.DEVNULL)
            partial.rename(path)
        return path

    def sampled(self):
        """The trace of our writer: as many events as make it large enough."""
        probe = self.make("probe.etl", "sample", "--events", 200_000)
        events = self.size * 200_000 // probe.stat().st_size + 1000
        path = self.make(f"sample-{self.size}.etl", "sample", "--events", events)
        small = self.make("small.etl", "sample", "--events", 20_000)
        return {"name": "sample", "path": path, "plain": path.stat().st_size, "small": small}

    def tiled(self):
        """The largest trace of the corpus, tiled: plain and compressed."""
        source = next(self.corpus.rglob(LARGEST), None) if self.corpus.is_dir() else None
        if not source:
            self.skipped.append(f"{LARGEST} tiled: no corpus here")
            return []
        plain = self.make(f"tiled-{self.size}.etl", "tile", source, "--size", self.size)
        packed = self.make(f"tiled-{self.size}-packed.etl", "tile", source, "--size", self.size, "--compress")
        size = plain.stat().st_size
        return [
            {"name": "corpus", "path": plain, "plain": size, "small": source},
            {"name": "packed", "path": packed, "plain": size, "small": None},
        ]

    # --- what is measured

    def cat(self, trace):
        trace["cat"] = self.median(to_nothing(["cat", trace["path"]]))[0]
        self.line(trace, "cat", trace["cat"])

    def library(self, trace):
        program = self.release / "bench" / "etwkit-bench"
        modes = subprocess.run([program], capture_output=True, text=True).stderr.split(" one of")[-1].split()
        for mode in LIBRARY:
            if mode not in modes:
                self.skipped.append(f"library {mode}: this build has no such sink")
                continue
            selected = SELECTED if mode == "arrow-select" else []
            seconds, _, output, peak = self.median([program, mode, trace["path"], *selected])
            told = json.loads(output)
            trace.setdefault("events", told["events"])
            trace[mode] = seconds
            self.line(trace, f"library: {mode}", seconds, peak=peak, job=mode)

    def on_two_cores(self, command):
        """Seconds of the clock on two cores; None without --threads, or a second core."""
        if "--threads" not in self.dump_help or len(os.sched_getaffinity(0)) < 2 or not shutil.which("taskset"):
            return None
        return self.median(to_nothing([*command, "--threads", "2"]), cores=2)[1]

    def command(self, trace):
        seconds, _, _, peak = self.median(to_nothing([self.etwkit, "info", trace["path"]]))
        self.line(trace, "etwkit info", seconds, peak=peak)
        for form in ("jsonl", "text", "csv"):
            if form not in self.dump_help:
                self.skipped.append(f"etwkit dump --format {form}: this build has no such format")
                continue
            command = [self.etwkit, "dump", trace["path"], "--format", form]
            seconds, clock, _, peak = self.median(to_nothing(command))
            two = self.on_two_cores(command)
            self.line(trace, f"etwkit dump {form}", seconds, peak=peak, two=two, clock=clock, job=f"dump {form}")

    def inflate(self, trace):
        program = self.release / "bench" / "etwkit-bench-inflate"
        told = [json.loads(run_once([program, trace["path"]], 1)[2]) for _ in range(self.runs)]
        seconds = statistics.median(one["seconds"] for one in told)
        self.line(trace, "inflate alone", seconds, bytes=told[0]["plain"], job="inflate")

    def python(self, trace):
        """pyetwkit as `make python` built it, without the time that starting Python takes."""
        os.environ["PYTHONPATH"] = str(self.release.parent / "python" / "python")
        for what in PYTHON:
            command = [ROOT / ".venv" / "bin" / "python", HERE / "python.py", what.split()[1], trace["path"]]
            self.tell(" ".join(map(str, command))[-100:])
            try:
                done = [run_once(command, 1, watch=not number) for number in range(self.runs)]
            except ctf.Skip as reason:
                self.skipped.append(f"{what}: {reason}")
                continue
            seconds = statistics.median(json.loads(output)["seconds"] for _, _, output, _ in done)
            self.line(trace, what, seconds, peak=done[0][3])

    def peer(self, name, trace, path):
        """A reader in Python, which takes minutes for what others do in a second, on a small trace: its events/s."""
        command = [ROOT / ".venv" / "bin" / "python", HERE / "peers.py", name, path]
        self.tell(" ".join(map(str, command))[-100:])
        try:
            done = [json.loads(run_once(command, 1)[2]) for _ in range(min(3, self.runs))]
        except ctf.Skip as reason:
            return self.skipped.append(f"{name} on {trace}: {reason}")
        told = sorted(done, key=lambda one: one["seconds"])[len(done) // 2]
        share = told["decoded"] / max(told["events"], 1)
        if share < LEAST_SHARE:
            return self.skipped.append(f"{name} on {trace}: decodes {told['decoded']} of {told['events']} events")
        what = f"{name} ({share:.0%} decoded)"
        self.line({"name": trace}, what, told["seconds"], bytes=path.stat().st_size, events=told["events"])
        return told["events"] / told["seconds"]

    def peers(self, traces):
        """Of each peer's rates on the traces that it reads, the one on the same kind of events, else the best."""
        rates = {}
        for trace in traces:
            for name in PEERS:
                if trace["small"]:
                    rates[name, trace["name"]] = self.peer(name, trace["name"], trace["small"])
        own = next(self.corpus.rglob(PARSED), None) if self.corpus.is_dir() else None
        if own:
            rates[PEERS[1], "its own"] = self.peer(PEERS[1], "its own", own)
        for trace in traces:
            for name in PEERS:
                of_kind = rates.get((name, "corpus" if trace["name"] == "packed" else trace["name"]))
                best = max((rate for (peer, _), rate in rates.items() if peer == name and rate), default=None)
                trace[name] = of_kind or best

    def babeltrace(self):
        trace = {"name": "ctf"}
        try:
            path = ctf.make(self.folder / "lttng", min(CTF_EVENTS, self.size // GUESSED_EVENT))
            count = ["sh", "-c", 'exec babeltrace2 "$1" | wc -l', "sh", path]
            events = int(run_once(count, 1)[2])
            seconds = self.median(to_nothing([BABELTRACE, path]))[0]
        except (ctf.Skip, subprocess.TimeoutExpired) as reason:
            self.skipped.append(f"{BABELTRACE}: {reason}")
            return None
        size = sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
        self.line(trace, f"{BABELTRACE}, as text", seconds, events=events, bytes=size)
        return events / seconds

    def run(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if free < 4 * self.size:
            sys.exit(f"bench: {self.folder} has {free >> 20} MiB free, the traces take up to {4 * self.size >> 20}")
        traces = [self.sampled(), *self.tiled()]
        babeltrace = self.babeltrace()
        for trace in traces:
            self.cat(trace)
            self.library(trace)
            self.command(trace)
            self.python(trace)
            if trace["name"] == "packed":
                self.inflate(trace)
        self.peers(traces)
        return {trace["name"]: trace for trace in traces}, babeltrace


# --- the table


def ratio(value):
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def verdict(line, trace, rate, babeltrace):
    """The aims that this line answers, and whether it reaches them."""
    job, found = line.get("job"), []
    if job == "count":
        found.append((f"{COUNT_OF_CAT} of cat", trace["cat"] / line["seconds"] >= COUNT_OF_CAT))
    if job == "decode":
        found.append(("5 M/s", rate >= DECODE_AIM))
    if job == "jsonl":
        found.append(("2 M/s", rate >= JSONL_AIM))
    if job == "arrow-header":
        found.append(("5 M/s", rate >= ARROW_AIM))
    if job == "arrow-select":
        found.append(("3 M/s", rate >= SELECT_AIM))
    if PYTHON.get(line["what"]):
        aim = PYTHON[line["what"]]
        found.append((f"{aim / 1e6:g} M/s", rate >= aim))
    if job == "stacks" and trace.get("jsonl"):
        share = trace["jsonl"] / line["seconds"]
        found.append((f"{STACKS_OF_JSONL} of jsonl, is {share:.2f}", share >= STACKS_OF_JSONL))
    if job == "inflate":
        found.append(("2 GB/s", line["bytes"] / line["seconds"] >= INFLATE_AIM))
    if job == "dump jsonl" and trace.get(PEERS[0]):
        found.append((f"{DISSECT_AIM} x dissect", rate >= DISSECT_AIM * trace[PEERS[0]]))
    if job == "dump text" and babeltrace:
        found.append((f"{BABELTRACE_AIM} x babeltrace2", rate >= BABELTRACE_AIM * babeltrace))
    return ", ".join(f"{aim}: {'yes' if reached else 'no'}" for aim, reached in found)


def row(line, trace, babeltrace):
    ours = "events" not in line
    events, size = line.get("events") or trace.get("events"), line.get("bytes") or trace.get("plain")
    seconds = line["seconds"]
    counts = ours and line["what"] not in ("cat", "inflate alone")
    rate = events / seconds if events and line["what"] not in ("cat", "inflate alone") else 0
    size = trace["path"].stat().st_size if line["what"] == "cat" else size
    two = line.get("two")
    return [
        line["trace"],
        line["what"],
        f"{size / seconds / 1e6:.0f}" if size / seconds > 1e7 else f"{size / seconds / 1e6:.1f}",
        f"{rate / 1e6:.2f}" if rate > 1e5 else f"{rate / 1e6:.4f}" if rate else "",
        ratio(trace["cat"] / seconds) if counts else "",
        *(ratio(rate / trace[peer]) if counts and trace.get(peer) else "" for peer in PEERS),
        ratio(rate / babeltrace) if counts and babeltrace else "",
        f"{line['peak'] / (1 << 20):.1f}" if line.get("peak") else "",
        ("-" if two is None else f"{events / two / 1e6:.2f} ({line['clock'] / two:.2f} x)") if "two" in line else "",
        verdict(line, trace, rate, babeltrace),
    ]


HEAD = [
    ["", "", "MB/s", "M events/s", "of cat", "x dissect", "x etl-", "x babel-", "peak", "two cores", "aims of issues"],
    ["trace", "what", "", "", "", ".etl", "parser", "trace2", "MiB", "M events/s", "3 and 6 (one core)"],
]


def table(rows):
    rows = [*HEAD, *rows]
    width = [max(len(one[i]) for one in rows) for i in range(len(HEAD[0]))]
    left = (0, 1, len(width) - 1)
    lines = [
        "  ".join(cell.ljust(width[i]) if i in left else cell.rjust(width[i]) for i, cell in enumerate(one)).rstrip()
        for one in rows
    ]
    lines.insert(len(HEAD), "-" * max(map(len, lines)))
    return "\n".join(lines)


def processor():
    with contextlib.suppress(OSError):
        match = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if match:
            return match[1]
    return platform.processor() or platform.machine()


def notes(bench, traces):
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True).stdout.splitlines()[:1]
    version = subprocess.run([bench.etwkit, "--version"], capture_output=True, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    yield f"{version}; {processor()}, {os.cpu_count()} cores, {memory} GiB; {platform.system()} {platform.release()}"
    yield f"{' '.join(compiler)}; medians of {bench.runs} runs, files in the page cache."
    for trace in traces.values():
        size = trace["path"].stat().st_size
        packed = f" (of {trace['plain'] / 1e6:.0f} MB)" if size < trace["plain"] else ""
        per_event = trace["plain"] / trace["events"]
        yield f"{trace['name']}: {size / 1e6:.0f} MB{packed}, {trace['events']} events of {per_event:.0f} bytes."
    yield "MB are 10^6 bytes of the plain trace, also where it is stored compressed; of cat's they are the file's."
    yield "One core: per second of processor time, user and system. Two cores: per second of the clock."
    if bench.busy:
        yield f"The clock ran {statistics.median(bench.busy):.2f} times as long: 1.0 is an idle machine."
    yield "'of cat': cat's time for the same file by ours. The other ratios are of events/s, the peers' on"
    yield "small traces: 20,000 events of etwkit sample and the corpus' file itself for dissect.etl; for etl-parser"
    yield f"{PARSED}, with which its authors test; what LTTng wrote of bench/lttng for babeltrace2."
    yield from (f"Skipped: {what}" for what in dict.fromkeys(bench.skipped))


def main():
    release, folder = (pathlib.Path(one).resolve() for one in sys.argv[1:3])
    bench = Bench(release, folder)
    traces, babeltrace = bench.run()
    rows = [row(line, traces.get(line["trace"], {}), babeltrace) for line in bench.lines]
    text = table(rows) + "\n\n" + "\n".join(notes(bench, traces))
    print(text)
    (folder / "table.txt").write_text(text + "\n", encoding="utf-8")
    (folder / "figures.json").write_text(json.dumps(bench.lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
