# SPDX-License-Identifier: MIT
"""A CTF trace that LTTng writes here, with lttng/writer.c, for babeltrace2 to print."""

import os
import pathlib
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = {"lttng": "lttng-tools", "lttng-sessiond": "lttng-tools", "babeltrace2": "babeltrace2"}


class Skip(Exception):
    """Why a peer cannot be measured here."""


def said(command, **options):
    """Runs a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
    if done.returncode:
        raise Skip(f"{command[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    return done.stdout


def daemon(environment):
    """LTTng's session daemon, ours; None where another one runs already."""
    if subprocess.run(["lttng", "list"], env=environment, capture_output=True).returncode == 0:
        return None
    process = subprocess.Popen(
        ["lttng-sessiond", "--no-kernel"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(50):
        if subprocess.run(["lttng", "list"], env=environment, capture_output=True).returncode == 0:
            return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.terminate()
    process.wait()
    raise Skip("lttng-sessiond does not come up in this container")


def record(writer, session, trace, events, environment):
    """One session, blocking where buffers are full, so that no event is lost."""
    said(["lttng", "create", session, f"--output={trace}"], env=environment)
    try:
        channel = ["--subbuf-size=4M", "--num-subbuf=8", "--blocking-timeout=inf", "etwkit"]
        said(["lttng", "enable-channel", "-u", "-s", session, *channel], env=environment)
        said(["lttng", "enable-event", "-u", "-s", session, "-c", "etwkit", "etwkit_bench:*"], env=environment)
        said(["lttng", "add-context", "-u", "-s", session, "-t", "vpid", "-t", "vtid"], env=environment)
        said(["lttng", "start", session], env=environment)
        said([writer, str(events)], env=environment)
        said(["lttng", "stop", session], env=environment)
    finally:
        subprocess.run(["lttng", "destroy", session], env=environment, capture_output=True)


def make(folder, events):
    """The folder of a CTF trace with so many events."""
    missing = sorted({package for command, package in NEEDED.items() if not shutil.which(command)})
    if missing:
        raise Skip(f"not installed: {' '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    trace, writer = folder / f"ctf-{events}", folder / "writer"
    if trace.exists():
        return trace
    compiler = os.environ.get("CC", "cc").split()
    source = HERE / "lttng"
    said([*compiler, "-O2", f"-I{source}", source / "writer.c", "-o", writer, "-llttng-ust", "-ldl"])
    environment = {**os.environ, "LTTNG_HOME": str(folder), "LTTNG_UST_ALLOW_BLOCKING": "1"}
    session, partial = f"etwkit-bench-{os.getpid()}", folder / "unfinished"
    shutil.rmtree(partial, ignore_errors=True)
    process = daemon(environment)
    try:
        record(writer, session, partial, events, environment)
    finally:
        if process:
            process.terminate()
            process.wait()
    partial.rename(trace)
    return trace
