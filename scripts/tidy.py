#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy over the files of src/ and cli/ that a build compiles: scripts/tidy.py BUILD"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = (ROOT / "src", ROOT / "cli")


def tidy(build, path):
    """What the analyser says of one file; the empty text when it is clean."""
    done = subprocess.run(["clang-tidy", "-p", build, "--quiet", path], capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    return done.stdout + re.sub(r"^\d+ warnings?.* generated\.\n", "", done.stderr, flags=re.MULTILINE)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    # The tests, and what was generated into the build folder, are not the analyser's.
    files = {(build / entry["file"]).resolve() for entry in entries}
    files = sorted(f for f in files if any(folder in f.parents for folder in OURS) and build not in f.parents)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda f: tidy(build, f), files) if text]
    print("".join(findings), end="")
    print(f"clang-tidy: {len(files) - len(findings)} of {len(files)} files clean")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
