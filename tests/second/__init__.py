# SPDX-License-Identifier: MIT
"""A second, plain decoder of .etl traces, written from the pages in docs/format/ alone, to hold ours against.

One file a page or concept; simple before fast. It knows nothing of the C sources: where the two differ, the page, this
decoder or the C is wrong. What it leaves out on purpose: finding back into a damaged file. It stops where damage
begins.
"""
