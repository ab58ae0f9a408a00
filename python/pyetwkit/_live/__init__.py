# SPDX-License-Identifier: MIT
"""Live events: writing them, and sessions that collect them."""
