# SPDX-License-Identifier: MIT
"""Instrumented programs compile without a warning as C and C++, and write the same bytes; errors are the compiler's."""

import functools
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
BUILDS = [
    ("gcc", "c11"),
    ("gcc", "gnu17"),
    ("clang", "c11"),
    ("clang", "c2x"),
    ("g++", "c++11"),
    ("g++", "c++17"),
    ("g++", "c++20"),
    ("clang++", "c++11"),
    ("clang++", "c++20"),
]

# Nothing of the library: what the macros hand over is printed, one line an event. As C and as C++.
PROGRAM = r"""
#include <etwkit/write.h>
#include <stdio.h>

ETWKIT_PROVIDER_DEFINE(app, "MyCompany.MyApp");
static const etwkit_guid some_id =
    ETWKIT_GUID_INIT(0x9e814aad, 0x3204, 0x11d2, 0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39);
extern etwkit_provider shared;
etwkit_provider shared = ETWKIT_PROVIDER_INIT_ID("MyCompany.Shared", &some_id, NULL);

bool etwkit_provider_is_enabled(const etwkit_provider *provider, uint8_t level, uint64_t keywords) {
    return provider->level_above > level && keywords != 0;
}
static void print(const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const unsigned char *)bytes)[i]);
}
etwkit_status etwkit_provider_write(const etwkit_provider *provider, const etwkit_event *event,
                                    const etwkit_data *data, size_t count) {
    printf("%s %d %d %d ", provider->name, event->level, event->opcode, event->related != NULL);
    print(event->metadata, event->metadata_size);
    for (size_t i = 0; i < count; i++) {
        printf(" %d:%d:", data[i].kind, data[i].count);
        print(data[i].kind == ETWKIT_DATA_VALUE ? &data[i].of.value : data[i].of.pointer, data[i].size);
    }
    printf("\n");
    return ETWKIT_OK;
}

static void work(etwkit_provider *provider, const char *url, double seconds) {
    static const uint32_t codes[] = {1, 2, 3};
    if (!*url)
        ETWKIT_WRITE(app, "NoFields", ETWKIT_LEVEL_INFO, 1);
    else
        ETWKIT_WRITE(*provider, "Done", ETWKIT_LEVEL_ERROR, 0x8000000000000001u, ETWKIT_U32("status", 200),
                     ETWKIT_STR("url", url), ETWKIT_F64("seconds", seconds), ETWKIT_BOOL("slow", seconds > 1),
                     ETWKIT_OPCODE(ETWKIT_OPCODE_STOP), ETWKIT_RELATED(&some_id));
    ETWKIT_WRITE(app, "Everything", ETWKIT_LEVEL_INFO, 1, ETWKIT_I8("i8", -1), ETWKIT_U8("u8", 1),
                 ETWKIT_I16("i16", -1), ETWKIT_U16("u16", 1), ETWKIT_I32("i32", -1), ETWKIT_U32("u32", 1),
                 ETWKIT_I64("i64", -1), ETWKIT_U64("u64", 1), ETWKIT_F32("f32", 0.5F), ETWKIT_HEX8("h8", 1),
                 ETWKIT_HEX16("h16", 1), ETWKIT_HEX32("h32", 1), ETWKIT_HEX64("h64", 1), ETWKIT_POINTER("p", NULL),
                 ETWKIT_BOOL32("b32", true), ETWKIT_CHAR("c", 'c'), ETWKIT_CHAR16("c16", 0x20AC));
    ETWKIT_WRITE(app, "More", ETWKIT_LEVEL_INFO, 1, ETWKIT_U16STR("wide", u"caf\u00e9"),
                 ETWKIT_U16STRN("part", u"caf\u00e9", 3), ETWKIT_STRN("strn", "abc", 2), ETWKIT_GUID("id", &some_id),
                 ETWKIT_BINARY("binary", codes, sizeof codes), ETWKIT_SYSTEMTIME("time", &some_id),
                 ETWKIT_FILETIME("filetime", 1), ETWKIT_IPV4("v4", 1), ETWKIT_IPV6("v6", &some_id),
                 ETWKIT_PORT("port", 1), ETWKIT_PID("pid", 1), ETWKIT_TID("tid", 1), ETWKIT_WIN32_ERROR("error", 5),
                 ETWKIT_NTSTATUS("status", -1), ETWKIT_HRESULT("result", -1), ETWKIT_JSON("json", "{}"),
                 ETWKIT_U32_ARRAY("codes", codes, 3), ETWKIT_GUID_ARRAY("ids", &some_id, 1),
                 ETWKIT_STRUCT("outer", ETWKIT_STRUCT("inner", ETWKIT_U8("x", 1), ETWKIT_STR("y", NULL)),
                               ETWKIT_U8("z", 2)));
}

int main(void) {
    etwkit_provider *provider = &shared;
    work(provider, "/", 0.5); /* nobody wants any of it */
    app.level_above = shared.level_above = ETWKIT_LEVEL_INFO + 1;
    work(provider, "", 0.5);
    work(provider, "/caf\xC3\xA9", 2.5);
    ETWKIT_WRITE(app, "OtherKeywords", ETWKIT_LEVEL_INFO, 0, ETWKIT_U8("x", 1));
    return 0;
}
"""
PLUS_PLUS = r"""
template <typename T> void generic(T value) { ETWKIT_WRITE(app, "T", ETWKIT_LEVEL_INFO, 1, ETWKIT_U64("x", value)); }
inline void inlined() { ETWKIT_WRITE(app, "Inlined", ETWKIT_LEVEL_INFO, 1); }
void use();
void use() {
    generic(static_cast<uint8_t>(1));
    generic(static_cast<uint64_t>(2));
    inlined();
    [] { ETWKIT_WRITE(app, "Lambda", ETWKIT_LEVEL_INFO, 1, ETWKIT_STR("x", "y")); }();
}
"""


def compile_here(compiler, standard, program, folder, *options):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    source = folder / ("program.cpp" if "++" in compiler else "program.c")
    source.write_text(program, encoding="utf-8")
    command = [compiler, f"-std={standard}", f"-I{ROOT / 'include'}", "-DETWKIT_STATIC", *options, source]
    return subprocess.run(command, capture_output=True, text=True)


def printed_by(compiler, standard, folder):
    program = folder / "program"
    done = compile_here(compiler, standard, PROGRAM, folder, *WARNINGS, "-O1", "-o", program)
    assert done.returncode == 0, done.stderr
    return subprocess.run([program], capture_output=True, text=True, check=True, timeout=60).stdout


@functools.cache
def wanted(folder):
    return printed_by("gcc", "c11", folder)


@pytest.mark.parametrize(("compiler", "standard"), BUILDS)
def test_same_bytes(compiler, standard, tmp_path, tmp_path_factory):
    want = wanted(tmp_path_factory.getbasetemp())
    names = [line.split()[:4] for line in want.splitlines()]
    app, shared = ["MyCompany.MyApp", "4", "0", "0"], ["MyCompany.Shared", "2", "2", "1"]
    assert names == [app, app, app, shared, app, app]
    assert printed_by(compiler, standard, tmp_path) == want


@pytest.mark.parametrize(("compiler", "standard"), [("g++", "c++11"), ("clang++", "c++17")])
def test_in_templates_and_lambdas(compiler, standard, tmp_path):
    done = compile_here(compiler, standard, PROGRAM + PLUS_PLUS, tmp_path, *WARNINGS, "-fsyntax-only")
    assert done.returncode == 0, done.stderr


def test_for_windows(tmp_path):
    wide = PROGRAM.replace("ETWKIT_STRN(", 'ETWKIT_U16STR("w", L"w"), ETWKIT_STRN(')
    done = compile_here("x86_64-w64-mingw32-gcc", "c11", wide, tmp_path, *WARNINGS, "-fsyntax-only")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang", "g++", "clang++"])
@pytest.mark.parametrize(
    "arguments",
    [
        "name, ETWKIT_LEVEL_INFO, 1",  # not a literal
        '"x", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("y", 5000000000)',  # does not fit
        '"x", ETWKIT_LEVEL_INFO, 1, ETWKIT_STR("y", 5)',
        '"x", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32_ARRAY("y", name, 1)',
        '"x", ETWKIT_LEVEL_INFO, 1, 7',  # no field
        '"x", ETWKIT_LEVEL_INFO, 1, ETWKIT_STRUCT("y")',  # no members
        '"x", ETWKIT_LEVEL_INFO, 1, ETWKIT_STRUCT("y", ETWKIT_U8("z", 1), ETWKIT_OPCODE(1))',  # no member
        '"x", ETWKIT_LEVEL_INFO, 1' + ', ETWKIT_U8("y", 1)' * 33,
    ],
)
def test_mistakes_do_not_compile(compiler, arguments, tmp_path):
    standard = "c++11" if "++" in compiler else "c11"
    program = "#include <etwkit/write.h>\nvoid f(etwkit_provider *p, const char *name);\n"
    program += "void f(etwkit_provider *p, const char *name) {\n    (void)name;\n    ETWKIT_WRITE(*p, %s);\n}\n"
    good = compile_here(
        compiler, standard, program % '"x", 1, 1, ETWKIT_U8("y", 1)', tmp_path, *WARNINGS, "-c", "-o/dev/null"
    )
    assert good.returncode == 0, good.stderr
    bad = compile_here(compiler, standard, program % arguments, tmp_path, *WARNINGS, "-c", "-o/dev/null")
    assert bad.returncode != 0
