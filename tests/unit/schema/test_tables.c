/* SPDX-License-Identifier: MIT */
/* Tables of events: their rows, what other sources add to them, and what is left out. */
#include "made_provider.h"
#include "oom.h"
#include "schema/tables.h"

#define HEAD \
    "provider\tevent_id\tversion\tevent(fields)\topcode\tkeywords\ttask\tlevel\tevtlog_channel\tevtlog_message\n"

static const ek_map_entry entries[] = {{1, "One"}};

/* A provider as manifests tell of it. */
static bool make_known(ek_providers *known) {
    static const ek_field_spec structure[] = {
        PLAIN("Count", ETWKIT_IN_UINT32),
        {.name = "Values",
         .name_length = 6,
         .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT,
         .first_member = 2,
         .member_count = 2},
        PLAIN("Size", ETWKIT_IN_UINT16),
        MEASURED("Data", ETWKIT_IN_BINARY, 2),
    };
    static const ek_field_spec measured[] = {PLAIN("HashSize", ETWKIT_IN_UINT16), PLAIN("Flags", ETWKIT_IN_UINT32),
                                             MEASURED("Digest", ETWKIT_IN_BINARY, 0)};
    ek_field_spec plain[] = {PLAIN("Kind", ETWKIT_IN_UINT32), PLAIN("Digest", ETWKIT_IN_BINARY)};
    ek_provider *provider = ek_providers_add(known, &made_id, "Some-Provider");
    plain[0].map = ek_map_build(&known->arena, "Kinds", false, entries, 1);
    if (!provider || !plain[0].map || !ek_provider_add_name(known, provider, EK_TABLE_TASKS, 21, "Copy", NULL) ||
        !ek_provider_add_name(known, provider, EK_TABLE_OPCODES, 21 << 16 | 30, "Begin", NULL) ||
        !ek_provider_add_name(known, provider, EK_TABLE_KEYWORDS, 0x10, "Slow", NULL) ||
        !made_event(known, provider, 1, structure, 4, 2) || !MADE_EVENT(known, provider, 2, measured) ||
        !MADE_EVENT(known, provider, 3, plain))
        return false;
    ek_provider_event *stopped = MADE_EVENT(known, provider, 4, measured);
    ek_template *payload = stopped ? ek_arena_new(&known->arena, sizeof *payload) : NULL;
    if (!payload)
        return false;
    *payload = (ek_template){measured, 1, 1, "Lost"};
    stopped->payload = payload;
    return true;
}

static ek_providers known, read;
static etwkit_error error;

static etwkit_status read_table(const char *text) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const ek_providers *sources[] = {&known};
    const ek_known all = {sources, 1};
    ek_providers_init(&known, &allocator);
    ek_providers_init(&read, &allocator);
    CHECK(make_known(&known));
    return ek_tables_read("t.tsv", text, strlen(text), &all, &read, &error);
}

static void end(void) {
    ek_providers_free(&read);
    ek_providers_free(&known);
}

static const ek_provider_event *event_at(size_t index) {
    static const ek_provider_event none;
    return read.count && index < read.list[0]->event_count ? &read.list[0]->events[index] : &none;
}

TEST(rows_are_events) {
    CHECK_EQ_INT(
        read_table("\xEF\xBB\xBF" HEAD
                   "some-provider\t7\t2\tCopyBegin_V2(UInt32 A, UnicodeString B)\tBegin\tSlow keyword_80\tCopy\t"
                   "Verbose\t\tText\r\n"
                   "some-provider\t8\t0\tA (b) thing()\tStart\t\ttask_9\tAlways\t\t\n"),
        ETWKIT_OK);
    REQUIRE(read.count == 1 && read.list[0]->event_count == 2);
    CHECK_EQ_STR(read.list[0]->name, "Some-Provider");
    CHECK_EQ_MEM(&read.list[0]->id, &made_id, sizeof made_id);
    const ek_provider_event *first = event_at(0), *second = event_at(1);
    CHECK_EQ_UINT(first->id, 7);
    CHECK_EQ_UINT(first->version, 2);
    CHECK_EQ_UINT(first->task, 21);
    CHECK_EQ_UINT(first->opcode, 30);
    CHECK_EQ_UINT(first->level, 5);
    CHECK_EQ_UINT(first->keywords, 0x90);
    CHECK(first->name == NULL);
    CHECK_EQ_STR(made_names(first->payload), "A B");
    CHECK_EQ_UINT(first->payload->fields[1].in_type, ETWKIT_IN_UNICODESTRING);
    CHECK_EQ_UINT(second->task, 9);
    CHECK_EQ_UINT(second->opcode, 1);
    CHECK(second->payload == NULL);
    end();
}

TEST(new_tasks_name_the_event) {
    CHECK_EQ_INT(read_table(HEAD "Some-Provider\t7\t0\tx()\tStop\t\tPaste\tError\t\t\n"
                                 "Some-Provider\t8\t0\tx()\tOdd\t\tCopy\tError\t\t\n"
                                 "Some-Provider\t9\t0\tx()\tOdd\t\ttask_0\tError\t\t\n"
                                 "Some-Provider\t10\t0\tx()\t\t\tCopy_22\tError\t\t\n"
                                 "Some-Provider\t1\t0\tx()\t\t\tPaste\tError\t\t\n"),
                 ETWKIT_OK);
    CHECK_EQ_STR(event_at(0)->name, "Paste/Stop");
    CHECK_EQ_STR(event_at(1)->name, "Copy/Odd");
    CHECK(event_at(2)->name == NULL);
    CHECK(event_at(3)->name == NULL);
    CHECK_EQ_UINT(event_at(3)->task, 22);
    CHECK(event_at(4)->name == NULL); /* known already */
    end();
}

TEST(lengths_counts_and_maps_come_from_other_events) {
    CHECK_EQ_INT(
        read_table(HEAD "Some-Provider\t2\t1\tx(UInt32 New, UInt16 HashSize, Binary Digest, UInt32 Kind)\t\t\t\t\t\t\n"
                        "Some-Provider\t7\t0\tx(UInt32 Kind, UInt64 Kind, Binary Digest)\t\t\t\t\t\t\n"),
        ETWKIT_OK);
    const ek_template *measured = event_at(0)->payload, *plain = event_at(1)->payload;
    REQUIRE(measured && plain);
    CHECK_EQ_STR(made_names(measured), "New HashSize Digest Kind");
    CHECK_EQ_UINT(measured->fields[2].flags, EK_FIELD_PARAM_LENGTH);
    CHECK_EQ_UINT(measured->fields[2].length, 1);
    CHECK(measured->fields[3].map && strcmp(measured->fields[3].map->name, "Kinds") == 0);
    CHECK_EQ_STR(made_names(plain), "Kind Kind Digest"); /* the last has the rest */
    CHECK(plain->fields[0].map != NULL);
    CHECK(plain->fields[1].map == NULL);
    CHECK_EQ_UINT(plain->fields[2].flags, 0);
    end();
}

TEST(names_tell_lengths_and_counts) {
    CHECK_EQ_INT(
        read_table(HEAD
                   "Some-Provider\t7\t0\tx(UInt16 PathLength, UInt32 _UserLength, UnicodeString Path, UnicodeString "
                   "User, UnicodeString PathSize, UnicodeString Title)\t\t\t\t\t\t\n"
                   "Some-Provider\t8\t0\tx(UInt32 AddressCount, UInt32 cb, GUID Addresses, UInt32 IdCount, UInt32 "
                   "Id, UInt32 __binLength, Binary Blob, UInt8 More)\t\t\t\t\t\t\n"
                   "Some-Provider\t9\t0\tx(UInt32 ItemCount, AnsiString Item, Binary Key, UInt8 More)\t\t\t\t\t\t\n"
                   "Some-Provider\t10\t0\tx(UInt32 ItemCount, UInt8 A, UInt8 B, UInt8 Items)\t\t\t\t\t\t\n"),
        ETWKIT_OK);
    const ek_template *strings = event_at(0)->payload, *arrays = event_at(1)->payload;
    REQUIRE(strings && arrays && event_at(2)->payload && event_at(3)->payload);
    CHECK_EQ_UINT(strings->fields[2].flags, EK_FIELD_PARAM_LENGTH);
    CHECK_EQ_UINT(strings->fields[2].length, 0);
    CHECK_EQ_UINT(strings->fields[3].length, 1);
    CHECK_EQ_UINT(strings->fields[5].flags, 0);
    CHECK_EQ_STR(made_names(arrays), "AddressCount cb Addresses IdCount|Id"); /* 8 fields, type 8: may be a struct */
    CHECK_EQ_UINT(arrays->fields[2].flags, EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(arrays->fields[2].count, 0);
    CHECK_EQ_STR(made_names(event_at(2)->payload), "ItemCount Item|Key");
    CHECK_EQ_STR(made_names(event_at(3)->payload), "ItemCount A B|Items");
    end();
}

TEST(structs_come_with_their_members) {
    CHECK_EQ_INT(read_table(HEAD "Some-Provider\t1\t1\tx(UInt32 Count, Int8 Values, UInt8 More)\t\t\t\t\t\t\n"
                                 "Some-Provider\t7\t0\tx(UInt8 More, AnsiString Values)\t\t\t\t\t\t\n"
                                 "Some-Provider\t8\t0\tx(UInt32 Count, 31 Other, UInt8 More)\t\t\t\t\t\t\n"
                                 "Some-Provider\t9\t0\tx(UInt32 Count, UInt32 B, Int8 Lost)\t\t\t\t\t\t\n"
                                 "Some-Provider\t10\t0\tx(UInt32 Count, Int8 Lost)\t\t\t\t\t\t\n"),
                 ETWKIT_OK);
    const ek_template *whole = event_at(0)->payload;
    REQUIRE(whole != NULL);
    CHECK_EQ_STR(made_names(whole), "Count Values More");
    CHECK_EQ_UINT(whole->field_count, 5);
    CHECK_EQ_UINT(whole->fields[1].flags, EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(whole->fields[1].first_member, 3);
    CHECK_EQ_UINT(whole->fields[1].member_count, 2);
    CHECK_EQ_UINT(whole->fields[4].length, 3); /* the member in front of it */
    const ek_layout *layout;
    CHECK_EQ_INT(ek_layout_build(&layout, &read.arena, whole->fields, whole->field_count, whole->top_count, &error),
                 ETWKIT_OK);
    CHECK_EQ_STR(made_names(event_at(1)->payload), "More|Values"); /* its count is not there */
    CHECK_EQ_STR(made_names(event_at(2)->payload), "Count|Other");
    CHECK_EQ_STR(made_names(event_at(3)->payload), "Count B|Lost");
    CHECK_EQ_STR(made_names(event_at(4)->payload), "Count Lost"); /* here its type can be no index */
    end();
}

static const char *id_of(size_t index) {
    static char text[ETWKIT_GUID_TEXT];
    if (index >= read.count)
        return "none";
    etwkit_guid_format(&read.list[index]->id, text);
    return text;
}

TEST(names_tell_ids) {
    CHECK_EQ_INT(read_table(HEAD "Log_e7344f8a791031178b28432890f6bc10\t1\t0\tx(UInt32 A)\t\t\t\t\t\t\n"
                                 "Application Error\t1\t0\tx(UInt32 A)\t\t\t\t\t\t\n"
                                 "Log_e7344f8a791031178b28432890f6bc1x\t1\t0\tx(UInt32 A)\t\t\t\t\t\t\n"),
                 ETWKIT_OK);
    CHECK_EQ_STR(id_of(0), "e7344f8a-7910-3117-8b28-432890f6bc10");
    CHECK_EQ_STR(id_of(1), "a0e9b465-b939-57d7-b27d-95d8e925ff57"); /* as Windows 11 has it */
    CHECK(strcmp(id_of(2), "e7344f8a-7910-3117-8b28-432890f6bc10") != 0);
    end();
}

TEST(what_is_wrong_is_left_out) {
    static const char *const rows[] = {
        "Some-Provider\t65536\t0\tx()\t\t\t\t\t\t",
        "Some-Provider\t1\t256\tx()\t\t\t\t\t\t",
        "Some-Provider\t\t0\tx()\t\t\t\t\t\t",
        "Some-Provider\t7\t0\tx\t\t\t\t\t\t",
        "Some-Provider\t7\t0\t)\t\t\t\t\t\t",
        "Some-Provider\t7\t0\tx(UInt32)\t\t\t\t\t\t",
        "Some-Provider\t7\t0\tx(Odd A)\t\t\t\t\t\t",
        "Some-Provider\t7\t0\tx(AnOverlongNameOfSomeTypeThatIsNone A)\t\t\t\t\t\t",
        "Some-Provider\t7",
        "\t7\t0\tx()\t\t\t\t\t\t",
        "Some-Provider",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text, HEAD "%s\nSome-Provider\t9\t0\tx(UInt32 A)\t\t\t\t\t\t\n", rows[i]);
        CHECK_EQ_INT(read_table(text), ETWKIT_E_DAMAGED);
        CHECK(strncmp(error.message, "t.tsv: row 2 ", 13) == 0);
        CHECK(event_at(0)->id == 9 && read.list[0]->event_count == 1);
        end();
    }
    CHECK_EQ_INT(read_table("provider\tevent_id\tversion\n"), ETWKIT_E_UNSUPPORTED);
    end();
    CHECK_EQ_INT(read_table(""), ETWKIT_E_UNSUPPORTED);
    end();
    CHECK_EQ_INT(read_table(HEAD), ETWKIT_OK);
    CHECK_EQ_UINT(read.count, 0);
    end();
    CHECK(ek_tables_is_table(HEAD, strlen(HEAD)));
    CHECK(!ek_tables_is_table("<xml", 4));
    CHECK(!ek_tables_is_table(NULL, 0));
}

static bool read_all(const etwkit_allocator *allocator, void *context) {
    static const char text[] = HEAD "Some-Provider\t1\t1\tx(UInt32 Count, Int8 Values, UInt8 More)\tOdd\t\tNew\t\t\t\n"
                                    "Some-Provider\t2\t1\tx(UInt16 HashSize, Binary Digest, 31 Odd)\t\t\t\t\t\t\n";
    ek_providers sources, made;
    const ek_providers *list[] = {&sources};
    const ek_known all = {list, 1};
    (void)context;
    ek_providers_init(&sources, allocator);
    ek_providers_init(&made, allocator);
    bool done = make_known(&sources) && ek_tables_read("t", text, sizeof text - 1, &all, &made, NULL) == ETWKIT_OK;
    ek_providers_free(&made);
    ek_providers_free(&sources);
    return done;
}

TEST(memory_may_run_out) {
    CHECK_OOM(read_all, NULL);
}

TEST_MAIN(CASE(rows_are_events), CASE(new_tasks_name_the_event), CASE(lengths_counts_and_maps_come_from_other_events),
          CASE(names_tell_lengths_and_counts), CASE(structs_come_with_their_members), CASE(names_tell_ids),
          CASE(what_is_wrong_is_left_out), CASE(memory_may_run_out))
