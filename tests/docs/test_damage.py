# SPDX-License-Identifier: MIT
"""docs/damage.md has every sentence that the sources can say of a damaged trace, and no other."""

import re

LITERALS = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*')
# Sentences of calls that were wrong, not of traces that are, and one that the command does not say.
OF_CALLERS = {
    "no trace was named",
    "etwkit_trace_rewind: the trace's reading was ended, or it is live",
    "the inputs have no struct_size",
    "the reading was interrupted",
    "input N has no name, or not both of its functions",
    "…: more was read than was asked for",
    "… has no buffer at 0xN",
    "more processes than there is room for: further ones have no names",
}
COMPOSED = {"…: an event: … (…)", "…: …… (…; use --strict to stop)", "…: buffer N at offset 0xN: event at 0xN: … (…)"}


def sentences(root):
    """The texts of at least three words in the sources that read traces, written as the page writes them."""
    for pattern in ("etl/*.c", "trace/*.c", "schema/*.c", "base/file_posix.c"):
        for path in sorted((root / "src").glob(pattern)):
            if path.name.startswith(("writer", "event_builder", "installed", "tdh")):
                continue
            source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            source = re.sub(r"_Static_assert\(.*?\);", "", source, flags=re.DOTALL)
            for literal in LITERALS.findall(source):
                text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal))
                text = (
                    re.sub(r"%[lz]*[uX]", "N", text)
                    .replace("%s", "…")
                    .replace("`", "")
                    .removesuffix("; use --strict to stop")
                )
                if text.count(" ") >= 2 and not text.startswith((",", "%")):
                    yield text


def test_every_sentence_stands_on_the_page(root):
    page = re.sub(r"\s+", " ", (root / "docs" / "damage.md").read_text(encoding="utf-8").replace("`", ""))
    found = set(sentences(root))
    assert len(found) > 40
    missing = {text for text in found if text not in page and not is_part(text, page)}
    assert missing <= OF_CALLERS | COMPOSED, missing - OF_CALLERS - COMPOSED


def is_part(text, page):
    """Is it a frame around other sentences: "field N …", "buffer N at offset 0xN: "?"""
    return all(part.strip(" ;") in page for part in text.split("…"))


def test_no_sentence_of_the_page_is_gone(root):
    """The other direction: what the tables quote stands in the sources, piece by piece."""
    said = " ".join(sentences(root))
    for row in (root / "docs" / "damage.md").read_text(encoding="utf-8").splitlines():
        if not row.startswith("| `"):
            continue
        for quoted in re.findall(r"`([^`]+)`", row.split(" | ")[0]):
            words = re.sub(
                r"^(TraceLogging metadata: at byte N|embedded event metadata:|Windows binary:|message table:|"
                r"event size N|event|field N|….*?:)",
                "",
                quoted,
            )
            assert words.strip(" …:") in said, quoted
