#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the single tests of one or more Meson builds: scripts/tally.py BUILD...

Reads what `meson test` left behind: the TAP lines of the C programs and the JUnit files of pytest. The last line is
`N passed, N failed`, with `, N skipped` where there are any; the exit code is 1 when one failed or none ran.
"""

import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

TAP = re.compile(r"^(not )?ok\b[^#\n]*(# SKIP)?", re.MULTILINE | re.IGNORECASE)


def tap(text):
    """The TAP lines of one program; without its plan, the last line, it broke off in a test that failed."""
    count = collections.Counter(failed=0 if re.search(r"^1\.\.\d+$", text, re.MULTILINE) else 1)
    for line in TAP.finditer(text):
        count["failed" if line[1] else "skipped" if line[2] else "passed"] += 1
    return count


def junit(path):
    """The tests of one pytest run; none when it ended before it wrote its report."""
    count = collections.Counter()
    if path.exists():
        for case in ET.parse(path).iter("testcase"):
            kinds = {child.tag for child in case}
            failed = kinds & {"failure", "error"}
            count["failed" if failed else "skipped" if "skipped" in kinds else "passed"] += 1
    return count


def build_count(build):
    total = collections.Counter()
    for line in (build / "meson-logs" / "testlog.json").read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        name = test["name"].rsplit(":", 1)[-1]
        count = junit(build / f"{name}.xml") if name.startswith("pytest-") else tap(test.get("stdout") or "")
        # What went wrong outside of any single test.
        if test["result"] not in ("OK", "SKIP") and not count["failed"]:
            count["failed"] += 1
        total += count
    return total


def main():
    total = sum((build_count(pathlib.Path(build)) for build in sys.argv[1:]), collections.Counter())
    print(
        f"{total['passed']} passed, {total['failed']} failed" + f", {total['skipped']} skipped" * bool(total["skipped"])
    )
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
