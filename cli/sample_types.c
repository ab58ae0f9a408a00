/* SPDX-License-Identifier: MIT */
/* A provider that writes every type that TraceLogging has, one event for each family of them. Knows no other programs.
 */
#include "sample.h"

#include <float.h>
#include <string.h>

#define PROVIDER "Etwkit.Sample.Types"

static void begin(sample_trace *sample, const char *name) {
    etwkit_event_builder_begin(sample->builder, name, 0);
}

static void number(sample_trace *sample, const char *name, etwkit_in_type in, etwkit_out_type out, uint64_t value) {
    etwkit_event_builder_scalar(sample->builder, name, in, out, &value); /* little-endian: the low bytes come first */
}

static void bytes(sample_trace *sample, const char *name, etwkit_in_type in, etwkit_out_type out, const void *data,
                  size_t size) {
    etwkit_event_builder_bytes(sample->builder, name, in, out, data, size);
}

static void wide(sample_trace *sample, const char *name, etwkit_in_type in, const char *text) {
    uint8_t data[512];
    bytes(sample, name, in, ETWKIT_OUT_NULL, data, sample_utf16(text, data, sizeof data));
}

static void finish(sample_trace *sample, const sample_event *with) {
    sample_event event = with ? *with : (sample_event){.opcode = 0};
    event.provider = PROVIDER;
    event.level = 5;
    event.keywords = 0x1;
    sample_tracelogging(sample, &event, sample_any_process(sample));
}

static void write_integers(sample_trace *sample) {
    begin(sample, "Integers");
    number(sample, "int8", ETWKIT_IN_INT8, ETWKIT_OUT_NULL, (uint64_t)INT8_MIN);
    number(sample, "uint8", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, UINT8_MAX);
    number(sample, "int16", ETWKIT_IN_INT16, ETWKIT_OUT_NULL, (uint64_t)INT16_MIN);
    number(sample, "uint16", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, UINT16_MAX);
    number(sample, "int32", ETWKIT_IN_INT32, ETWKIT_OUT_NULL, (uint64_t)INT32_MIN);
    number(sample, "uint32", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, UINT32_MAX);
    number(sample, "int64", ETWKIT_IN_INT64, ETWKIT_OUT_NULL, (uint64_t)INT64_MIN);
    number(sample, "uint64", ETWKIT_IN_UINT64, ETWKIT_OUT_NULL, UINT64_MAX);
    number(sample, "hex32", ETWKIT_IN_HEXINT32, ETWKIT_OUT_NULL, 0xDEADBEEF);
    number(sample, "hex64", ETWKIT_IN_HEXINT64, ETWKIT_OUT_NULL, sample_random(sample));
    number(sample, "bool32", ETWKIT_IN_BOOLEAN, ETWKIT_OUT_NULL, 1);
    number(sample, "dice", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, sample_dice(sample, 6) + 1);
    finish(sample, NULL);
}

static void write_outs(sample_trace *sample) {
    begin(sample, "Outs");
    number(sample, "pid", ETWKIT_IN_UINT32, ETWKIT_OUT_PID, 4312);
    number(sample, "tid", ETWKIT_IN_UINT32, ETWKIT_OUT_TID, 4316);
    number(sample, "hex8", ETWKIT_IN_UINT8, ETWKIT_OUT_HEXINT8, 0xA);
    number(sample, "hex16", ETWKIT_IN_UINT16, ETWKIT_OUT_HEXINT16, 0xBEEF);
    number(sample, "hex64", ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, UINT64_C(0x123456789ABCDEF));
    number(sample, "bool8", ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, 1);
    number(sample, "no", ETWKIT_IN_BOOLEAN, ETWKIT_OUT_BOOLEAN, 0);
    number(sample, "win32", ETWKIT_IN_UINT32, ETWKIT_OUT_WIN32ERROR, 5);
    number(sample, "ntstatus", ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS, 0xC0000022);
    number(sample, "hresult", ETWKIT_IN_INT32, ETWKIT_OUT_HRESULT, 0x80070005);
    number(sample, "signed", ETWKIT_IN_UINT32, ETWKIT_OUT_INT, UINT32_MAX);
    number(sample, "unsigned", ETWKIT_IN_INT8, ETWKIT_OUT_UNSIGNEDBYTE, 0xFE);
    number(sample, "code", ETWKIT_IN_HEXINT64, ETWKIT_OUT_CODE_POINTER, UINT64_C(0x00007FF9B1D31410));
    number(sample, "none", ETWKIT_IN_UINT32, ETWKIT_OUT_NOPRINT, 7);
    bytes(sample, "pkcs7", ETWKIT_IN_BINARY, ETWKIT_OUT_PKCS7, "\x30\x82\x01\x0A", 4);
    finish(sample, NULL);
}

static void write_texts(sample_trace *sample) {
    static const char utf8[] = "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80", windows[] = "na\xEFve \x80";
    static const char broken[] = "\xFF\xC3(", odd[] = "line\nbreak\ttab\x1B[31m\"quote\"\\\x7F";
    begin(sample, "Texts");
    wide(sample, "wide", ETWKIT_IN_UNICODESTRING, utf8);
    wide(sample, "empty", ETWKIT_IN_UNICODESTRING, "");
    wide(sample, "counted", ETWKIT_IN_COUNTED_UTF16, "zw\xC3\xB6lf Boxk\xC3\xA4mpfer");
    wide(sample, "control", ETWKIT_IN_UNICODESTRING, odd);
    bytes(sample, "lone", ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, "a\0\x3D\xD8z\0", 6); /* half a character */
    bytes(sample, "utf8", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_UTF8, utf8, sizeof utf8 - 1);
    bytes(sample, "ansi", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_NULL, windows, sizeof windows - 1);
    bytes(sample, "broken", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, broken, sizeof broken - 1);
    bytes(sample, "nul", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_NULL, "one\0two", 7);
    bytes(sample, "json", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_JSON, "{\"a\":[1,2]}", 11);
    bytes(sample, "xml", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_XML, "<a b='c'/>", 10);
    number(sample, "char8", ETWKIT_IN_UINT8, ETWKIT_OUT_STRING, 'x');
    number(sample, "char16", ETWKIT_IN_UINT16, ETWKIT_OUT_STRING, 0x20AC);
    etwkit_event_builder_array(sample->builder, "chars8", ETWKIT_IN_UINT8, ETWKIT_OUT_STRING, "letters", 7, false);
    etwkit_event_builder_array(sample->builder, "chars16", ETWKIT_IN_UINT16, ETWKIT_OUT_STRING, "w\0i\0d\0e\0", 4,
                               false);
    etwkit_event_builder_array(sample->builder, "fixed8", ETWKIT_IN_UINT8, ETWKIT_OUT_STRING, "fixed\0\0", 8, true);
    finish(sample, NULL);
}

static void write_times(sample_trace *sample) {
    static const uint16_t calendar[8] = {2024, 2, 4, 29, 23, 59, 58, 999};
    const etwkit_guid guid = sample_guid(sample);
    uint64_t now = sample_filetime(sample);
    size_t size = 0;
    begin(sample, "TimesAndIds");
    number(sample, "filetime", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, now);
    number(sample, "utc", ETWKIT_IN_FILETIME, ETWKIT_OUT_DATETIME_UTC, now);
    number(sample, "neutral", ETWKIT_IN_FILETIME, ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME, now);
    number(sample, "never", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, 0);
    number(sample, "far", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, INT64_MAX);
    number(sample, "as_time", ETWKIT_IN_INT64, ETWKIT_OUT_DATETIME, now);
    etwkit_event_builder_scalar(sample->builder, "systemtime", ETWKIT_IN_SYSTEMTIME, ETWKIT_OUT_NULL, calendar);
    etwkit_event_builder_scalar(sample->builder, "guid", ETWKIT_IN_GUID, ETWKIT_OUT_NULL, &guid);
    for (uint32_t user = 0; user < 3; user++) {
        static const char *const names[] = {"sid_system", "sid_network", "sid_person"};
        const uint8_t *sid = sample_sid(user, &size);
        bytes(sample, names[user], ETWKIT_IN_SID, ETWKIT_OUT_NULL, sid, size);
    }
    finish(sample, NULL);
}

static void write_addresses(sample_trace *sample) {
    static const uint8_t v6[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = 1}, loopback[16] = {[15] = 1}, any[16] = {0};
    static const uint8_t mapped[16] = {[10] = 0xFF, [11] = 0xFF, [12] = 192, [13] = 0, [14] = 2, [15] = 1};
    static const uint8_t socket4[16] = {2, 0, 0, 80, 127, 0, 0, 1};
    static const uint8_t socket6[28] = {23, 0, 0x01, 0xBB, [23] = 1, [24] = 7};
    static const uint8_t unix_socket[] = {1, 0, '/', 't', 'm', 'p'};
    begin(sample, "Addresses");
    number(sample, "ipv4", ETWKIT_IN_UINT32, ETWKIT_OUT_IPV4, 0x0100A8C0);
    bytes(sample, "ipv6", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, v6, sizeof v6);
    bytes(sample, "loopback", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, loopback, sizeof loopback);
    bytes(sample, "any", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, any, sizeof any);
    bytes(sample, "mapped", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_IPV6, mapped, sizeof mapped);
    bytes(sample, "socket4", ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, socket4, sizeof socket4);
    bytes(sample, "socket6", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_SOCKETADDRESS, socket6, sizeof socket6);
    bytes(sample, "other", ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, unix_socket, sizeof unix_socket);
    bytes(sample, "short", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, v6, 3);
    number(sample, "port", ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, 0x5000);
    finish(sample, NULL);
}

static void write_floats(sample_trace *sample) {
    static const float floats[] = {0.0F, -0.0F, 0.1F, 1.5F, 16777216.0F, FLT_MAX, FLT_MIN};
    static const double doubles[] = {0.0, 0.1, 1.0 / 3, 1e22, 1e23, 5e-324, DBL_MAX, 123456789012345680.0};
    static const uint32_t odd[] = {0x7FC00000, 0x7F800000, 0xFF800000}; /* no number, infinite both ways */
    const double half = (double)sample_dice(sample, 1000) / 2;
    begin(sample, "Floats");
    etwkit_event_builder_array(sample->builder, "floats", ETWKIT_IN_FLOAT, ETWKIT_OUT_NULL, floats, 7, true);
    etwkit_event_builder_array(sample->builder, "doubles", ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL, doubles, 8, false);
    etwkit_event_builder_array(sample->builder, "odd", ETWKIT_IN_FLOAT, ETWKIT_OUT_NULL, odd, 3, false);
    etwkit_event_builder_scalar(sample->builder, "half", ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL, &half);
    finish(sample, NULL);
}

static void write_arrays(sample_trace *sample) {
    static const struct {
        const char *name;
        etwkit_in_type in;
        etwkit_out_type out;
    } kinds[] = {{"int8", ETWKIT_IN_INT8, ETWKIT_OUT_NULL},      {"uint8", ETWKIT_IN_UINT8, ETWKIT_OUT_HEXINT8},
                 {"int16", ETWKIT_IN_INT16, ETWKIT_OUT_NULL},    {"uint16", ETWKIT_IN_UINT16, ETWKIT_OUT_PORT},
                 {"int32", ETWKIT_IN_INT32, ETWKIT_OUT_NULL},    {"uint32", ETWKIT_IN_UINT32, ETWKIT_OUT_IPV4},
                 {"int64", ETWKIT_IN_INT64, ETWKIT_OUT_NULL},    {"uint64", ETWKIT_IN_UINT64, ETWKIT_OUT_NULL},
                 {"bool32", ETWKIT_IN_BOOLEAN, ETWKIT_OUT_NULL}, {"guid", ETWKIT_IN_GUID, ETWKIT_OUT_NULL},
                 {"hex32", ETWKIT_IN_HEXINT32, ETWKIT_OUT_NULL}, {"hex64", ETWKIT_IN_HEXINT64, ETWKIT_OUT_NULL}};
    uint8_t values[8 * 16];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)sample_dice(sample, 256);
    begin(sample, "Arrays");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        bool fixed = i % 2;
        uint16_t count = fixed ? (uint16_t)(1 + i / 2) : (uint16_t)sample_dice(sample, 9);
        etwkit_event_builder_array(sample->builder, kinds[i].name, kinds[i].in, kinds[i].out, values, count, fixed);
    }
    finish(sample, NULL);
}

static void write_structs(sample_trace *sample) {
    uint16_t rows = (uint16_t)(1 + sample_dice(sample, 3));
    begin(sample, "Structs");
    etwkit_event_builder_struct(sample->builder, "outer", 3);
    number(sample, "a", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, 1);
    etwkit_event_builder_struct(sample->builder, "inner", 1);
    etwkit_event_builder_struct(sample->builder, "innermost", 2);
    wide(sample, "text", ETWKIT_IN_UNICODESTRING, "deep");
    number(sample, "a", ETWKIT_IN_INT64, ETWKIT_OUT_NULL, UINT64_MAX);
    number(sample, "b", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, 2);
    etwkit_event_builder_struct_array(sample->builder, "rows", 2, rows);
    for (unsigned i = 0; i < rows; i++) {
        uint16_t cells = (uint16_t)sample_dice(sample, 3);
        if (i)
            etwkit_event_builder_next_element(sample->builder);
        number(sample, "row", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, i);
        etwkit_event_builder_struct_array(sample->builder, "cells", 1, cells);
        for (unsigned j = 0; j < (cells ? cells : 1u); j++) {
            if (j)
                etwkit_event_builder_next_element(sample->builder);
            bytes(sample, "cell", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, "cell", 1 + j);
        }
    }
    etwkit_event_builder_struct_array(sample->builder, "none", 1, 0);
    number(sample, "never", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, 0);
    /* A name that comes twice, on one level. */
    number(sample, "twin", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, 1);
    number(sample, "twin", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, 2);
    finish(sample, NULL);
}

/* Every extended item that FORMATS 3 lists and that the others do not write. */
static void write_items(sample_trace *sample) {
    static const char container[] = "{b1b4f3a0-6b1c-4b0e-8e2e-2f5d5b9d7c11}";
    const etwkit_guid control = sample_guid(sample);
    const uint64_t key = sample_random(sample), counters[2] = {1000, 2000}, stack_key[2] = {0, key};
    const uint32_t stack32[6] = {1, 0, 0x77001000, 0x77002000, 0x00401000, 0x00401234}, key32[4] = {0, 0, 7, 0};
    uint8_t package[64];
    size_t package_size = sample_utf16("Contoso.App_1.2.3.4_x64__abc", package, sizeof package);
    const etwkit_item items[] = {
        {ETWKIT_ITEM_STACK_TRACE32, sizeof stack32, stack32},
        {ETWKIT_ITEM_PEBS_INDEX, sizeof key, &key},
        {ETWKIT_ITEM_PMC_COUNTERS, sizeof counters, counters},
        {ETWKIT_ITEM_PSM_KEY, (uint16_t)package_size, package},
        {ETWKIT_ITEM_EVENT_KEY, sizeof key, &key},
        {ETWKIT_ITEM_PROCESS_START_KEY, sizeof key, &key},
        {ETWKIT_ITEM_CONTROL_GUID, sizeof control, &control},
        {ETWKIT_ITEM_QPC_DELTA, sizeof key, &key},
        {ETWKIT_ITEM_CONTAINER_ID, sizeof container - 1, container},
        {ETWKIT_ITEM_STACK_KEY32, sizeof key32, key32},
        {ETWKIT_ITEM_STACK_KEY64, sizeof stack_key, stack_key},
        {0x7F, 5, "other"}, /* a type that nobody knows */
    };
    begin(sample, "Items");
    finish(sample,
           &(sample_event){.user = true, .stack = true, .more = items, .more_count = sizeof items / sizeof items[0]});
}

/* A payload that ends early, and one with bytes behind its last field: neither is damage. */
static void write_uneven(sample_trace *sample) {
    static const int surpluses[] = {-3, 5};
    for (size_t i = 0; i < 2; i++) {
        begin(sample, i ? "Long" : "Short");
        number(sample, "first", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, 1);
        wide(sample, "text", ETWKIT_IN_UNICODESTRING, "all of it");
        number(sample, "last", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, 2);
        finish(sample, &(sample_event){.surplus = surpluses[i]});
    }
}

static void write_bare(sample_trace *sample) {
    etwkit_event_builder_begin(sample->builder, "Tagged", 0x0ABCDEF);
    finish(sample, NULL);
    begin(sample, "");
    finish(sample, NULL);
}

void sample_types(sample_trace *sample, unsigned turn) {
    static void (*const families[])(sample_trace *) = {
        write_integers, write_outs,    write_texts, write_times,  write_addresses, write_floats,
        write_arrays,   write_structs, write_items, write_uneven, write_bare,
    };
    families[turn % (sizeof families / sizeof families[0])](sample);
}
