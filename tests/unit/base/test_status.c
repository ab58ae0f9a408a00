/* SPDX-License-Identifier: MIT */
/* Names of statuses and sources, and GUIDs of names beyond ASCII. */
#include "test.h"

#include <etwkit/guid.h>
#include <etwkit/schema.h>
#include <etwkit/status.h>

TEST(each_status_has_its_name) {
    static const struct {
        etwkit_status status;
        const char *name;
    } cases[] = {{ETWKIT_OK, "ETWKIT_OK"},
                 {ETWKIT_END, "ETWKIT_END"},
                 {ETWKIT_ABSENT, "ETWKIT_ABSENT"},
                 {ETWKIT_E_INVALID, "ETWKIT_E_INVALID"},
                 {ETWKIT_E_NO_MEMORY, "ETWKIT_E_NO_MEMORY"},
                 {ETWKIT_E_IO, "ETWKIT_E_IO"},
                 {ETWKIT_E_NOT_FOUND, "ETWKIT_E_NOT_FOUND"},
                 {ETWKIT_E_DENIED, "ETWKIT_E_DENIED"},
                 {ETWKIT_E_NOT_A_TRACE, "ETWKIT_E_NOT_A_TRACE"},
                 {ETWKIT_E_UNSUPPORTED, "ETWKIT_E_UNSUPPORTED"},
                 {ETWKIT_E_DAMAGED, "ETWKIT_E_DAMAGED"},
                 {ETWKIT_E_TYPE, "ETWKIT_E_TYPE"},
                 {ETWKIT_E_RANGE, "ETWKIT_E_RANGE"},
                 {ETWKIT_E_LIMIT, "ETWKIT_E_LIMIT"},
                 {ETWKIT_E_TOO_BIG, "ETWKIT_E_TOO_BIG"},
                 {ETWKIT_E_NO_SCHEMA, "ETWKIT_E_NO_SCHEMA"},
                 {ETWKIT_E_INTERRUPTED, "ETWKIT_E_INTERRUPTED"},
                 {ETWKIT_E_FULL, "ETWKIT_E_FULL"},
                 {ETWKIT_E_CLOSED, "ETWKIT_E_CLOSED"},
                 {ETWKIT_E_EXISTS, "ETWKIT_E_EXISTS"},
                 {(etwkit_status)99, "unknown status"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_EQ_STR(etwkit_status_name(cases[i].status), cases[i].name);
}

TEST(each_source_has_its_name) {
    static const char *const names[] = {"unknown", "tracelogging", "embedded", "eventsource", "manifest",
                                        "pack",    "built in",     "wpp",      "tdh",         "unknown"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        CHECK_EQ_STR(etwkit_source_name((etwkit_source)i), names[i]);
}

/* The expected bytes come from Python's hashlib and str.upper(). */
TEST(names_beyond_ascii) {
    static const struct {
        const char *name;
        uint8_t bytes[17];
    } cases[] = {
        {"Zo\xC3\xAB-\xD0\x9F\xD1\x80\xD0\xBE\xD0\xB2\xD0\xB0\xD0\xB9\xD0\xB4\xD0\xB5\xD1\x80",
         "\xFD\x16\x89\x97\x98\x55\x18\x55\x5A\xB3\xB1\x3E\x83\x18\xB3\xCF"},
        {"\xF0\x9F\x98\x80", "\xC6\xAB\x70\x1E\xEA\xEC\xB2\x57\x19\x3B\x86\xB4\x41\x9A\xA8\xFB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        etwkit_guid guid;
        etwkit_guid_from_name(&guid, cases[i].name);
        CHECK_EQ_MEM(guid.bytes, cases[i].bytes, 16);
    }
    etwkit_guid lower, upper;
    etwkit_guid_from_name(&lower, "\xC3\xBF\xCE\xB1\xD1\x91\xC3\xB7"); /* y with diaeresis, alpha, io, division sign */
    etwkit_guid_from_name(&upper, "\xC5\xB8\xCE\x91\xD0\x81\xC3\xB7");
    CHECK(etwkit_guid_equal(&lower, &upper));
    etwkit_guid_from_name(&lower, "a\xC3("); /* what is no UTF-8 counts as itself, and is not read past */
    etwkit_guid_from_name(&upper, "A\xC3\x83(");
    CHECK(etwkit_guid_equal(&lower, &upper));
}

TEST_MAIN(CASE(each_status_has_its_name), CASE(each_source_has_its_name), CASE(names_beyond_ascii))
