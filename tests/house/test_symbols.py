# SPDX-License-Identifier: MIT
"""House laws that the built libraries show: prefixes, what is exported, no mutable globals, no forbidden calls."""

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files with binutils")

# Memory comes from the allocator, text goes to a sink, and neither locale nor hidden state decides what is printed.
FORBIDDEN = set(
    """
    malloc calloc realloc reallocarray free aligned_alloc posix_memalign strdup strndup asprintf vasprintf
    printf vprintf fprintf vfprintf sprintf vsprintf snprintf vsnprintf puts putchar fputs fputc fwrite
    perror stdout stderr stdin __printf_chk __vprintf_chk __fprintf_chk __vfprintf_chk
    __snprintf_chk __vsnprintf_chk
    setlocale localeconv uselocale strtod strtof strtold atof tolower toupper __ctype_b_loc __ctype_tolower_loc
    __ctype_toupper_loc iswalpha towlower towupper mbstowcs wcstombs strcoll
    localtime gmtime asctime ctime strtok rand srand strerror getenv exit abort _exit signal pthread_create thrd_create
    """.split()
)
# The default allocator, and what talks to the operating system.
MAY_TOUCH_THE_SYSTEM = re.compile(r"(^|_)(allocator|\w+_posix)\.c\.o$")
# Expat gives its memory functions no context: the handle's allocator is held here while it parses, by each thread.
# What the process has once, and what each thread has: docs/decisions/0009.
MAY_CHANGE = {
    ("manifest_tree.c.o", "expat_allocator"),
    ("process.c.o", "process"),
    ("environment.c.o", "recording"),
    ("activity.c.o", "activities"),
    ("thread_state_posix.c.o", "here"),
    ("thread_state_posix.c.o", "process_id"),
}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def symbols(build):
    """(object file, symbol, class, section) of the static library; class U is a symbol wanted from elsewhere."""
    rows, member = [], ""
    for line in output("nm", "--format=sysv", build / "src" / "libetwkit.a").splitlines():
        if line.startswith(("Symbols from ", "Undefined symbols from ")):
            member = re.search(r"\[([^]]+)\]", line).group(1)
        elif line.count("|") == 6:
            symbol, _, kind, _, _, _, section = (field.strip() for field in line.split("|"))
            if symbol != "Name":
                rows.append((member, symbol, kind, section))
    assert rows
    return rows


def test_globals_have_a_prefix(symbols):
    stray = {
        f"{member}: {symbol}"
        for member, symbol, kind, _ in symbols
        if kind.isupper() and kind not in "UN" and not symbol.startswith(("etwkit_", "ek_"))
    }
    assert not stray


def test_no_mutable_globals(symbols):
    mutable = re.compile(r"^(\.bss|\.data|\.tbss|\.tdata|\*COM\*)")
    stray = {
        f"{member}: {symbol} in {section}"
        for member, symbol, _, section in symbols
        if mutable.match(section)
        and not section.startswith(".data.rel.ro")
        and symbol != section
        and not any(member.endswith(file) and symbol == name for file, name in MAY_CHANGE)
    }
    assert not stray


def test_no_forbidden_calls(symbols):
    stray = {
        f"{member}: {symbol}"
        for member, symbol, kind, _ in symbols
        if kind in "Uw" and symbol.split("@")[0] in FORBIDDEN and not MAY_TOUCH_THE_SYSTEM.search(member)
    }
    assert not stray


def test_exports_are_the_declared_functions(root, build):
    """What a header marks ETWKIT_API is exported, and nothing else is."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in (root / "include" / "etwkit").glob("*.h"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    declared = set(re.findall(r"^ETWKIT_API\b[^;(]*?\b(\w+)\s*\(", text, re.MULTILINE))
    lines = output("nm", "-D", "--defined-only", build / "src" / "libetwkit.so").splitlines()
    exported = {line.split()[-1].split("@")[0] for line in lines}
    assert declared and exported == declared, f"not declared: {exported - declared}; not there: {declared - exported}"
    assert not {symbol for symbol in exported if not symbol.startswith("etwkit_")}
