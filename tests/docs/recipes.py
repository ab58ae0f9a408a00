# SPDX-License-Identifier: MIT
"""The traces of docs/python/cookbook.md, invented, as lines for make-packets: events that the pack knows."""

import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "packets"))
from capture import event, text

DNS = "1c95126e-7eea-49a9-a3fe-a378b03ddb4d"  # Microsoft-Windows-DNS-Client
POWERSHELL = "a0c1853b-5c40-4b15-8766-3cf1c58f985a"  # Microsoft-Windows-PowerShell
DOTNET = "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4"  # Microsoft-Windows-DotNETRuntime
MILLISECOND = 10_000  # ticks


def dns():
    """Names that three processes look up; one of them asks for one that there is not."""
    asked = random.Random(6)
    names = {
        884: ["ctldl.windowsupdate.com", "settings-win.data.microsoft.com"],
        4312: ["example.com", "www.example.com", "cdn.example.net", "fonts.example.net"],
        7720: ["build.contoso.test", "example.com"],
    }
    for number in range(60):
        process = asked.choice([884, 4312, 4312, 7720])
        name = asked.choice(names[process])
        status, found = (9003, "") if name.endswith(".test") else (0, f"::ffff:203.0.113.{asked.randrange(1, 255)};")
        payload = text(name) + struct.pack("<IQI", 1, 0x40006000, status) + text(found)
        yield event(number * 15 * MILLISECOND, DNS, 3008, 0x8000000000000000, payload, pid=process, tid=process + 4)


def gc():
    """Garbage collections of two programs: each suspends the program's threads, and lets them go on."""
    pauses = random.Random(7)
    events, now = [], 0
    for number in range(40):
        process = pauses.choice([5200, 5200, 6400])
        now += round(pauses.uniform(5, 20) * MILLISECOND)
        generation = pauses.choices([0, 1, 2], [12, 4, 2])[0]
        pause = round(pauses.lognormvariate(generation - 0.5, 0.5) * MILLISECOND)
        events += [
            (now, 9, 1, struct.pack("<IIH", 1, number, 9), process),  # GCSuspendEEBegin, for a collection
            (now + 500, 1, 2, struct.pack("<IIIIHQ", number, generation, 0, 0, 9, 0), process),  # Start
            (now + pause, 3, 1, struct.pack("<H", 9), process),  # GCRestartEEEnd
        ]
        now += pause
    for ticks, number, version, payload, process in events:
        yield event(ticks, DOTNET, number, 1, payload, pid=process, tid=process + 8, version=version)


def powershell():
    """A script in three parts, and one in one."""
    script = "".join(f"Copy-Item -Path 'C:\\data\\{name}.csv' -Destination $target\n" for name in "abcdefgh")
    half = len(script) // 3 + 1
    parts = [script[at : at + half] for at in range(0, len(script), half)]
    blocks = [(parts, "5f2b6f6e-0a49-4d7b-a1a7-6f3d2a9f1c01", "C:\\scripts\\copy.ps1")]
    blocks += [(["Get-Process | Sort-Object CPU"], "0d7c53a8-95a4-4c0c-8a55-1b9c1f6f2e02", "")]
    ticks = 0
    for texts, block, path in blocks:
        for number, part in enumerate(texts, 1):
            ticks += 40 * MILLISECOND
            payload = struct.pack("<ii", number, len(texts)) + text(part) + text(block) + text(path)
            yield event(ticks, POWERSHELL, 4104, 1, payload, pid=3344, tid=3350, version=1)


TRACES = {"dns.etl": dns, "gc.etl": gc, "powershell.etl": powershell}
