#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`make bench-windows`: readers of live events for Windows' Python, each fed the same by the double of ETW under Wine.

peers_windows.py BUILD      with BUILD/windows-python, BUILD/wheels and BUILD/windows/tests/windows/etwsim/etwsim.dll

Prints a table of what came, what was lost and how fast; BUILD/bench/windows keeps the peers and the figures. What is
measured is the reader, not ETW: the double has its buffers, and none of Windows' costs.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path += [str(ROOT / "tests" / "windows" / "etwsim"), str(ROOT / "scripts")]

import retarget  # noqa: E402
from test_windows_python import windows  # noqa: E402

PEERS = {"pyetwkit": "pyetwkit==3.2.0", "pywintrace": "pywintrace==0.2.0"}
READERS = ["ours", *PEERS]
SAMPLE = "7c8fd0f2-6d4f-4f53-9d31-1f0a3b6a9c42"  # Northwind-Orders, of `etwkit sample`
FED = "c1b3a1d4-0f1e-4b6a-9a51-0d3b1c2e4f60"
# A number, and 13 zero bytes for the others.
FIELDS = """
tdh-provider {FED} Fed
tdh-event 1 0 task Counted
tdh-field number 10
tdh-field status 8
tdh-field seconds 12
tdh-field url 2
begin processing
""".replace("{FED}", FED)
# What TDH would say of the sample's events: the trace itself says the same, for who reads that (cli/sample_manifest.c).
ORDERS = """
tdh-provider {SAMPLE} Northwind-Orders
tdh-event 1 1 task Order opcode Placed
tdh-field OrderId 8 out 8
tdh-field Customer 1 out 1
tdh-field Priority 4 out 4 map PriorityMap
tdh-field Options 8 out 18 map OptionMap
tdh-field Total 12 out 12
tdh-field Placed 17 out 2
tdh-field Token 15 out 14
tdh-field Session 16 out 19
tdh-field Urgent 13 out 13
tdh-field ClientLength 8 out 8
tdh-field Client 14 out 25 length =9
tdh-field ItemCount 6 out 6
tdh-field Items 0 struct 15 members 3 count =11
tdh-field NoteLength 6 out 6
tdh-field Note 1 out 1 length =13
tdh-field Sku 2 out 1 member yes
tdh-field Quantity 6 out 6 member yes
tdh-field Price 11 out 11 member yes
tdh-event 2 0 task Order opcode Shipped
tdh-field OrderId 8 out 8
tdh-field Carrier 1 out 1 length 8
tdh-field Status 8 out 31
tdh-field Error 8 out 30
tdh-field Result 7 out 32
tdh-field User 19 out 1
tdh-field Day 18 out 2
tdh-field Seal 14 out 15 length 6
tdh-field Port 6 out 22
tdh-field Depot 8 out 23
tdh-field Router 14 out 24 length 16
tdh-field Weights 6 out 6 count 3
tdh-field Label 2 out 28
tdh-field Balance 9 out 9
tdh-field Temperature 3 out 3
tdh-field Checksum 21 out 19
tdh-field Crate 20 out 18 map CrateMap
tdh-event 3 0 task Heartbeat
tdh-map PriorityMap value
tdh-entry 0 low
tdh-entry 1 normal
tdh-entry 2 high
tdh-map OptionMap bits
tdh-entry 1 gift
tdh-entry 2 express
tdh-entry 8 insured
tdh-map CrateMap value
tdh-entry 0x10 small
tdh-entry 0x20 large
begin processing
""".replace("{SAMPLE}", SAMPLE)
FLAT_OUT, PACED, RATE, FLOOD = 100_000, 100_000, 20_000, 3_000_000

LEAST = 1000  # events for a speed


class Bench:
    def __init__(self, build):
        self.build, self.folder = build, build / "bench" / "windows"
        self.python = build / "windows-python" / "python"
        self.double = build / "windows" / "tests" / "windows" / "etwsim" / "etwsim.dll"
        self.folder.mkdir(parents=True, exist_ok=True)

    def wine(self, *command, **variables):
        """What it writes. It gets a pipe: Python under Wine 8 does not start with a file."""
        prefix = {"WINEPREFIX": str(self.build / "wine"), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [ROOT / "scripts" / "wine", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            env={**os.environ, **prefix, **variables},
        )
        if done.returncode:
            raise OSError((done.stderr or done.stdout).strip() or f"it ended with {done.returncode}")
        return done.stdout

    def unpack(self, name, wheel):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(self.folder / name)

    def make_readers(self):
        """A folder for each, whose calls of ETW go to the double: of its extension, or of ctypes."""
        (wheel,) = (self.build / "wheels").glob("*win_amd64.whl")
        self.unpack("ours", wheel)
        for name, package in PEERS.items():
            target = self.folder / "fetched" / name
            if not target.is_dir():
                choice = ["--platform", "win_amd64", "--python-version", "3.13", "--only-binary", ":all:", "--no-deps"]
                command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", *choice]
                subprocess.run([*command, "-d", target, package], check=True)
            (wheel,) = target.glob("*.whl")
            self.unpack(name, wheel)
        for name in ("ours", "pyetwkit"):
            (core,) = (self.folder / name / "pyetwkit").glob("_core*.pyd")
            retarget.copy(self.double, core, core)
        library = self.python / "lib"
        retarget.copy(self.double, library / "_ctypes.pyd", self.folder / "pywintrace" / "_ctypes.pyd")
        ffi = library / "libffi-8.dll"
        (self.folder / "pywintrace" / ffi.name).write_bytes(ffi.read_bytes())

    def make_sample(self):
        (etwkit,) = (self.folder / "ours").glob("*.data/scripts/etwkit.exe")
        sample = self.folder / "sample.etl"
        self.wine(etwkit, "sample", "-o", windows(sample), "--seed", "1")
        told = self.wine(etwkit, "dump", windows(sample), "--provider", SAMPLE, "-f", "jsonl")
        return sample, len(told.splitlines())

    def read(self, reader, script, provider, expected):
        steps = self.folder / "script"
        steps.write_text(script, encoding="utf-8")
        try:
            told = self.wine(
                *(self.python / "python.exe", windows(HERE / "windows_readers.py"), reader, provider, str(expected)),
                PYTHONPATH=windows(self.folder / reader),
                ETWSIM=str(steps),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return {"failed": re.sub(r"\s+", " ", str(error))[-300:]}
        return json.loads(told.splitlines()[-1])


def row(job, reader, figures, fed):
    if "failed" in figures:
        return f"{job:<28}{reader:<18}{figures['failed']}"
    events = figures["events"]
    rate = cost = ""
    if events >= LEAST:
        rate, cost = f"{events / figures['clock']:,.0f}", f"{figures['processors'] / events * 1e6:.1f}"
    lost = ", ".join(f"{name} {count:,}" for name, count in figures["lost"].items())
    name = f"{reader} {figures['version']}"
    return f"{job:<28}{name:<18}{events:>10,}{100 * events / fed:>7.1f}%{rate:>12}{cost:>10}  {lost}"


def main():
    bench = Bench(pathlib.Path(sys.argv[1]).resolve())
    bench.wine("reg", "add", r"HKCU\Software\Wine\AppDefaults\python.exe", "/v", "Version", "/d", "win10", "/f")
    bench.make_readers()
    sample, orders = bench.make_sample()
    feed = f"feed events {{}} provider {FED} id 1 payload 13"
    jobs = {
        "as fast as it reads": (FIELDS + feed.format(FLAT_OUT), FED, FLAT_OUT),
        f"{RATE:,}/s, no waiting": (FIELDS + feed.format(PACED) + f" rate {RATE} wait no", FED, PACED),
        "flood, no waiting": (FIELDS + feed.format(FLOOD) + " rate flood", FED, FLOOD),
        "sample: Northwind-Orders": (f'{ORDERS}feed trace "{sample}"\n', SAMPLE, orders),
    }
    all_figures = {}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(f"{'':<46}{'events':>10}{'of fed':>8}{'a second':>12}{'us each':>10}  what the reader says was lost")
    for job, (script, provider, fed) in jobs.items():
        for reader in READERS:
            figures = bench.read(reader, script + "\n", provider, fed)
            all_figures[f"{job}: {reader}"] = figures
            if figures.get("events") == fed and provider == FED and figures["sum"] != fed * (fed - 1) // 2:
                sys.exit(f"{job}: {reader} gave {fed:,} events, but not those that were fed")
            print(row(job, reader, figures, fed), flush=True)
    (bench.folder / "figures.json").write_text(json.dumps(all_figures, indent=1) + "\n", encoding="utf-8")
    reference = all_figures[f"sample: Northwind-Orders: {READERS[0]}"].get("fields", {})
    for reader in READERS[1:]:
        fields = all_figures[f"sample: Northwind-Orders: {reader}"].get("fields", {})
        less = [
            f"{name} ({fields.get(name, 0)} of {count})"
            for name, count in reference.items()
            if fields.get(name, 0) < count
        ]
        print(f"fields that {reader} does not give of each event: {', '.join(less) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
