# SPDX-License-Identifier: MIT
"""Puts this folder where its tests find streams.py."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
