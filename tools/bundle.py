#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the assembler file that links a pack in: tools/bundle.py TEMPLATE PACK OUTPUT."""

import pathlib
import sys

template, pack, output = map(pathlib.Path, sys.argv[1:])
output.write_text(template.read_text().replace("@PACK@", pack.resolve().as_posix()))
