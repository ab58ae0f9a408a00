/* SPDX-License-Identifier: MIT */
/* The event builder, byte for byte against FORMATS 6a, and its faults. */
#include "oom.h"
#include "test.h"

#include <etwkit/event_builder.h>

#include <stdlib.h>

typedef struct built {
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    etwkit_error error;
    etwkit_status status;
} built;

static built finish(etwkit_event_builder *builder) {
    built it = {0};
    it.status =
        etwkit_event_builder_finish(builder, &it.metadata, &it.metadata_size, &it.payload, &it.payload_size, &it.error);
    return it;
}

static etwkit_event_builder *new_builder(void) {
    etwkit_event_builder *builder = NULL;
    CHECK_EQ_INT(etwkit_event_builder_new(&builder, NULL), ETWKIT_OK);
    return builder;
}

/* The text is a C literal, so its own NUL is not part of what is wanted. */
#define CHECK_METADATA(it, text)                                 \
    do {                                                         \
        CHECK_EQ_INT((it).status, ETWKIT_OK);                    \
        CHECK_EQ_UINT((it).metadata_size, sizeof(text) - 1);     \
        if ((it).metadata_size == sizeof(text) - 1)              \
            CHECK_EQ_MEM((it).metadata, text, sizeof(text) - 1); \
    } while (0)
#define CHECK_PAYLOAD(it, text)                                        \
    do {                                                               \
        CHECK_EQ_UINT((it).payload_size, sizeof(text) - 1);            \
        if ((it).payload_size == sizeof(text) - 1 && sizeof(text) > 1) \
            CHECK_EQ_MEM((it).payload, text, sizeof(text) - 1);        \
    } while (0)

TEST(an_event_without_fields) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "Ping", 0);
    built it = finish(builder);
    CHECK_METADATA(it, "\x08\0\0Ping\0");
    CHECK_PAYLOAD(it, "");
    etwkit_event_builder_free(&builder);
    CHECK(builder == NULL);
}

TEST(tags_are_left_aligned) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "T", 0x00080000); /* 80 20 of the corpus would be bit 19 */
    CHECK_METADATA(finish(builder), "\x06\0\x80\x20T\0");
    etwkit_event_builder_begin(builder, "T", 0x0FFFFFFF);
    CHECK_METADATA(finish(builder), "\x08\0\xFF\xFF\xFF\x7FT\0");
    etwkit_event_builder_begin(builder, "T", 0x0FE00000);
    CHECK_METADATA(finish(builder), "\x05\0\x7FT\0");
    etwkit_event_builder_begin(builder, "T", 0x10000000);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    etwkit_event_builder_free(&builder);
}

TEST(scalars) {
    etwkit_event_builder *builder = new_builder();
    const uint16_t port = 0x5000;
    const uint64_t number = UINT64_C(0x1122334455667788);
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_scalar(builder, "p", ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, &port);
    etwkit_event_builder_scalar(builder, "n", ETWKIT_IN_HEXINT64, ETWKIT_OUT_NULL, &number);
    built it = finish(builder);
    CHECK_METADATA(it, "\x0C\0\0E\0p\0\x86\x07n\0\x15");
    CHECK_PAYLOAD(it, "\x00\x50\x88\x77\x66\x55\x44\x33\x22\x11");
    etwkit_event_builder_free(&builder);
}

TEST(strings_and_bytes) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_bytes(builder, "w", ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, "h\0i\0", 4);
    etwkit_event_builder_bytes(builder, "s", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_UTF8, "hi", 2);
    etwkit_event_builder_bytes(builder, "c", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_JSON, "{}", 2);
    etwkit_event_builder_bytes(builder, "b", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, "\1\2\3", 3);
    etwkit_event_builder_bytes(builder, "i", ETWKIT_IN_SID, ETWKIT_OUT_NULL, "\1\1\0\0\0\0\0\5\x12\0\0\0", 12);
    etwkit_event_builder_bytes(builder, "e", ETWKIT_IN_COUNTED_UTF16, ETWKIT_OUT_NULL, NULL, 0);
    built it = finish(builder);
    CHECK_METADATA(it, "\x1A\0\0E\0w\0\x01s\0\x82\x23"
                       "c\0\x97\x0C"
                       "b\0\x8E\x09i\0\x13"
                       "e\0\x16");
    CHECK_PAYLOAD(it, "h\0i\0\0\0"
                      "hi\0"
                      "\2\0{}"
                      "\3\0\1\2\3"
                      "\1\1\0\0\0\0\0\5\x12\0\0\0"
                      "\0\0");
    etwkit_event_builder_free(&builder);
}

TEST(arrays_of_texts) {
    static const void *const texts[] = {"ab", "", "c"};
    static const size_t sizes[] = {2, 0, 1}, odd[] = {2, 0, 1}, long_one[] = {65536, 0, 0};
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "T", 0);
    etwkit_event_builder_bytes_array(builder, "a", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, texts, sizes, 3);
    etwkit_event_builder_bytes_array(builder, "b", ETWKIT_IN_BINARY, ETWKIT_OUT_NULL, NULL, NULL, 0);
    built it = finish(builder);
    CHECK_METADATA(it, "\x0c\0\0T\0a\0\xD7\x23"
                       "b\0\x4E");
    CHECK_PAYLOAD(it, "\x03\0\x02\0"
                      "ab\0\0\x01\0"
                      "c\0\0");
    etwkit_event_builder_begin(builder, "T", 0);
    etwkit_event_builder_bytes_array(builder, "a", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_NULL, texts, sizes, 3);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    etwkit_event_builder_begin(builder, "T", 0);
    etwkit_event_builder_bytes_array(builder, "a", ETWKIT_IN_COUNTED_UTF16, ETWKIT_OUT_NULL, texts, odd, 3);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    etwkit_event_builder_begin(builder, "T", 0);
    etwkit_event_builder_bytes_array(builder, "a", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_FLOAT, texts, sizes, 3);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    etwkit_event_builder_begin(builder, "T", 0);
    etwkit_event_builder_bytes_array(builder, "a", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, texts, long_one, 1);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_TOO_BIG);
    etwkit_event_builder_free(&builder);
}

TEST(arrays) {
    etwkit_event_builder *builder = new_builder();
    const uint16_t values[] = {1, 2, 3};
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_array(builder, "a", ETWKIT_IN_UINT16, ETWKIT_OUT_STRING, values, 3, false);
    etwkit_event_builder_array(builder, "f", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, values, 2, true);
    etwkit_event_builder_array(builder, "n", ETWKIT_IN_INT8, ETWKIT_OUT_NULL, NULL, 0, false);
    built it = finish(builder);
    /* The fixed count comes after the out-type (FORMATS trap 21): here there is none. */
    CHECK_METADATA(it, "\x11\0\0E\0a\0\xC6\x02"
                       "f\0\x26\x02\0n\0\x43");
    CHECK_PAYLOAD(it, "\3\0\1\0\2\0\3\0"
                      "\1\0\2\0"
                      "\0\0");
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_array(builder, "f", ETWKIT_IN_UINT16, ETWKIT_OUT_HEXINT16, values, 1, true);
    CHECK_METADATA(finish(builder), "\x0B\0\0E\0f\0\xA6\x04\x01\0");
    etwkit_event_builder_free(&builder);
}

static void byte_field(etwkit_event_builder *builder, const char *name, uint8_t value) {
    etwkit_event_builder_scalar(builder, name, ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, &value);
}

TEST(structs_close_by_themselves) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_struct(builder, "o", 2);
    byte_field(builder, "a", 1);
    etwkit_event_builder_struct(builder, "i", 1); /* a nested struct counts as one */
    byte_field(builder, "b", 2);
    byte_field(builder, "c", 3);
    built it = finish(builder);
    CHECK_METADATA(it, "\x16\0\0E\0o\0\x98\2a\0\4i\0\x98\1b\0\4c\0\4");
    CHECK_PAYLOAD(it, "\1\2\3");
    etwkit_event_builder_free(&builder);
}

TEST(elements_describe_their_members_once) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_struct_array(builder, "o", 2, 2);
    byte_field(builder, "a", 1);
    etwkit_event_builder_struct_array(builder, "i", 1, 2);
    byte_field(builder, "b", 2);
    etwkit_event_builder_next_element(builder);
    byte_field(builder, "b", 3);
    etwkit_event_builder_next_element(builder);
    byte_field(builder, "a", 4);
    etwkit_event_builder_struct_array(builder, "i", 1, 0); /* another count, and its member without a value */
    byte_field(builder, "b", 99);
    byte_field(builder, "c", 5);
    built it = finish(builder);
    CHECK_METADATA(it, "\x16\0\0E\0o\0\xD8\2a\0\4i\0\xD8\1b\0\4c\0\4");
    CHECK_PAYLOAD(it, "\2\0\1\2\0\2\3\4\0\0\5");
    etwkit_event_builder_free(&builder);
}

TEST(an_empty_array_of_structs_is_described) {
    etwkit_event_builder *builder = new_builder();
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_struct_array(builder, "o", 1, 0);
    etwkit_event_builder_struct(builder, "i", 1);
    byte_field(builder, "b", 99);
    byte_field(builder, "c", 5);
    built it = finish(builder);
    CHECK_METADATA(it, "\x13\0\0E\0o\0\xD8\1i\0\x98\1b\0\4c\0\4");
    CHECK_PAYLOAD(it, "\0\0\5");
    etwkit_event_builder_free(&builder);
}

/* Each writes one faulty event; the fault sticks, and names the field. */
static void fault_type(etwkit_event_builder *b) {
    etwkit_event_builder_scalar(b, "x", ETWKIT_IN_POINTER, ETWKIT_OUT_NULL, "12345678");
}
static void fault_out(etwkit_event_builder *b) {
    etwkit_event_builder_scalar(b, "x", ETWKIT_IN_UINT8, ETWKIT_OUT_CIMDATETIME, "1");
}
static void fault_text_as_scalar(etwkit_event_builder *b) {
    etwkit_event_builder_scalar(b, "x", ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, "a\0\0");
}
static void fault_scalar_as_bytes(etwkit_event_builder *b) {
    etwkit_event_builder_bytes(b, "x", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, "1234", 4);
}
static void fault_odd_text(etwkit_event_builder *b) {
    etwkit_event_builder_bytes(b, "x", ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, "abc", 3);
}
static void fault_nul_inside(etwkit_event_builder *b) {
    etwkit_event_builder_bytes(b, "x", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_NULL, "a\0b", 3);
}
static void fault_sid(etwkit_event_builder *b) {
    etwkit_event_builder_bytes(b, "x", ETWKIT_IN_SID, ETWKIT_OUT_NULL, "\1\2\0\0\0\0\0\5\1\0\0\0", 12);
}
static void fault_fixed_nothing(etwkit_event_builder *b) {
    etwkit_event_builder_array(b, "x", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, NULL, 0, true);
}
static void fault_no_members(etwkit_event_builder *b) {
    etwkit_event_builder_struct(b, "x", 0);
}
static void fault_many_members(etwkit_event_builder *b) {
    etwkit_event_builder_struct(b, "x", 128);
}
static void fault_deep(etwkit_event_builder *b) {
    for (int i = 0; i < 17; i++)
        etwkit_event_builder_struct(b, "x", 1);
}
static void fault_open_struct(etwkit_event_builder *b) {
    etwkit_event_builder_struct(b, "x", 2);
    byte_field(b, "a", 1);
}
static void fault_missing_element(etwkit_event_builder *b) {
    etwkit_event_builder_struct_array(b, "o", 1, 2);
    byte_field(b, "a", 1);
    byte_field(b, "x", 1);
}
static void fault_stray_element(etwkit_event_builder *b) {
    byte_field(b, "x", 1);
    etwkit_event_builder_next_element(b);
}
static void fault_early_element(etwkit_event_builder *b) {
    etwkit_event_builder_struct_array(b, "o", 2, 2);
    byte_field(b, "a", 1);
    etwkit_event_builder_next_element(b);
}
static void fault_other_members(etwkit_event_builder *b) {
    etwkit_event_builder_struct_array(b, "o", 1, 2);
    byte_field(b, "a", 1);
    etwkit_event_builder_next_element(b);
    byte_field(b, "x", 1);
}
static void fault_no_name(etwkit_event_builder *b) {
    byte_field(b, NULL, 1);
}

TEST(faults_stick) {
    static void (*const faults[])(etwkit_event_builder *) = {
        fault_type,          fault_out,         fault_text_as_scalar,  fault_scalar_as_bytes, fault_odd_text,
        fault_nul_inside,    fault_sid,         fault_fixed_nothing,   fault_no_members,      fault_many_members,
        fault_deep,          fault_open_struct, fault_missing_element, fault_stray_element,   fault_early_element,
        fault_other_members, fault_no_name,
    };
    etwkit_event_builder *builder = new_builder();
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID); /* nothing begun */
    byte_field(builder, "early", 1);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        etwkit_event_builder_begin(builder, "E", 0);
        faults[i](builder);
        built it = finish(builder);
        CHECK_EQ_INT(it.status, ETWKIT_E_INVALID);
        CHECK_EQ_INT(it.error.status, ETWKIT_E_INVALID);
        CHECK(strncmp(it.error.message, "event builder: ", 15) == 0);
        byte_field(builder, "late", 1);
        CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    }
    /* The next event is a new one. */
    etwkit_event_builder_begin(builder, "E", 0);
    CHECK_METADATA(finish(builder), "\5\0\0E\0");
    etwkit_event_builder_begin(builder, NULL, 0);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_INVALID);
    etwkit_event_builder_free(&builder);
    etwkit_event_builder_free(&builder);
    etwkit_event_builder_free(NULL);
}

TEST(sizes_have_limits) {
    etwkit_event_builder *builder = new_builder();
    uint8_t *big = calloc(1, 65536);
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_bytes(builder, "x", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_NULL, big, 65533);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_OK);
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_bytes(builder, "x", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_NULL, big, 65534);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_TOO_BIG);
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_bytes(builder, "x", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_NULL, big, 65536);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_TOO_BIG);
    memset(big, 'n', 65535);
    etwkit_event_builder_begin(builder, (char *)big, 0);
    CHECK_EQ_INT(finish(builder).status, ETWKIT_E_TOO_BIG);
    free(big);
    etwkit_event_builder_free(&builder);
}

TEST(provider_traits) {
    uint8_t traits[64];
    size_t size = 0;
    etwkit_guid group;
    CHECK_EQ_INT(etwkit_guid_parse(&group, "4f50731a-89cf-4782-b3e0-dce8c90476ba"), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_provider_traits("My.App", NULL, traits, sizeof traits, &size), ETWKIT_OK);
    CHECK_EQ_UINT(size, 9);
    CHECK_EQ_MEM(traits, "\x09\0My.App", 9);
    CHECK_EQ_INT(etwkit_provider_traits("My.App", &group, traits, 28, &size), ETWKIT_OK);
    CHECK_EQ_UINT(size, 28);
    CHECK_EQ_MEM(traits, "\x1C\0My.App\0\x13\0\x01\x1a\x73\x50\x4f\xcf\x89\x82\x47\xb3\xe0\xdc\xe8\xc9\x04\x76\xba",
                 28);
    size = 0;
    CHECK_EQ_INT(etwkit_provider_traits("My.App", &group, traits, 27, &size), ETWKIT_E_RANGE);
    CHECK_EQ_UINT(size, 28);
}

static bool build(const etwkit_allocator *allocator, void *context) {
    (void)context;
    etwkit_event_builder *builder = NULL;
    if (etwkit_event_builder_new(&builder, allocator)) {
        CHECK(builder == NULL);
        return false;
    }
    uint8_t bytes[300] = {0};
    etwkit_event_builder_begin(builder, "Event", 1);
    etwkit_event_builder_struct_array(builder, "outer", 2, 2);
    for (int i = 0; i < 2; i++) {
        if (i)
            etwkit_event_builder_next_element(builder);
        byte_field(builder, "one", 1);
        etwkit_event_builder_bytes(builder, "two", ETWKIT_IN_BINARY, ETWKIT_OUT_NULL, bytes, sizeof bytes);
    }
    built it = finish(builder);
    CHECK(it.status == ETWKIT_OK || it.status == ETWKIT_E_NO_MEMORY);
    etwkit_event_builder_free(&builder);
    return it.status == ETWKIT_OK;
}

TEST(out_of_memory) {
    CHECK_OOM(build, NULL);
}

TEST_MAIN(CASE(an_event_without_fields), CASE(tags_are_left_aligned), CASE(scalars), CASE(strings_and_bytes),
          CASE(arrays), CASE(arrays_of_texts), CASE(structs_close_by_themselves),
          CASE(elements_describe_their_members_once), CASE(an_empty_array_of_structs_is_described), CASE(faults_stick),
          CASE(sizes_have_limits), CASE(provider_traits), CASE(out_of_memory))
