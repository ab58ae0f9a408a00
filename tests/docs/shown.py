# SPDX-License-Identifier: MIT
"""The pages, and how what they show is compared with what was printed."""

import re


def pages(root):
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def console(text):
    """(command, expected lines) of each command in the console blocks."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            command = lines.pop(0)
            while command.endswith("\\"):
                command += "\n" + lines.pop(0)
            yield command, lines


def pattern(line):
    return re.escape(line[:-4].rstrip()) + ".*" if line.endswith(" ...") else re.escape(line.rstrip()) + " *"


def matches(want, got):
    """Do the lines come one after another, with anything in place of "..."?"""
    whole = "".join("(?:.*\n)*?" if line == "..." else pattern(line) + "\n" for line in want)
    return re.fullmatch(whole, "".join(line + "\n" for line in got)) is not None
