/* SPDX-License-Identifier: MIT */
/* The built-in classic layouts: every one is built for both pointer sizes, found by its key, and as long as it must be.
 */
#include "base/guid.h"
#include "oom.h"
#include "schema/classic.h"
#include "schema/classic_tables.h"
#include "test.h"

static const etwkit_guid event_trace =
    EK_GUID(0x68fdd900, 0x4a3e, 0x11d1, 0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3);
static const etwkit_guid disk_io = EK_GUID(0x3d6fa8d4, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid page_fault =
    EK_GUID(0x3d6fa8d3, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid process = EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid thread = EK_GUID(0x3d6fa8d1, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid tcp_ip = EK_GUID(0x9a280ac0, 0xc8e0, 0x11d1, 0x84, 0xe2, 0x00, 0xc0, 0x4f, 0xb9, 0x98, 0xa2);
static const etwkit_guid udp_ip = EK_GUID(0xbf3a50c5, 0xa9c9, 0x4988, 0xa0, 0x05, 0x2d, 0xf0, 0xb7, 0xc8, 0x0f, 0x80);
static const etwkit_guid perf_info =
    EK_GUID(0xce1dbfb4, 0x137e, 0x4da6, 0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc);
static const etwkit_guid stack_walk =
    EK_GUID(0xdef2fe46, 0x7bd6, 0x4b80, 0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3);
static const etwkit_guid system_config =
    EK_GUID(0x01853a65, 0x418f, 0x4f36, 0xae, 0xfc, 0xdc, 0x0f, 0x1d, 0x2f, 0xd2, 0x35);
static const etwkit_guid image_id = EK_GUID(0xb3e675d7, 0x2554, 0x4f18, 0x83, 0x0b, 0x27, 0x62, 0x73, 0x25, 0x60, 0xde);
static const etwkit_guid dns_client =
    EK_GUID(0x1c95126e, 0x7eea, 0x49a9, 0xa3, 0xfe, 0xa3, 0x78, 0xb0, 0x3d, 0xdb, 0x4d);

static etwkit_record record_of(const etwkit_guid *id, unsigned opcode, unsigned version) {
    return (etwkit_record){
        .provider_id = *id,
        .opcode = (uint8_t)opcode,
        .version = (uint8_t)version,
        .pointer_size = 8,
        .flags = ETWKIT_FLAG_CLASSIC | ETWKIT_FLAG_64_BIT,
    };
}

/* One answer, in an arena of its own. */
typedef struct answer {
    ek_arena arena;
    ek_description is;
    etwkit_status status;
    etwkit_error error;
} answer;

static void ask_record(answer *a, const etwkit_record *record) {
    *a = (answer){.status = ETWKIT_OK};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&a->arena, &allocator);
    a->status = ek_classic_describe(record, &a->arena, &a->is, &a->error);
}

static void ask(answer *a, const etwkit_guid *id, unsigned opcode, unsigned version) {
    etwkit_record record = record_of(id, opcode, version);
    ask_record(a, &record);
}

static void done(answer *a) {
    ek_arena_free(&a->arena);
}

static const etwkit_field *field(const answer *a, const char *name) {
    for (size_t i = 0; a->is.layout && i < a->is.layout->top_count; i++)
        if (strcmp(a->is.layout->fields[i].name, name) == 0)
            return &a->is.layout->fields[i];
    return NULL;
}

TEST(every_event_has_a_layout) {
    for (size_t c = 0; c < ek_classic_class_count; c++) {
        const ek_classic_class *owner = &ek_classic_classes[c];
        for (size_t i = 0; i < owner->event_count; i++) {
            const ek_classic_event *event = &ek_classic_events[owner->first_event + i];
            const ek_classic_layout *want = &ek_classic_layouts[event->layout];
            uint8_t payload[2] = {(uint8_t)event->variant, (uint8_t)(event->variant >> 8)};
            etwkit_record record = record_of(&owner->id, event->opcode, event->version);
            record.payload = payload;
            record.payload_size = sizeof payload;
            answer a;
            ask_record(&a, &record);
            if (a.status != ETWKIT_OK || a.is.guessed || a.is.layout->field_count != want->field_count ||
                a.is.layout->top_count != want->top_count ||
                a.is.layout->fixed_total[0] > a.is.layout->fixed_total[1] ||
                (a.is.layout->fixed_total[0] < 0) != (a.is.layout->fixed_total[1] < 0))
                test_fail(__FILE__, __LINE__, "%s type %u version %u: status %d, %s", ek_classic_texts + owner->name,
                          event->opcode, event->version, (int)a.status, a.error.message);
            const etwkit_field *ids[] = {a.is.process_field, a.is.thread_field};
            for (size_t n = 0; n < 2; n++)
                CHECK(!ids[n] || ids[n]->in_type == ETWKIT_IN_UINT32 || ids[n]->in_type == ETWKIT_IN_POINTER);
            done(&a);
        }
    }
}

TEST(tables_are_sorted) {
    for (size_t c = 1; c < ek_classic_class_count; c++)
        CHECK(memcmp(&ek_classic_classes[c - 1].id, &ek_classic_classes[c].id, sizeof(etwkit_guid)) < 0);
    size_t next = 0;
    for (size_t c = 0; c < ek_classic_class_count; c++) {
        const ek_classic_class *owner = &ek_classic_classes[c];
        CHECK_EQ_UINT(owner->first_event, next);
        next += owner->event_count;
        for (size_t i = owner->first_event + 1u; i < next; i++) {
            const ek_classic_event *a = &ek_classic_events[i - 1], *b = &ek_classic_events[i];
            CHECK(a->opcode != b->opcode     ? a->opcode < b->opcode
                  : a->version != b->version ? a->version < b->version
                                             : a->variant < b->variant);
        }
    }
    CHECK_EQ_UINT(next, ek_classic_event_count);
}

/* Payload sizes of real traces (64-bit), and what they are with 4-byte pointers. */
TEST(fixed_layouts_have_the_size_of_real_payloads) {
    static const struct {
        const etwkit_guid *id;
        uint8_t opcode, version;
        int16_t size_4, size_8;
    } known[] = {
        {&event_trace, 5, 2, 36, 36},      {&event_trace, 5, 0, 32, 32},      {&event_trace, 8, 2, 0, 0},
        {&disk_io, 10, 3, 44, 52},         {&disk_io, 10, 2, 40, 48},         {&disk_io, 12, 3, 8, 12},
        {&disk_io, 14, 3, 24, 28},         {&page_fault, 32, 2, 32, 40},      {&process, 11, 2, 4, 4},
        {&process, 32, 2, 60, 104},        {&thread, 36, 2, 24, 24},          {&tcp_ip, 10, 2, 36, 40},
        {&tcp_ip, 11, 2, 28, 32},          {&tcp_ip, 15, 2, 44, 48},          {&tcp_ip, 26, 2, 60, 64},
        {&tcp_ip, 27, 2, 52, 56},          {&udp_ip, 10, 2, 28, 32},          {&udp_ip, 26, 2, 52, 56},
        {&perf_info, 46, 2, 12, 16},       {&stack_walk, 37, 2, 20, 24},      {&system_config, 10, 3, 820, 828},
        {&system_config, 11, 2, 568, 568}, {&system_config, 12, 2, 112, 112}, {&system_config, 16, 2, 8, 8},
        {&system_config, 17, 2, 16, 16},   {&system_config, 28, 2, 8, 8},     {&system_config, 29, 2, 4, 4},
        {&system_config, 30, 2, 16, 16},   {&system_config, 33, 2, 16, 16},   {&system_config, 35, 2, 428, 428},
        {&system_config, 36, 2, 4, 4},     {&system_config, 37, 2, 16, 16},   {&image_id, 40, 1, 8, 12},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        answer a;
        ask(&a, known[i].id, known[i].opcode, known[i].version);
        REQUIRE(a.status == ETWKIT_OK);
        CHECK_EQ_INT(a.is.layout->fixed_total[0], known[i].size_4);
        CHECK_EQ_INT(a.is.layout->fixed_total[1], known[i].size_8);
        done(&a);
    }
}

/* TRACE_LOGFILE_HEADER, as docs/format has it. */
TEST(the_header_event_has_its_offsets) {
    static const struct {
        const char *name;
        int16_t at_4, at_8;
    } known[] = {
        {"EndTime", 0x10, 0x10},         {"CPUSpeed", 0x34, 0x34},      {"LogFileName", 0x3C, 0x40},
        {"BootTime", 0xF0, 0xF8},        {"PerfFreq", 0xF8, 0x100},     {"StartTime", 0x100, 0x108},
        {"ReservedFlags", 0x108, 0x110}, {"BuffersLost", 0x10C, 0x114}, {"SessionNameString", 0x110, 0x118},
    };
    answer a;
    ask(&a, &event_trace, 0, 2);
    REQUIRE(a.status == ETWKIT_OK);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const etwkit_field *found = field(&a, known[i].name);
        REQUIRE(found);
        CHECK_EQ_INT(found->fixed_offset[0], known[i].at_4);
        CHECK_EQ_INT(found->fixed_offset[1], known[i].at_8);
    }
    const etwkit_field *zone = field(&a, "TimeZoneInformation");
    REQUIRE(zone);
    CHECK_EQ_UINT(zone->fixed_size[0], 172);
    CHECK_EQ_UINT(zone->member_count, 7);
    CHECK_EQ_STR(a.is.layout->fields[zone->first_member].name, "Bias");
    CHECK(a.is.layout->fields[zone->first_member + 2].is_array);
    const etwkit_field *clock = field(&a, "ReservedFlags");
    REQUIRE(clock && clock->map);
    CHECK_EQ_STR(ek_map_label(clock->map, 1), "QPC");
    done(&a);
}

static void check_names(const etwkit_guid *id, unsigned opcode, unsigned version, etwkit_status status,
                        const char *task, const char *name) {
    answer a;
    ask(&a, id, opcode, version);
    CHECK_EQ_INT(a.status, status);
    CHECK_EQ_STR(a.is.task_name, task);
    CHECK_EQ_STR(a.is.opcode_name, name);
    CHECK(!a.is.event_name);
    CHECK_EQ_INT(a.is.source, ETWKIT_SOURCE_CLASSIC);
    done(&a);
}

TEST(events_have_names) {
    check_names(&process, 1, 4, ETWKIT_OK, "Process", "Start");
    check_names(&perf_info, 46, 2, ETWKIT_OK, "PerfInfo", "SampledProfile");
    check_names(&stack_walk, 32, 2, ETWKIT_OK, "StackWalk", "Stack");
    check_names(&tcp_ip, 10, 2, ETWKIT_OK, "TcpIp", "SendIPV4");
    check_names(&tcp_ip, 10, 1, ETWKIT_OK, "TcpIp", "Send");
    check_names(&image_id, 0, 2, ETWKIT_OK, "ImageID", NULL);
    check_names(&process, 7, 4, ETWKIT_ABSENT, "Process", "7");
    check_names(&process, 90, 4, ETWKIT_ABSENT, "Process", "90");
    check_names(&process, 250, 4, ETWKIT_ABSENT, "Process", "250");
}

TEST(providers_have_names) {
    answer a;
    ask(&a, &process, 1, 4);
    CHECK_EQ_STR(a.is.provider_name, "Windows Kernel");
    done(&a);
    ask(&a, &image_id, 0, 2);
    CHECK_EQ_STR(a.is.provider_name, "KernelTraceControl");
    done(&a);
}

TEST(an_unknown_version_is_read_by_the_highest_lower_one) {
    answer a;
    ask(&a, &process, 1, 9);
    REQUIRE(a.status == ETWKIT_OK);
    CHECK(a.is.guessed);
    CHECK(field(&a, "ApplicationId"));
    done(&a);
    ask(&a, &process, 39, 9);
    CHECK(a.is.guessed && field(&a, "ExitTime"));
    done(&a);
    ask(&a, &process, 39, 4);
    CHECK(!a.is.guessed && field(&a, "ApplicationId") && !field(&a, "ExitTime"));
    done(&a);
}

TEST(a_version_below_all_known_has_a_name_only) {
    answer a;
    ask(&a, &process, 32, 1);
    CHECK_EQ_INT(a.status, ETWKIT_ABSENT);
    CHECK_EQ_STR(a.is.opcode_name, "PerfCtr");
    CHECK(!a.is.layout && !a.is.guessed);
    done(&a);
}

TEST(strangers_are_left_alone) {
    answer a;
    ask(&a, &dns_client, 1, 1);
    CHECK_EQ_INT(a.status, ETWKIT_ABSENT);
    CHECK(!a.is.task_name && !a.is.provider_name);
    done(&a);
    etwkit_record manifest = record_of(&process, 1, 4);
    manifest.flags = ETWKIT_FLAG_64_BIT;
    ask_record(&a, &manifest);
    CHECK_EQ_INT(a.status, ETWKIT_ABSENT);
    CHECK(!a.is.task_name);
    done(&a);
}

TEST(the_payload_chooses_the_form_of_partition_information) {
    static const struct {
        uint8_t version, payload[3], size, type;
        bool guessed;
    } known[] = {
        {2, {0, 0}, 2, ETWKIT_IN_GUID, false},
        {2, {2, 0}, 2, ETWKIT_IN_UNICODESTRING, false},
        {0, {2, 0, 7}, 3, ETWKIT_IN_UNICODESTRING, false},
        {2, {1, 0}, 2, ETWKIT_IN_GUID, true},
        {2, {9, 9}, 2, ETWKIT_IN_UNICODESTRING, true},
        {2, {2}, 1, ETWKIT_IN_GUID, false},
        {3, {0, 0}, 2, ETWKIT_IN_GUID, true},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        etwkit_record record = record_of(&event_trace, 80, known[i].version);
        record.payload = known[i].payload;
        record.payload_size = known[i].size;
        CHECK_EQ_UINT(ek_classic_variant(&record),
                      known[i].size < 2 ? 0u : known[i].payload[0] + 256u * known[i].payload[1]);
        answer a;
        ask_record(&a, &record);
        REQUIRE(a.status == ETWKIT_OK);
        REQUIRE(field(&a, "PartitionId"));
        CHECK_EQ_UINT(field(&a, "PartitionId")->in_type, known[i].type);
        CHECK_EQ_INT(a.is.guessed, known[i].guessed);
        done(&a);
        record.opcode = 5;
        CHECK_EQ_UINT(ek_classic_variant(&record), 0);
    }
}

TEST(events_are_about_processes_and_threads) {
    answer a;
    ask(&a, &thread, 1, 3);
    REQUIRE(a.is.process_field && a.is.thread_field);
    CHECK_EQ_STR(a.is.process_field->name, "ProcessId");
    CHECK_EQ_STR(a.is.thread_field->name, "TThreadId");
    done(&a);
    ask(&a, &disk_io, 10, 3);
    CHECK(!a.is.process_field && a.is.thread_field && strcmp(a.is.thread_field->name, "IssuingThreadId") == 0);
    done(&a);
    ask(&a, &tcp_ip, 26, 2);
    CHECK(a.is.process_field && !a.is.thread_field && strcmp(a.is.process_field->name, "PID") == 0);
    done(&a);
    ask(&a, &event_trace, 0, 2);
    CHECK(!a.is.process_field && !a.is.thread_field);
    done(&a);
}

TEST(types_are_what_the_notation_says) {
    answer a;
    ask(&a, &tcp_ip, 26, 2);
    CHECK_EQ_UINT(field(&a, "daddr")->fixed_size[1], 16);
    CHECK_EQ_UINT(field(&a, "daddr")->out_type, ETWKIT_OUT_IPV6);
    CHECK_EQ_UINT(field(&a, "dport")->out_type, ETWKIT_OUT_PORT);
    CHECK_EQ_UINT(field(&a, "connid")->in_type, ETWKIT_IN_POINTER);
    done(&a);
    ask(&a, &process, 1, 4);
    CHECK_EQ_UINT(field(&a, "UserSID")->read, EK_READ_WBEM_SID);
    CHECK_EQ_UINT(field(&a, "ImageFileName")->in_type, ETWKIT_IN_ANSISTRING);
    CHECK(field(&a, "Flags")->map && etwkit_map_is_bitmap(field(&a, "Flags")->map));
    done(&a);
    ask(&a, &thread, 1, 3);
    CHECK(field(&a, "ThreadName")->flags & EK_FIELD_OPTIONAL);
    done(&a);
    ask(&a, &stack_walk, 32, 2);
    CHECK(field(&a, "Stack")->is_array && field(&a, "Stack")->flags & EK_FIELD_COUNT_REST);
    done(&a);
    ask(&a, &system_config, 22, 5);
    const etwkit_field *filters = field(&a, "LowerFilters");
    CHECK(filters->is_array && filters->flags & EK_FIELD_PARAM_COUNT);
    CHECK_EQ_STR(a.is.layout->fields[filters->count].name, "LowerFiltersCount");
    done(&a);
}

/* A payload of `layout`: every integer is 2, every text "ab", an array until the end has three elements. */
typedef struct maker {
    const ek_layout *layout;
    unsigned pointer_size;
    bool with_sid;
    size_t size;
    uint8_t data[8192];
} maker;

static void put(maker *m, const void *bytes, size_t size) {
    if (m->size + size > sizeof m->data) {
        test_fail(__FILE__, __LINE__, "the payload does not fit");
        return;
    }
    memcpy(m->data + m->size, bytes, size);
    m->size += size;
}

static void put_number(maker *m, size_t size) {
    static const uint8_t two[8] = {2};
    put(m, two, size);
}

static void put_zeros(maker *m, size_t size) {
    static const uint8_t zeros[1024];
    put(m, zeros, size);
}

static void put_sid(maker *m) {
    static const uint8_t sid[12] = {1, 1, 0, 0, 0, 0, 0, 5, 18}; /* S-1-5-18 */
    if (!m->with_sid) {
        put_zeros(m, 4);
        return;
    }
    put_number(m, m->pointer_size); /* TOKEN_USER */
    put_zeros(m, m->pointer_size);
    put(m, sid, sizeof sid);
}

static void put_value(maker *m, const etwkit_field *of) {
    size_t length = of->length ? of->length : 5;
    switch (of->in_type) {
    case ETWKIT_IN_INT8:
    case ETWKIT_IN_UINT8: put_number(m, 1); break;
    case ETWKIT_IN_INT16:
    case ETWKIT_IN_UINT16: put_number(m, 2); break;
    case ETWKIT_IN_INT32:
    case ETWKIT_IN_UINT32:
    case ETWKIT_IN_HEXINT32: put_number(m, 4); break;
    case ETWKIT_IN_INT64:
    case ETWKIT_IN_UINT64:
    case ETWKIT_IN_HEXINT64:
    case ETWKIT_IN_FILETIME: put_number(m, 8); break;
    case ETWKIT_IN_POINTER:
    case ETWKIT_IN_SIZET: put_number(m, m->pointer_size); break;
    case ETWKIT_IN_GUID: put_zeros(m, 16); break;
    case ETWKIT_IN_BINARY: put_zeros(m, length); break;
    case ETWKIT_IN_ANSISTRING: put(m, "ab", 3); break;
    case ETWKIT_IN_UNICODESTRING:
        if (of->length)
            put_zeros(m, 2 * length);
        else
            put(m, "a\0b\0\0", 6);
        break;
    case ETWKIT_IN_WBEMSID: put_sid(m); break;
    default: test_fail(__FILE__, __LINE__, "%s has a type that the test does not know: %u", of->name, of->in_type);
    }
}

static void put_field(maker *m, const etwkit_field *of) {
    size_t elements = of->flags & EK_FIELD_COUNT_REST    ? 3
                      : of->flags & EK_FIELD_PARAM_COUNT ? 2
                      : of->is_array                     ? of->count
                                                         : 1;
    for (size_t i = 0; i < elements; i++) {
        if (!of->member_count)
            put_value(m, of);
        for (size_t n = 0; n < of->member_count; n++)
            put_field(m, &m->layout->fields[of->first_member + n]);
    }
}

/* Walks a payload; returns the number of top-level fields met. */
static size_t walk_payload(etwkit_walk *walk, const etwkit_schema *schema, const etwkit_record *record) {
    etwkit_step step;
    size_t met = 0, depth = 0;
    etwkit_walk_begin(walk, schema, record);
    while (etwkit_walk_next(walk, &step) == ETWKIT_OK) {
        met += depth == 0 && step.kind != ETWKIT_STEP_ARRAY_END && step.kind != ETWKIT_STEP_STRUCT_END;
        if (step.kind == ETWKIT_STEP_ARRAY_BEGIN || step.kind == ETWKIT_STEP_STRUCT_BEGIN)
            depth++;
        else if (step.kind == ETWKIT_STEP_ARRAY_END || step.kind == ETWKIT_STEP_STRUCT_END)
            depth--;
    }
    CHECK_EQ_UINT(depth, 0);
    return met;
}

static void check_payload(const char *owner, const etwkit_schema *schema, etwkit_record *record, maker *m) {
    const uint8_t *rest;
    etwkit_walk walk;
    size_t visible = 0;
    m->size = 0;
    m->layout = schema->is.layout;
    m->pointer_size = record->pointer_size;
    for (size_t i = 0; i < m->layout->top_count; i++) {
        put_field(m, &m->layout->fields[i]);
        visible += !(m->layout->fields[i].flags & EK_FIELD_HIDDEN);
    }
    record->payload = m->data;
    record->payload_size = (uint32_t)m->size;
    int32_t fixed = m->layout->fixed_total[m->pointer_size == 8];
    size_t met = walk_payload(&walk, schema, record);
    if (met != visible || etwkit_walk_rest(&walk, &rest) != 0 || etwkit_walk_truncated(&walk) ||
        (fixed >= 0 && m->size != (size_t)fixed))
        test_fail(__FILE__, __LINE__, "%s type %u version %u, %u-byte pointers: %zu of %zu fields in %zu bytes", owner,
                  record->opcode, record->version, m->pointer_size, met, visible, m->size);
    for (record->payload_size = 0; record->payload_size < m->size; record->payload_size += 3)
        CHECK(walk_payload(&walk, schema, record) <= visible);
}

/* The stand-in for the traces that nobody has: every layout, both pointer sizes, with and without a SID, and cut short.
 */
TEST(made_payloads_are_read_to_their_end) {
    static maker m;
    for (size_t c = 0; c < ek_classic_class_count; c++) {
        const ek_classic_class *owner = &ek_classic_classes[c];
        for (size_t i = 0; i < owner->event_count; i++) {
            const ek_classic_event *event = &ek_classic_events[owner->first_event + i];
            uint8_t variant[2] = {(uint8_t)event->variant, (uint8_t)(event->variant >> 8)};
            etwkit_record record = record_of(&owner->id, event->opcode, event->version);
            record.payload = variant;
            record.payload_size = sizeof variant;
            answer a;
            ask_record(&a, &record);
            REQUIRE(a.status == ETWKIT_OK);
            etwkit_schema schema = {.is = a.is, .known = true, .classic = true};
            for (unsigned form = 0; form < 4; form++) {
                record.pointer_size = form & 1 ? 8 : 4;
                m.with_sid = form & 2;
                check_payload(ek_classic_texts + owner->name, &schema, &record, &m);
            }
            done(&a);
        }
    }
}

static bool describe_with(const etwkit_allocator *allocator, void *context) {
    ek_arena arena;
    ek_description description;
    ek_arena_init(&arena, allocator);
    etwkit_status status = ek_classic_describe(context, &arena, &description, NULL);
    ek_arena_free(&arena);
    return status != ETWKIT_E_NO_MEMORY;
}

TEST(memory_may_run_out) {
    etwkit_record known = record_of(&process, 1, 4), unknown = record_of(&process, 120, 4);
    CHECK_OOM(describe_with, &known);
    CHECK_OOM(describe_with, &unknown);
}

TEST_MAIN(CASE(every_event_has_a_layout), CASE(tables_are_sorted), CASE(fixed_layouts_have_the_size_of_real_payloads),
          CASE(the_header_event_has_its_offsets), CASE(events_have_names), CASE(providers_have_names),
          CASE(an_unknown_version_is_read_by_the_highest_lower_one), CASE(a_version_below_all_known_has_a_name_only),
          CASE(strangers_are_left_alone), CASE(the_payload_chooses_the_form_of_partition_information),
          CASE(events_are_about_processes_and_threads), CASE(types_are_what_the_notation_says),
          CASE(made_payloads_are_read_to_their_end), CASE(memory_may_run_out))
