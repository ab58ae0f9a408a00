/* SPDX-License-Identifier: MIT */
/* TraceLogging metadata: types translated, structs put in order, and every kind of damage survived. */
#include "blob.h"
#include "oom.h"
#include "schema/tracelogging.h"
#include "test.h"

static blob metadata; /* one test at a time */

/* One description, with its memory. */
typedef struct told {
    ek_arena arena;
    ek_description is;
    etwkit_status status;
    etwkit_error error;
} told;

static told tell_all(const uint8_t *data, size_t size, const uint8_t *traits, size_t traits_size) {
    told t = {.is = {0}};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&t.arena, &allocator);
    t.status = ek_tracelogging_describe(data, size, traits, traits_size, &t.arena, &t.is, &t.error);
    return t;
}

static told tell(void) {
    return tell_all(metadata.bytes, metadata.size, NULL, 0);
}

TEST(a_real_event_is_read) {
    /* pv_SelfDescribingSingleEvent: TestEvent { a { b, c } } */
    tl_begin(&metadata, "TestEvent");
    tl_field(&metadata, "a", 24, 2);
    tl_field(&metadata, "b", 1, -1);
    tl_field(&metadata, "c", 1, -1);
    tl_end(&metadata);
    static const uint8_t traits[] = "\x0B\0MySource";
    told t = tell_all(metadata.bytes, metadata.size, traits, sizeof traits);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_STR(t.is.event_name, "TestEvent");
    CHECK_EQ_STR(t.is.provider_name, "MySource");
    CHECK_EQ_INT(t.is.source, ETWKIT_SOURCE_TRACELOGGING);
    const ek_layout *layout = t.is.layout;
    CHECK_EQ_UINT(layout->top_count, 1);
    CHECK_EQ_UINT(layout->field_count, 3);
    CHECK_EQ_UINT(layout->fields[0].in_type, ETWKIT_IN_STRUCT);
    CHECK_EQ_UINT(layout->fields[0].first_member, 1);
    CHECK_EQ_UINT(layout->fields[0].member_count, 2);
    CHECK_EQ_STR(layout->fields[2].name, "c");
    ek_arena_free(&t.arena);
}

TEST(types_become_those_of_tdh) {
    static const struct {
        int type, out;
        etwkit_in_type in_type;
        etwkit_out_type out_type;
    } cases[] = {
        {0, -1, ETWKIT_IN_NULL, 0},
        {1, -1, ETWKIT_IN_UNICODESTRING, 0},
        {1, 12, ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_JSON},
        {2, 35, ETWKIT_IN_ANSISTRING, ETWKIT_OUT_UTF8},
        {2, 11, ETWKIT_IN_ANSISTRING, ETWKIT_OUT_XML},
        {3, -1, ETWKIT_IN_INT8, 0},
        {3, 2, ETWKIT_IN_ANSICHAR, ETWKIT_OUT_STRING},
        {4, 2, ETWKIT_IN_ANSICHAR, ETWKIT_OUT_STRING},
        {4, 3, ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN},
        {3, 3, ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN},
        {4, 4, ETWKIT_IN_UINT8, ETWKIT_OUT_HEXINT8},
        {5, 4, ETWKIT_IN_UINT16, ETWKIT_OUT_HEXINT16},
        {6, 2, ETWKIT_IN_UNICODECHAR, ETWKIT_OUT_STRING},
        {6, 7, ETWKIT_IN_UINT16, ETWKIT_OUT_PORT},
        {7, 4, ETWKIT_IN_HEXINT32, ETWKIT_OUT_HEXINT32},
        {7, 15, ETWKIT_IN_INT32, ETWKIT_OUT_HRESULT},
        {7, 3, ETWKIT_IN_BOOLEAN, ETWKIT_OUT_BOOLEAN},
        {8, 5, ETWKIT_IN_UINT32, ETWKIT_OUT_PID},
        {8, 6, ETWKIT_IN_UINT32, ETWKIT_OUT_TID},
        {8, 8, ETWKIT_IN_UINT32, ETWKIT_OUT_IPV4},
        {8, 13, ETWKIT_IN_UINT32, ETWKIT_OUT_WIN32ERROR},
        {8, 14, ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS},
        {8, 17, ETWKIT_IN_INT32, ETWKIT_OUT_INT},
        {9, 16, ETWKIT_IN_FILETIME, ETWKIT_OUT_DATETIME},
        {9, 18, ETWKIT_IN_UINT64, ETWKIT_OUT_UNSIGNEDLONG},
        {10, 4, ETWKIT_IN_HEXINT64, ETWKIT_OUT_HEXINT64},
        {10, 37, ETWKIT_IN_UINT64, ETWKIT_OUT_CODE_POINTER},
        {11, -1, ETWKIT_IN_FLOAT, 0},
        {12, 1, ETWKIT_IN_DOUBLE, ETWKIT_OUT_NOPRINT},
        {13, 3, ETWKIT_IN_BOOLEAN, ETWKIT_OUT_BOOLEAN},
        {14, -1, ETWKIT_IN_COUNTED_BINARY, 0},
        {14, 4, ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_HEXBINARY},
        {14, 9, ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_IPV6},
        {14, 10, ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_SOCKETADDRESS},
        {15, -1, ETWKIT_IN_GUID, 0},
        {16, 18, ETWKIT_IN_POINTER, ETWKIT_OUT_UNSIGNEDLONG},
        {17, 38, ETWKIT_IN_FILETIME, ETWKIT_OUT_DATETIME_UTC},
        {18, 33, ETWKIT_IN_SYSTEMTIME, ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME},
        {19, -1, ETWKIT_IN_SID, 0},
        {20, 18, ETWKIT_IN_UINT32, ETWKIT_OUT_UNSIGNEDINT},
        {21, -1, ETWKIT_IN_HEXINT64, 0},
        {22, -1, ETWKIT_IN_COUNTED_UTF16, 0},
        {23, 35, ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8},
        {25, 36, ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_PKCS7},
        {8, 19, ETWKIT_IN_UINT32, 0}, /* a number that nobody knows */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tl_begin(&metadata, "e");
        tl_field(&metadata, "f", (unsigned)cases[i].type, cases[i].out);
        tl_end(&metadata);
        told t = tell();
        REQUIRE(t.status == ETWKIT_OK);
        const etwkit_field *field = &t.is.layout->fields[0];
        if (field->in_type != cases[i].in_type || field->out_type != cases[i].out_type)
            test_fail(__FILE__, __LINE__, "type %d out %d: %u %u", cases[i].type, cases[i].out, field->in_type,
                      field->out_type);
        ek_arena_free(&t.arena);
    }
}

TEST(arrays_have_their_counts) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "script", 6 | 0x40, 2); /* AmsiTrace's "Raw Script" */
    tl_field(&metadata, "fixed", 8 | 0x20, 4);
    put16(&metadata, 3);
    tl_field(&metadata, "plain", 8 | 0x20, -1);
    put16(&metadata, 1);
    tl_field(&metadata, "counted", 8 | 0x40, -1);
    tl_end(&metadata);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    const etwkit_field *fields = t.is.layout->fields;
    CHECK(fields[0].is_text);
    CHECK_EQ_UINT(fields[0].flags, EK_FIELD_COUNT_U16);
    CHECK_EQ_UINT(fields[1].flags, EK_FIELD_FIXED_COUNT);
    CHECK_EQ_UINT(fields[1].count, 3);
    CHECK(fields[2].is_array); /* of one */
    CHECK_EQ_UINT(fields[3].flags, EK_FIELD_COUNT_U16);
    CHECK(fields[3].is_array);
    ek_arena_free(&t.arena);
}

TEST(members_become_neighbours) {
    /* s { a, t[] { b, u { c }, d }, e }, f, v {} */
    tl_begin(&metadata, "e");
    tl_field(&metadata, "s", 24, 3);
    tl_field(&metadata, "a", 4, -1);
    tl_field(&metadata, "t", 24 | 0x40, 3);
    tl_field(&metadata, "b", 4, -1);
    tl_field(&metadata, "u", 24, 1);
    tl_field(&metadata, "c", 4, -1);
    tl_field(&metadata, "d", 4, -1);
    tl_field(&metadata, "e", 4, -1);
    tl_field(&metadata, "f", 4, -1);
    tl_field(&metadata, "v", 24, 0);
    tl_end(&metadata);
    static const char *const names[] = {"s", "f", "v", "a", "t", "e", "b", "u", "d", "c"};
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    const etwkit_field *fields = t.is.layout->fields;
    CHECK_EQ_UINT(t.is.layout->top_count, 3);
    CHECK_EQ_UINT(t.is.layout->field_count, 10);
    for (size_t i = 0; i < 10; i++)
        CHECK_EQ_STR(fields[i].name, names[i]);
    CHECK_EQ_UINT(fields[0].first_member, 3);
    CHECK_EQ_UINT(fields[0].member_count, 3);
    CHECK_EQ_UINT(fields[4].first_member, 6);
    CHECK_EQ_UINT(fields[4].member_count, 3);
    CHECK(fields[4].is_array);
    CHECK_EQ_UINT(fields[7].first_member, 9);
    CHECK_EQ_UINT(fields[2].member_count, 0);
    ek_arena_free(&t.arena);
}

TEST(structs_of_the_old_form_are_read) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "s", 0x20, -1);
    put16(&metadata, 1);
    tl_field(&metadata, "a", 4, -1);
    tl_field(&metadata, "b", 4, -1);
    tl_end(&metadata);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->top_count, 2);
    CHECK_EQ_UINT(t.is.layout->fields[0].member_count, 1);
    CHECK(!t.is.layout->fields[0].is_array);
    CHECK_EQ_STR(t.is.layout->fields[1].name, "b");
    ek_arena_free(&t.arena);
    tl_begin(&metadata, "e");
    tl_field(&metadata, "s", 0x20, -1);
    put16(&metadata, 2); /* members, not elements */
    tl_field(&metadata, "a", 4, -1);
    tl_field(&metadata, "b", 4, -1);
    tl_end(&metadata);
    t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->top_count, 1);
    CHECK_EQ_UINT(t.is.layout->fields[0].member_count, 2);
    CHECK(!t.is.layout->fields[0].is_array);
    ek_arena_free(&t.arena);
}

TEST(tags_are_left_aligned) {
    metadata.size = 0;
    put16(&metadata, 0);
    put_bytes(&metadata, "\x81\x82\x83\x84\x85\x01", 6); /* the event's: more than 28 bits are skipped */
    put_text(&metadata, "e");
    put_bytes(&metadata, "one\0\x84\x80\x01", 7);
    put_bytes(&metadata, "padded\0\x84\x80\x80\x20", 11);
    put_bytes(&metadata, "four\0\x84\x80\xFF\xFF\xFF\x7F", 11);
    put_bytes(&metadata, "counted\0\xA4\x80\x01\x02\x00", 13);
    tl_end(&metadata);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_field_tags(&t.is.layout->fields[0]), 1u << 21);
    CHECK_EQ_UINT(etwkit_field_tags(&t.is.layout->fields[1]), 0x20u << 14);
    CHECK_EQ_UINT(etwkit_field_tags(&t.is.layout->fields[2]), 0x0FFFFFFF);
    CHECK_EQ_UINT(t.is.layout->fields[3].count, 2);
    ek_arena_free(&t.arena);
}

TEST(custom_fields_are_counted_bytes) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "bond", 0x60 | 24, 2); /* 24 is a protocol here, no struct */
    put16(&metadata, 3);
    put_bytes(&metadata, "\0\1\2", 3);
    tl_field(&metadata, "after", 4, -1);
    tl_end(&metadata);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->top_count, 2);
    CHECK_EQ_UINT(t.is.layout->fields[0].in_type, ETWKIT_IN_COUNTED_BINARY);
    CHECK(!t.is.layout->fields[0].is_array);
    CHECK_EQ_STR(t.is.layout->fields[1].name, "after");
    ek_arena_free(&t.arena);
}

TEST(a_type_of_the_future_ends_the_layout) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "s", 24, 3);
    tl_field(&metadata, "a", 4, -1);
    tl_field(&metadata, "new", 30, -1);
    tl_field(&metadata, "lost", 4, -1);
    tl_end(&metadata);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->field_count, 3);
    CHECK_EQ_UINT(t.is.layout->fields[0].member_count, 2);
    CHECK_EQ_UINT(t.is.layout->fields[2].read, EK_READ_REST);
    ek_arena_free(&t.arena);
}

TEST(names_are_made_valid) {
    tl_begin(&metadata, "Ev\xE9nt");
    tl_field(&metadata, "a\xFF", 4, -1);
    tl_end(&metadata);
    static const uint8_t traits[] = "\x05\0\xC3\xBC";
    told t = tell_all(metadata.bytes, metadata.size, traits, 5);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_STR(t.is.event_name, "Ev\xEF\xBF\xBDnt");
    CHECK_EQ_STR(t.is.layout->fields[0].name, "a\xEF\xBF\xBD");
    CHECK_EQ_STR(t.is.provider_name, "\xC3\xBC");
    ek_arena_free(&t.arena);
}

TEST(traits_have_a_name_or_none) {
    size_t length = 9;
    CHECK(ek_traits_name((const uint8_t *)"\x06\0abc\0rest", 10, &length) != NULL);
    CHECK_EQ_UINT(length, 3);
    CHECK(ek_traits_name((const uint8_t *)"\x05\0abc\0", 6, &length) == NULL); /* its NUL lies behind its end */
    CHECK_EQ_UINT(length, 0);
    CHECK(ek_traits_name((const uint8_t *)"\xFF\0abc\0", 6, &length) == NULL);
    CHECK(ek_traits_name((const uint8_t *)"\x01\0", 2, &length) == NULL);
    CHECK(ek_traits_name((const uint8_t *)"\x02", 1, &length) == NULL);
    CHECK(ek_traits_name((const uint8_t *)"", 0, &length) == NULL);
    told t = {0};
    tl_begin(&metadata, "e");
    tl_end(&metadata);
    t = tell_all(metadata.bytes, metadata.size, (const uint8_t *)"\xFF\0abc\0", 6);
    CHECK_EQ_INT(t.status, ETWKIT_OK); /* the fields are known nevertheless */
    CHECK(t.is.provider_name == NULL);
    CHECK_EQ_UINT(t.is.layout->field_count, 0);
    ek_arena_free(&t.arena);
}

static void refused(const char *what) {
    told t = tell();
    CHECK_EQ_INT(t.status, ETWKIT_E_DAMAGED);
    CHECK(t.is.layout == NULL);
    if (!strstr(t.error.message, what))
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", t.error.message, what);
    ek_arena_free(&t.arena);
}

TEST(contradictions_are_refused) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "s", 24, 2);
    tl_field(&metadata, "a", 4, -1);
    tl_end(&metadata);
    refused("inside a struct");

    tl_begin(&metadata, "e");
    for (int i = 0; i <= ETWKIT_WALK_DEPTH; i++)
        tl_field(&metadata, "s", 24, 1);
    tl_field(&metadata, "a", 4, -1);
    tl_end(&metadata);
    refused("too deep");

    tl_begin(&metadata, "e");
    for (int i = 0; i <= EK_MAX_FIELDS; i++)
        tl_field(&metadata, "", 4, -1);
    tl_end(&metadata);
    refused("too many fields");

    tl_begin(&metadata, "e");
    set16(&metadata, 0, (unsigned)metadata.size + 1);
    refused("shorter than it says");
    set16(&metadata, 0, 4);
    refused("event's name");
    metadata.size = 1;
    refused("event's name");

    tl_begin(&metadata, "e");
    tl_field(&metadata, "c", 0x60 | 4, -1);
    put16(&metadata, 1000);
    tl_end(&metadata);
    refused("inside a field");
}

TEST(what_follows_the_metadata_is_not_read) {
    tl_begin(&metadata, "e");
    tl_field(&metadata, "a", 4, -1);
    tl_end(&metadata);
    put_bytes(&metadata, "garbage", 7);
    told t = tell();
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->field_count, 1);
    ek_arena_free(&t.arena);
}

/* An event with everything in it. */
static void make_rich(void) {
    tl_begin(&metadata, "Rich");
    for (unsigned type = 0; type <= 25; type++)
        tl_field(&metadata, "f", type, type == 24 ? 1 : (int)type);
    put_bytes(&metadata, "t\0\x84\x82\x81\x01", 6);
    tl_field(&metadata, "s", 24 | 0x40, 3);
    tl_field(&metadata, "a", 2 | 0x40, 35);
    tl_field(&metadata, "u", 24 | 0x20, 1);
    put16(&metadata, 2);
    tl_field(&metadata, "b", 8 | 0x20, 4);
    put16(&metadata, 7);
    tl_field(&metadata, "c", 0x60, 0);
    put16(&metadata, 2);
    put_bytes(&metadata, "xy", 2);
    tl_end(&metadata);
}

/* Anything may come out, but the bytes behind the block stay unread, and what comes out is whole. */
static void survives(const uint8_t *data, size_t size) {
    uint8_t *copy = exact(data, size);
    told t = tell_all(copy, size, copy, size);
    CHECK(t.status == ETWKIT_OK || t.status == ETWKIT_E_DAMAGED);
    CHECK((t.status == ETWKIT_OK) == (t.is.layout != NULL));
    for (size_t i = 0; t.is.layout && i < t.is.layout->field_count; i++)
        CHECK(strlen(t.is.layout->fields[i].name) == t.is.layout->fields[i].name_size);
    ek_arena_free(&t.arena);
    free(copy);
}

TEST(cut_anywhere_it_survives) {
    make_rich();
    for (size_t size = 0; size <= metadata.size; size++)
        survives(metadata.bytes, size);
    size_t whole = metadata.size;
    for (size_t size = 2; size <= whole; size++) { /* cut, but consistent with itself */
        set16(&metadata, 0, (unsigned)size);
        survives(metadata.bytes, size);
    }
}

TEST(with_any_byte_flipped_it_survives) {
    make_rich();
    for (size_t at = 0; at < metadata.size; at++)
        for (unsigned flip = 1; flip < 256; flip = flip < 128 ? flip * 2 : flip + 127) {
            metadata.bytes[at] ^= (uint8_t)flip;
            survives(metadata.bytes, metadata.size);
            metadata.bytes[at] ^= (uint8_t)flip;
        }
}

static bool scenario(const etwkit_allocator *allocator, void *context) {
    (void)context;
    static const uint8_t traits[] = "\x04\0P";
    ek_arena arena;
    ek_description description = {0};
    ek_arena_init(&arena, allocator);
    etwkit_status status =
        ek_tracelogging_describe(metadata.bytes, metadata.size, traits, 4, &arena, &description, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_arena_free(&arena);
    return status == ETWKIT_OK;
}

TEST(memory_may_run_out) {
    make_rich();
    CHECK_OOM(scenario, NULL);
}

TEST_MAIN(CASE(a_real_event_is_read), CASE(types_become_those_of_tdh), CASE(arrays_have_their_counts),
          CASE(members_become_neighbours), CASE(structs_of_the_old_form_are_read), CASE(tags_are_left_aligned),
          CASE(custom_fields_are_counted_bytes), CASE(a_type_of_the_future_ends_the_layout), CASE(names_are_made_valid),
          CASE(traits_have_a_name_or_none), CASE(contradictions_are_refused),
          CASE(what_follows_the_metadata_is_not_read), CASE(cut_anywhere_it_survives),
          CASE(with_any_byte_flipped_it_survives), CASE(memory_may_run_out))
