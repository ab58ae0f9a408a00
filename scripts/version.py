#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the version, which stands in include/etwkit/version.h and nowhere else."""

import pathlib
import re

header = pathlib.Path(__file__).resolve().parent.parent / "include" / "etwkit" / "version.h"
print(re.search(r'#define ETWKIT_VERSION "([^"]+)"', header.read_text(encoding="utf-8")).group(1))
