# SPDX-License-Identifier: MIT
"""The pages, and how what they show is compared with what was printed."""

import re


def pages(root):
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def pattern(line):
    return re.escape(line[:-4].rstrip()) + ".*" if line.endswith(" ...") else re.escape(line.rstrip()) + " *"


def matches(want, got):
    """Do the lines come one after another, with anything in place of "..."?"""
    whole = "".join("(?:.*\n)*?" if line == "..." else pattern(line) + "\n" for line in want)
    return re.fullmatch(whole, "".join(line + "\n" for line in got)) is not None
