#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The live half of `make bench`: live.py BUILD/release BUILD/bench

What writing an event costs, how many a session takes, and LTTng-UST beside it in the same run; then the same of Python,
beside traceloggingdynamic and logging.FileHandler. LIVE_SECONDS (10) is how long events are written at a rate,
LIVE_DISK_SECONDS (60) how long to the disk; the median of BENCH_RUNS (5) counts.
"""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import ctf

HERE = pathlib.Path(__file__).resolve().parent
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
SECONDS = float(os.environ.get("LIVE_SECONDS", "10"))
DISK_SECONDS = float(os.environ.get("LIVE_DISK_SECONDS", "60"))
DISABLED_AIM, ENABLED_AIM, MEMORY_AIM, DISK_AIM = 1.0, 60.0, 5e6, 0.8
PYTHON_WRITE_AIM = 1000.0  # ns, of issue 8, as are these events a second:
PYTHON_READ_AIMS = {"listen": 0.5e6, "listen_five": None, "batches": 2e6, "stream": 0.25e6}
LOADS = [0.5e6, 1e6, 2e6, 4e6, 6e6, 8e6, 12e6]
LOAD_SECONDS = 2
EVENTS = 1_000_000


def told(command, **options):
    """The JSON object that a program prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def median(command, key="ns", **options):
    runs = [told(command, **options) for _ in range(RUNS)]
    middle = sorted(runs, key=lambda run: run[key])[len(runs) // 2]
    return middle


def row(what, figure, aim=""):
    print(f"{what:<44}  {figure:<34}  {aim}".rstrip())


def answer(aim, reached):
    return f"{aim}: {'yes' if reached else 'no'}"


# --- writing


def writing(program, folder):
    off = median([program, "write", 0, 1, 200_000_000])
    cost = max(0.0, off["ns"] - off["loop_ns"])
    row(
        "write, disabled",
        f"{cost:.2f} ns (a loop of nothing {off['loop_ns']:.2f})",
        answer("1 ns", cost < DISABLED_AIM),
    )
    alone = None
    for sessions, threads in [(1, 1), (3, 1), (1, 2), (1, 4), (1, 8)]:
        run = median([program, "write", sessions, threads, EVENTS // threads])
        aim = ""
        if (sessions, threads) == (1, 1):
            alone = run["ns"]
            aim = answer("60 ns", alone < ENABLED_AIM)
        lost = f", {run['lost']} lost" if run["lost"] else ""
        row(
            f"write, {sessions} session{'s'[: sessions > 1]}, {threads} thread{'s'[: threads > 1]}",
            f"{run['ns']:.1f} ns{lost}",
            aim,
        )
    lttng(folder, alone)


def build_lttng(folder):
    missing = sorted(
        {package for name, package in ctf.NEEDED.items() if name != "babeltrace2" and not shutil.which(name)}
    )
    if missing:
        raise ctf.Skip(f"not installed: {' '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "request"
    source = HERE / "lttng"
    compiler = os.environ.get("CC", "cc").split()
    libraries = ["-llttng-ust", "-ldl", "-lpthread"]
    ctf.said([*compiler, "-O3", f"-I{source}", source / "request.c", "-o", program, *libraries])
    return program


def lttng_session(program, folder, environment, contexts):
    """Its figures by number of threads."""
    session = f"etwkit-live-{os.getpid()}"
    ctf.said(["lttng", "create", session, f"--output={folder / 'live'}"], env=environment)
    try:
        channel = ["--subbuf-size=4M", "--num-subbuf=4", "etwkit"]
        ctf.said(["lttng", "enable-channel", "-u", "-s", session, *channel], env=environment)
        ctf.said(["lttng", "enable-event", "-u", "-s", session, "-c", "etwkit", "etwkit_live:*"], env=environment)
        if contexts:
            ctf.said(["lttng", "add-context", "-u", "-s", session, "-t", "vpid", "-t", "vtid"], env=environment)
        ctf.said(["lttng", "start", session], env=environment)
        # The pause empties the buffers, as the flush does in our program.
        return {n: median([program, n, EVENTS // 4 // n, 10], env=environment)["ns"] for n in (1, 4)}
    finally:
        subprocess.run(["lttng", "destroy", session], env=environment, capture_output=True)
        shutil.rmtree(folder / "live", ignore_errors=True)


def lttng(folder, ours):
    folder = folder / "lttng"
    environment = {**os.environ, "LTTNG_HOME": str(folder)}
    process = None
    try:
        program = build_lttng(folder)
        process = ctf.daemon(environment)
        for contexts in (True, False):
            found = lttng_session(program, folder, environment, contexts)
            what = "with process and thread id" if contexts else "without ids"
            for threads, nanoseconds in found.items():
                aim = answer("we are faster", ours < nanoseconds) if threads == 1 else ""
                row(f"LTTng-UST {what}, {threads} thread{'s'[: threads > 1]}", f"{nanoseconds:.1f} ns", aim)
    except (ctf.Skip, subprocess.TimeoutExpired) as reason:
        row("LTTng-UST", f"skipped: {reason}")
    finally:
        if process:
            process.terminate()
            process.wait()


# --- collecting


def share_lost(run):
    return run["lost"] / run["received"] if run["received"] else 0.0


def check_sum(run):
    if run["written"] != run["received"] or run["delivered"] + run["lost"] != run["received"]:
        sys.exit(f"bench: the accounts do not add up: {run}")
    return run


def loaded(program, *arguments):
    return check_sum(told([program, *arguments]))


def largest_without_loss(program, where):
    """The highest of the offered rates at which nothing was lost, in events a second."""
    best = 0.0
    for rate in LOADS:
        run = loaded(program, *where, rate, LOAD_SECONDS)
        real = run["written"] / run["seconds"]
        share = share_lost(run)
        row(f"  offered {rate / 1e6:g} M/s", f"{real / 1e6:.2f} M/s written, {share:.2%} lost")
        best = max(best, real) if not run["lost"] else best
        if where[0] == "file":
            pathlib.Path(where[1]).unlink()
    return best


def collecting(program):
    print("\nto a reader in C")
    rate = min(largest_without_loss(program, ["consume"]) or LOADS[0], MEMORY_AIM)
    run = loaded(program, "consume", rate, SECONDS)
    row(
        f"{SECONDS:g} s at {rate / 1e6:.2f} M/s",
        f"{run['delivered'] / run['all_seconds'] / 1e6:.2f} M/s read, {run['lost']} lost",
    )
    print("\nto a file in memory (/dev/shm)")
    path = f"/dev/shm/etwkit-bench-{os.getpid()}.etl"
    best = largest_without_loss(program, ["file", path])
    rate = min(best or LOADS[0], MEMORY_AIM)
    try:
        run = loaded(program, "file", path, rate, SECONDS)
        reached = rate >= MEMORY_AIM and not run["lost"]
        figure = f"{run['delivered'] / run['all_seconds'] / 1e6:.2f} M/s written, {run['lost']} lost"
        row(f"{SECONDS:g} s at {rate / 1e6:.2f} M/s", figure, answer("5 M/s, none lost", reached))
    finally:
        pathlib.Path(path).unlink(missing_ok=True)


def disk(program, folder):
    """Against dd with the same size of writes, both to the end of what the disk has taken (fsync counts)."""
    print("\nto disk")
    path = folder / "live.etl"
    begin = time.monotonic()
    run = loaded(program, "file", path, 0, DISK_SECONDS)
    subprocess.run(["sync", str(path)], check=True)
    ours = path.stat().st_size / (time.monotonic() - begin)
    size = path.stat().st_size
    path.unlink()
    blocks = max(1, size // 65536)
    said = subprocess.run(
        ["dd", "if=/dev/zero", f"of={path}", "bs=64K", f"count={blocks}", "conv=fsync"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    ).stderr
    seconds = float(re.search(r"copied, ([0-9.e+-]+) s", said)[1])
    path.unlink()
    theirs = size / seconds
    row(f"as fast as can be, {DISK_SECONDS:g} s", f"{ours / 1e6:.0f} MB/s, {share_lost(run):.1%} lost and counted")
    row("dd, 64 KiB a write, the same size", f"{theirs / 1e6:.0f} MB/s", answer("0.8 of dd", ours >= DISK_AIM * theirs))


# --- Python


class OfPython:
    """Runs jobs of bench/python_live.py with pyetwkit as `make python` built it."""

    def __init__(self, build, folder):
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(build.resolve().parent / "python" / "python")}

    def run(self, job):
        python = HERE.parent / ".venv" / "bin" / "python"
        return median([python, HERE / "python_live.py", job, self.folder], env=self.environment)

    def nanoseconds(self, job):
        return self.run(job)["ns"]

    def writing(self):
        ours = self.nanoseconds("write")
        row("write, disabled", f"{self.nanoseconds('write_unwanted'):.0f} ns")
        row("write, 1 session", f"{ours:.0f} ns", answer("1,000 ns", ours < PYTHON_WRITE_AIM))
        if importlib.util.find_spec("traceloggingdynamic"):
            theirs = self.nanoseconds("pack")
            row("traceloggingdynamic packs it", f"{theirs:.0f} ns", answer("we are faster", ours < theirs))
        else:
            row("traceloggingdynamic packs it", "skipped: not installed (requirements-bench.txt)")

    def reading(self):
        names = {"listen": "EtwListener", "listen_five": "EtwListener, five fields of each"}
        names |= {"batches": "EtwListener.batches()", "stream": "EtwStreamer"}
        for job, aim in PYTHON_READ_AIMS.items():
            rate = 1e9 / self.nanoseconds(job)
            row(names[job], f"{rate / 1e6:.2f} M/s", answer(f"{aim / 1e6:g} M/s", rate >= aim) if aim else "")

    def logging(self):
        told = self.run("log")
        ours, theirs = told["ns"], told["file_ns"]
        row("logging to EtwHandler", f"{ours / 1000:.2f} us a record")
        row("logging to FileHandler", f"{theirs / 1000:.2f} us a record", answer("we are faster", ours < theirs))


def main():
    build, folder = map(pathlib.Path, sys.argv[1:])
    program = build / "bench" / "etwkit-bench-live"
    folder.mkdir(parents=True, exist_ok=True)
    print("\nsessions in the own process: an event with a u32, a text and a double; ns are of processor time")
    writing(program, folder)
    collecting(program)
    disk(program, folder)
    print("\nPython; the same event, by processor time of the whole process")
    python = OfPython(build, folder)
    python.writing()
    python.reading()
    python.logging()


if __name__ == "__main__":
    main()
