#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the fuzz targets of a build made with -Dfuzz=true: tests/fuzz/run.py BUILD [--seconds N] [--target NAME]...

Each target gets N seconds, as many targets at once as there are cores. The corpus grows in BUILD/work/TARGET/corpus;
what was found lies in BUILD/work/TARGET/found, and makes the exit code 1. A table of what was run is printed, and
appended to --log. See docs/fuzzing.md.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from seeds import seeds  # noqa: E402

# The largest input of each target: longer ones only slow it down.
TARGETS = {
    "archive": 16384,
    "buffer": 16384,
    "event_info": 16384,
    "eventsource": 16384,
    "file": 65536,
    "filter": 4096,
    "inflate": 16384,
    "manifest": 16384,
    "message": 4096,
    "options": 2048,
    "pack": 16384,
    "payload": 4096,
    "pcapng": 4096,
    "record": 4096,
    "tmf": 8192,
    "tracelogging": 8192,
    "wevt": 16384,
}
SLOW = 1.0  # seconds of one input, under the sanitizers: more is a finding
HUNG = 20
MEMORY = 2048  # MiB
COLUMNS = ("target", "seed", "seconds", "executions", "exec/s", "cov", "ft", "corpus", "found")


@dataclasses.dataclass
class Run:
    """One target's run, and what it showed."""

    target: str
    seed: int
    command: str = ""
    seconds: float = 0
    executions: int = 0
    cov: int = 0
    ft: int = 0
    corpus: int = 0
    found: list = dataclasses.field(default_factory=list)
    tail: str = ""

    def row(self):
        rate = int(self.executions / self.seconds) if self.seconds else 0
        values = (self.target, self.seed, int(self.seconds), self.executions, rate, self.cov, self.ft, self.corpus)
        return (*map(str, values), str(len(self.found)))


def program(build, target):
    return build / "tests" / "fuzz" / f"fuzz-{target.replace('_', '-')}"


def cpu_seconds(build, target, path):
    """What one input costs, in seconds of the processor: other programs do not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program(build, target), "-close_fd_mask=3", path], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def slow(build, target, path):
    """Is it slow by itself, or was the computer busy? Only asked when nothing else runs."""
    start = min(cpu_seconds(build, target, os.devnull) for _ in range(2))
    return min(cpu_seconds(build, target, path) for _ in range(3)) - start > SLOW


def command_of(build, run, seconds):
    work = build / "work" / run.target
    for name in ("corpus", "found"):
        (work / name).mkdir(parents=True, exist_ok=True)
    folders = [work / "corpus", build / "work" / "seeds" / run.target, HERE / "regressions" / run.target]
    words = HERE / f"{run.target}.dict"
    return [
        program(build, run.target),
        *(folder for folder in folders if folder.is_dir()),
        *([f"-dict={words}"] if words.exists() else []),
        f"-artifact_prefix={work / 'found'}/",
        f"-max_len={TARGETS[run.target]}",
        f"-max_total_time={seconds}",
        f"-seed={run.seed}",
        f"-timeout={HUNG}",
        f"-report_slow_units={int(SLOW)}",
        f"-rss_limit_mb={MEMORY}",
        "-print_final_stats=1",
        "-verbosity=1",
        "-close_fd_mask=1",
    ]


def fuzz(build, run, seconds):
    command = command_of(build, run, seconds)
    run.command = shlex.join(map(str, command))
    found = build / "work" / run.target / "found"
    before = set(found.iterdir())
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    run.seconds = time.monotonic() - start
    text = done.stderr.decode(errors="replace")
    for line in re.finditer(r"cov: (\d+) ft: (\d+) corp: (\d+)", text):
        run.cov, run.ft, run.corpus = map(int, line.groups())
    executed = re.search(r"number_of_executed_units: (\d+)", text)
    run.executions = int(executed[1]) if executed else 0
    run.found = sorted(set(found.iterdir()) - before)
    if done.returncode and not run.found:
        run.found = [found / "(no file: see above)"]
    if done.returncode:
        run.tail = text[-6000:]
    return run


def table(runs):
    rows = [COLUMNS, *(run.row() for run in runs)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    aligned = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return "\n".join(map("  ".join, aligned))


def write_log(path, runs):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(f"# {time.strftime('%Y-%m-%d %H:%M:%S')}, each target with its own -seed\n")
        log.writelines(f"# {run.command}\n" for run in runs)
        log.write(table(runs) + "\n\n")


def report(build, runs):
    """Drops what was slow only because the computer was busy; tells the rest."""
    for run in runs:
        run.found = [f for f in run.found if not f.name.startswith("slow-unit-") or slow(build, run.target, f)]
        if run.tail:
            print(f"=== {run.target}\n{run.tail}")
    print(table(runs))
    for run in runs:
        for path in run.found:
            print(f"found: {path}\n       again: {program(build, run.target)} {path}")


def make_seeds(build):
    """Once for a build; those of a run that broke off are made anew."""
    made = build / "work" / "seeds"
    if not made.is_dir():
        part = made.with_name("seeds.part")
        shutil.rmtree(part, ignore_errors=True)
        seeds(build / "cli" / "etwkit", os.environ.get("ETWKIT_CORPUS"), part)
        part.rename(made)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--target", action="append", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, help="default: another one each time")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--log", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    targets = options.target or sorted(TARGETS)
    make_seeds(build)
    first = options.seed if options.seed is not None else int(time.time())
    runs = [Run(target, first + number) for number, target in enumerate(targets)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(lambda run: fuzz(build, run, options.seconds), runs))
    report(build, runs)
    if options.log:
        write_log(options.log, runs)
    return 1 if any(run.found for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
