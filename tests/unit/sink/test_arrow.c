/* SPDX-License-Identifier: MIT */
/* Arrow: which type a field gets, how types are widened, what columns hold, and what streams own. */
#include "decode/made.h"
#include "oom.h"
#include "sink/arrays.h"
#include "sink/arrow_inside.h"

#include <etwkit/writer.h>

#define UNION(a, b, want)                                            \
    do {                                                             \
        ek_arrow_type widened;                                       \
        CHECK(ek_arrow_widen(EK_ARROW_##a, EK_ARROW_##b, &widened)); \
        CHECK_EQ_STR(ek_arrow_forms[widened].name, (want));          \
        CHECK(ek_arrow_widen(EK_ARROW_##b, EK_ARROW_##a, &widened)); \
        CHECK_EQ_STR(ek_arrow_forms[widened].name, (want));          \
    } while (0)

TEST(types_are_widened) {
    UNION(NULL, UUID, "uuid");
    UNION(NULL, LIST, "list");
    UNION(BOOL, UINT8, "uint8");
    UNION(BOOL, INT64, "int64");
    UNION(INT8, INT32, "int32");
    UNION(UINT8, UINT64, "uint64");
    UNION(UINT8, INT8, "int16");
    UNION(UINT32, INT16, "int64");
    UNION(UINT16, INT32, "int32");
    UNION(UINT64, INT8, "utf8");
    UNION(FLOAT, DOUBLE, "float64");
    UNION(FLOAT, UINT32, "float64");
    UNION(DOUBLE, INT64, "utf8");
    UNION(LABELS, UINT32, "dictionary of labels");
    UNION(LABELS, TEXT, "utf8");
    UNION(TIME, INT64, "utf8");
    UNION(BINARY, TEXT, "utf8");
    ek_arrow_type both;
    CHECK(!ek_arrow_widen(EK_ARROW_LIST, EK_ARROW_TEXT, &both));
    CHECK(!ek_arrow_widen(EK_ARROW_UINT8, EK_ARROW_STRUCT, &both));
    CHECK(!ek_arrow_widen(EK_ARROW_LIST, EK_ARROW_STRUCT, &both));
}

/* Columns that events made by hand go into. */
typedef struct filling {
    made made;
    ek_arrow_plan plan;
    ek_arrow_filler filler;
    ek_arrow_kind kind;
    ek_arrow_column *columns[64];
    struct ArrowSchema schema;
    struct ArrowArray array;
    size_t rows;
} filling;

static void bind(filling *to, const ek_arrow_node *parent, const ek_layout *layout, size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) {
        const etwkit_field *field = &layout->fields[i];
        const ek_arrow_node *node = ek_arrow_node_of(&to->plan, parent, field);
        if (!node)
            continue;
        to->columns[i] = &to->filler.columns[node->index];
        if (field->read == EK_READ_STRUCT)
            bind(to, ek_arrow_is_list(field) ? node->first : node, layout, field->first_member, field->member_count);
    }
}

static bool begin(filling *to, const ek_field_spec *specs, size_t count, size_t top, bool numeric) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    memset(to, 0, sizeof *to);
    if (!make(&to->made, specs, count, top))
        return false;
    to->made.schema.is.event_name = "Made";
    bool good = ek_arrow_plan_init(&to->plan, &allocator, numeric) &&
                ek_arrow_plan_schema(&to->plan, &to->made.schema, &to->made.error) == ETWKIT_OK;
    to->filler.columns = good ? ek_arrow_columns_new(&to->plan, &allocator) : NULL;
    ek_buf_init(&to->filler.scratch, &allocator);
    to->kind = (ek_arrow_kind){.schema = &to->made.schema, .columns = to->columns};
    if (to->filler.columns)
        bind(to, to->plan.root, to->made.schema.is.layout, 0, top);
    return to->filler.columns && ek_arrow_write_schema(&to->plan, &allocator, &to->schema);
}

static void add(filling *to, const void *payload, size_t size) {
    etwkit_record record = record_of(payload, size, 8);
    ek_arrow_event event = {.record = &record, .kind = &to->kind};
    ek_arrow_fill_fields(&to->filler, &event, to->rows++);
    release_record(&record);
}

#define ADD(to, payload) add((to), (payload), sizeof(payload) - 1)

static const struct ArrowArray *column(filling *to, const char *name) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    if (!to->array.release) {
        CHECK(ek_arrow_hand_out(to->filler.columns, to->rows, &allocator, &to->array));
        CHECK(check_array(&to->schema, &to->array));
    }
    static const struct ArrowArray none;
    const struct ArrowArray *found = column_named(&to->schema, &to->array, name);
    CHECK(found != NULL);
    return found ? found : &none;
}

static void end(filling *to) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    if (to->array.release)
        to->array.release(&to->array);
    if (to->schema.release)
        to->schema.release(&to->schema);
    ek_arrow_columns_free(to->filler.columns, to->plan.node_count, &allocator);
    ek_buf_free(&to->filler.scratch);
    ek_arrow_plan_free(&to->plan);
    unmake(&to->made);
}

TEST(values_of_all_kinds) {
    static const ek_field_spec specs[] = {
        SPEC("U", .in_type = ETWKIT_IN_UINT32),
        SPEC("I", .in_type = ETWKIT_IN_INT16),
        SPEC("P", .in_type = ETWKIT_IN_POINTER),
        SPEC("H", .in_type = ETWKIT_IN_INT32, .out_type = ETWKIT_OUT_HRESULT),
        SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("S", .in_type = ETWKIT_IN_ANSISTRING),
        SPEC("F", .in_type = ETWKIT_IN_FLOAT),
        SPEC("B", .in_type = ETWKIT_IN_BOOLEAN),
        SPEC("T", .in_type = ETWKIT_IN_FILETIME),
        SPEC("G", .in_type = ETWKIT_IN_GUID),
        SPEC("Port", .in_type = ETWKIT_IN_UINT16, .out_type = ETWKIT_OUT_PORT),
        SPEC("IP", .in_type = ETWKIT_IN_UINT32, .out_type = ETWKIT_OUT_IPV4),
        SPEC("N", .in_type = ETWKIT_IN_NULL),
        SPEC("X", .in_type = ETWKIT_IN_BINARY, .length = 2),
    };
    filling f;
    REQUIRE(begin(&f, specs, COUNT(specs), COUNT(specs), false));
    CHECK_EQ_STR(f.schema.format, "+s");
    ADD(&f, "\1\0\0\0\xFE\xFF\x10\0\0\0\0\0\0\0\5\0\7\x80"
            "a\0\xE4\0\0\0c:\\x\0\0\0\xC0\x3F\1\0\0\0\0\x80\x3E\xD5\xDE\xB1\x9D\1"
            "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\0\x50\x7F\0\0\1\xAB\xCD");
    ADD(&f, "\2\0\0\0"); /* ends early */
    ADD(&f, "\3\0\0\0\1\0\x10\0\0\0\0\0\0\0\5\0\7\x80"
            "\0\0\0\0\0\xC0\x3F\0\0\0\0\0\0\0\0\0\0\0\0"); /* and a time that is none */
    CHECK_EQ_UINT(number_at(column(&f, "U"), 2, 4), 3);
    CHECK_EQ_INT((int16_t)number_at(column(&f, "I"), 0, 2), -2);
    CHECK(!is_valid_at(column(&f, "I"), 1));
    CHECK_EQ_UINT(number_at(column(&f, "P"), 0, 8), 16);
    CHECK_EQ_UINT(number_at(column(&f, "H"), 0, 4), 0x80070005);
    CHECK_EQ_STR(text_at(column(&f, "W"), 0), "a\xC3\xA4");
    CHECK_EQ_STR(text_at(column(&f, "W"), 2), "");
    CHECK_EQ_STR(text_at(column(&f, "S"), 0), "c:\\x");
    CHECK_EQ_STR(text_at(column(&f, "S"), 1), "(null)");
    CHECK_EQ_UINT(number_at(column(&f, "F"), 0, 4), 0x3FC00000);
    CHECK(bool_at(column(&f, "B"), 0) && !bool_at(column(&f, "B"), 2) && !is_valid_at(column(&f, "B"), 1));
    CHECK_EQ_INT((int64_t)number_at(column(&f, "T"), 0, 8), INT64_C(0)); /* 1970 */
    CHECK(is_valid_at(column(&f, "T"), 0) && !is_valid_at(column(&f, "T"), 2));
    CHECK_EQ_UINT(f.filler.times_null, 1);
    CHECK_EQ_UINT(f.filler.values_null, 0);
    CHECK_EQ_MEM(column(&f, "G")->buffers[1], "\4\3\2\1\6\5\10\7\11\12\13\14\15\16\17\20", 16);
    CHECK_EQ_UINT(number_at(column(&f, "Port"), 0, 2), 80);
    CHECK_EQ_STR(text_at(column(&f, "IP"), 0), "127.0.0.1");
    CHECK_EQ_INT(column(&f, "N")->n_buffers, 0);
    CHECK_EQ_MEM(column(&f, "X")->buffers[2], "\xAB\xCD", 2);
    end(&f);
}

TEST(lists_and_structs) {
    static const ek_field_spec specs[] = {
        SPEC("a", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 1),
        SPEC("l", .flags = EK_FIELD_STRUCT | EK_FIELD_COUNT_REST, .first_member = 4, .member_count = 2),
        SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("v", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_PARAM_COUNT, .count = 4),
    };
    filling f;
    REQUIRE(begin(&f, specs, COUNT(specs), 3, false));
    ADD(&f, "\2\0\1\2\3\1a\0\0\2b\0c\0");
    ADD(&f, "\0\0\3");
    ADD(&f, "\1\0");
    ADD(&f, "");
    ADD(&f, "\1\0\7\4\1z\0");
    const struct ArrowArray *a = column(&f, "a"), *s = column(&f, "s"), *l = column(&f, "l");
    CHECK_EQ_MEM(a->children[0]->buffers[1], "\1\2\7", 3);
    CHECK_EQ_INT(offset_at(a, 1), 2);
    CHECK(is_valid_at(a, 1) && offset_at(a, 2) == 2); /* empty */
    CHECK(is_valid_at(a, 2) && offset_at(a, 3) == 2); /* cut */
    CHECK(!is_valid_at(a, 3));
    CHECK_EQ_UINT(number_at(s->children[0], 0, 1), 3);
    CHECK(!is_valid_at(s, 2) && !is_valid_at(s, 3) && number_at(s->children[0], 4, 1) == 4);
    CHECK_EQ_INT(offset_at(l, 1), 3);
    const struct ArrowArray *v = l->children[0]->children[1];
    CHECK_EQ_INT(offset_at(v, 1), 1);
    CHECK_EQ_INT(offset_at(v, 2), 1);
    CHECK_EQ_INT(offset_at(v, 3), 3);
    CHECK_EQ_STR(text_at(v->children[0], 2), "c");
    CHECK_EQ_STR(text_at(v->children[0], 3), "z");
    end(&f);
}

TEST(labels) {
    static const ek_map_entry bits[] = {{1, "one"}, {2, "two"}};
    static const ek_map_entry words[] = {{5, "five"}};
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec specs[] = {SPEC("B", .in_type = ETWKIT_IN_UINT32, .map = ek_map_build(&arena, "b", true, bits, 2)),
                             SPEC("V", .in_type = ETWKIT_IN_UINT8, .map = ek_map_build(&arena, "v", false, words, 1))};
    filling f;
    REQUIRE(begin(&f, specs, 2, 2, false));
    ADD(&f, "\7\0\0\0\5");
    ADD(&f, "\4\0\0\0\6");
    ADD(&f, "\7\0\0\0");
    CHECK_EQ_STR(label_at(column(&f, "B"), 0), "one|two|0x4");
    CHECK_EQ_STR(label_at(column(&f, "B"), 1), "4");
    CHECK_EQ_STR(label_at(column(&f, "B"), 2), "one|two|0x4");
    CHECK_EQ_INT(column(&f, "B")->dictionary->length, 2);
    CHECK_EQ_STR(label_at(column(&f, "V"), 0), "five");
    CHECK_EQ_STR(label_at(column(&f, "V"), 1), "6");
    CHECK_EQ_STR(label_at(column(&f, "V"), 2), "(null)");
    end(&f);
    REQUIRE(begin(&f, specs, 2, 2, true));
    ADD(&f, "\7\0\0\0\5");
    CHECK_EQ_UINT(number_at(column(&f, "B"), 0, 4), 7);
    end(&f);
    ek_arena_free(&arena);
}

static const ek_field_spec first_version[] = {
    SPEC("Id", .in_type = ETWKIT_IN_UINT32),
    SPEC("Flag", .in_type = ETWKIT_IN_BOOLEAN),
    SPEC("Gone", .in_type = ETWKIT_IN_UINT8),
};

TEST(versions_are_joined_by_name) {
    static const ek_field_spec specs[] = {
        SPEC("New", .in_type = ETWKIT_IN_ANSISTRING),
        SPEC("Id", .in_type = ETWKIT_IN_INT32),
        SPEC("Flag", .in_type = ETWKIT_IN_UINT8),
    };
    static const ek_field_spec other[] = {SPEC("Id", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16)};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    made one, two, three;
    ek_arrow_plan plan;
    etwkit_error error = {0};
    REQUIRE(make(&one, first_version, 3, 3) && make(&two, specs, 3, 3) && make(&three, other, 1, 1));
    one.schema.is.event_name = two.schema.is.event_name = three.schema.is.event_name = "Event";
    three.schema.version = 3;
    REQUIRE(ek_arrow_plan_init(&plan, &allocator, false));
    CHECK_EQ_INT(ek_arrow_plan_schema(&plan, &one.schema, &error), ETWKIT_OK);
    CHECK_EQ_INT(ek_arrow_plan_schema(&plan, &two.schema, &error), ETWKIT_OK);
    const ek_arrow_node *node = plan.root->first;
    static const char *const want[][2] = {{"Id", "int64"}, {"Flag", "uint8"}, {"Gone", "uint8"}, {"New", "utf8"}};
    for (size_t i = 0; i < 4 && node; i++, node = node->next) {
        CHECK_EQ_STR(node->name, want[i][0]);
        CHECK_EQ_STR(ek_arrow_forms[node->type].name, want[i][1]);
    }
    CHECK(node == NULL && plan.root->child_count == 4);
    CHECK_EQ_INT(ek_arrow_plan_schema(&plan, &three.schema, &error), ETWKIT_E_TYPE);
    CHECK_EQ_STR(error.message,
                 "the field Id is int64 in Event, version 0, and list in Event, version 3: no one column "
                 "holds both; a filter can choose one of these events, and properties shows all");
    CHECK(ek_arrow_node_of(&plan, plan.root, field_of(&one, 0)) == plan.root->first);
    CHECK(ek_arrow_node_of(&plan, plan.root, field_of(&three, 0)) == NULL);
    ek_arrow_plan_free(&plan);
    unmake(&one);
    unmake(&two);
    unmake(&three);
}

TEST(names_stay_unique) {
    static const ek_field_spec specs[] = {SPEC("timestamp", .in_type = ETWKIT_IN_UINT8),
                                          SPEC("timestamp_2", .in_type = ETWKIT_IN_UINT8)};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    made with;
    ek_arrow_plan plan;
    bool known;
    REQUIRE(make(&with, specs, 2, 2));
    with.schema.is.event_name = "Event";
    REQUIRE(ek_arrow_plan_init(&plan, &allocator, false));
    CHECK(ek_arrow_add_header(&plan, "timestamp", &known));
    CHECK(!ek_arrow_add_header(&plan, "nothing", &known) && !known);
    CHECK_EQ_INT(ek_arrow_plan_schema(&plan, &with.schema, NULL), ETWKIT_OK);
    CHECK_EQ_STR(plan.root->first->name, "timestamp");
    CHECK_EQ_STR(plan.root->first->next->name, "timestamp_2");
    CHECK_EQ_STR(plan.root->last->name, "timestamp_2_2");
    CHECK(ek_arrow_node_of(&plan, plan.root, field_of(&with, 1)) == plan.root->last);
    ek_arrow_plan_free(&plan);
    unmake(&with);
}

/* --- whole streams, of a trace with classic events */

#define EVENTS 300
#define ROWS (EVENTS + 1) /* with the trace's own header event */

static etwkit_writer *write_trace(void) {
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .buffer_size = 4096,
                                     .processor_count = 1,
                                     .start_time = INT64_C(132500000000000000),
                                     .start_ticks = 1000};
    etwkit_writer *writer = NULL;
    static const uint8_t payload[64] = {4, 0, 0, 0, 8};
    if (etwkit_writer_open_memory(&writer, &options, NULL))
        return NULL;
    for (int64_t i = 0; i < EVENTS; i++) {
        etwkit_record record = {.header_kind = ETWKIT_HEADER_SYSTEM64,
                                .raw_timestamp = 1000 + i,
                                .version = 3,
                                .opcode = i % 3 ? 1 : 2,
                                .process_id = i % 2 ? 4 : ETWKIT_NO_ID,
                                .thread_id = 8,
                                .payload = payload,
                                .payload_size = sizeof payload};
        (void)etwkit_guid_parse(&record.provider_id, "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c");
        if (etwkit_writer_record(writer, &record, NULL, 0, NULL))
            etwkit_writer_close(&writer);
    }
    if (writer && etwkit_writer_finish(writer, 3000, NULL))
        etwkit_writer_close(&writer);
    return writer;
}

/* Reads a stream to its end; its rows, or -1. */
static int64_t read_all(etwkit_arrow *arrow) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    int64_t rows = 0;
    if (etwkit_arrow_stream(arrow, &stream, NULL))
        return stream.release ? -2 : -1;
    bool good = stream.get_schema(&stream, &schema) == 0;
    while (good && (good = stream.get_next(&stream, &array) == 0) && array.release) {
        rows += array.length;
        good = check_array(&schema, &array);
        array.release(&array);
    }
    if (!good && !stream.get_last_error(&stream) && schema.release)
        rows = -2;
    if (schema.release)
        schema.release(&schema);
    stream.release(&stream);
    return good ? rows : rows == -2 ? -2 : -1;
}

TEST(streams_give_all_rows) {
    etwkit_writer *writer = write_trace();
    size_t size;
    const void *data = writer ? etwkit_writer_memory(writer, &size) : NULL;
    REQUIRE(data != NULL);
    static const size_t batch_rows[] = {0, 1, 64, EVENTS};
    for (size_t i = 0; i < COUNT(batch_rows); i++) {
        etwkit_arrow_options options = {.struct_size = sizeof options, .batch_rows = batch_rows[i]};
        etwkit_arrow *arrow;
        REQUIRE(etwkit_arrow_open_memory(&arrow, data, size, NULL, &options, NULL) == ETWKIT_OK);
        CHECK_EQ_INT(read_all(arrow), ROWS);
        CHECK_EQ_INT(read_all(arrow), ROWS);
        CHECK_EQ_UINT(etwkit_arrow_get_stats(arrow).rows, 2 * ROWS);
        etwkit_arrow_close(&arrow);
        options.event = "Thread/Start";
        REQUIRE(etwkit_arrow_open_memory(&arrow, data, size, NULL, &options, NULL) == ETWKIT_OK);
        CHECK_EQ_INT(read_all(arrow), EVENTS * 2 / 3);
        CHECK_EQ_UINT(etwkit_arrow_get_stats(arrow).selected, EVENTS * 2 / 3);
        etwkit_arrow_close(&arrow);
    }
    etwkit_writer_close(&writer);
}

/* Columns may be moved out of their batch, and outlive it, the stream and the recipe. */
TEST(columns_outlive_what_they_are_of) {
    etwkit_writer *writer = write_trace();
    size_t size;
    const void *data = writer ? etwkit_writer_memory(writer, &size) : NULL;
    REQUIRE(data != NULL);
    etwkit_filter *filter = etwkit_filter_event_name(NULL, "Thread/*");
    etwkit_trace_options trace = ETWKIT_TRACE_OPTIONS;
    trace.filter = filter;
    etwkit_arrow_options options = {.struct_size = sizeof options, .trace = &trace};
    etwkit_arrow *arrow;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema, moved_schema;
    struct ArrowArray array, moved;
    REQUIRE(etwkit_arrow_open_memory(&arrow, data, size, NULL, &options, NULL) == ETWKIT_OK);
    etwkit_filter_free(filter); /* a share is kept */
    REQUIRE(etwkit_arrow_stream(arrow, &stream, NULL) == ETWKIT_OK);
    etwkit_arrow_close(&arrow);
    etwkit_writer_close(&writer); /* and with it the data */
    REQUIRE(stream.get_schema(&stream, &schema) == 0 && stream.get_next(&stream, &array) == 0);
    stream.release(&stream);
    CHECK(stream.release == NULL);
    CHECK(check_array(&schema, &array));
    moved = *array.children[3];
    moved_schema = *schema.children[3];
    array.children[3]->release = NULL;
    schema.children[3]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CHECK(array.release == NULL && schema.release == NULL);
    CHECK_EQ_STR(moved_schema.name, "event_name");
    CHECK_EQ_STR(label_at(&moved, 1), "Thread/Start");
    CHECK_EQ_STR(label_at(&moved, 0), "Thread/End");
    CHECK(check_array(&moved_schema, &moved));
    moved.release(&moved);
    moved_schema.release(&moved_schema);
}

TEST(what_is_refused) {
    static const char *const columns[] = {"timestamp", "nothing"};
    etwkit_arrow_options options = {.struct_size = sizeof options, .columns = columns, .column_count = 2};
    etwkit_error error = {0};
    etwkit_arrow *arrow;
    const char *path = "no/such.etl";
    CHECK_EQ_INT(etwkit_arrow_open(&arrow, &path, 1, &options, &error), ETWKIT_E_INVALID);
    CHECK(arrow == NULL && strstr(error.message, "nothing"));
    CHECK_EQ_INT(etwkit_arrow_open(&arrow, &path, 0, NULL, &error), ETWKIT_E_INVALID);
    REQUIRE(etwkit_arrow_open(&arrow, &path, 1, NULL, &error) == ETWKIT_OK);
    struct ArrowArrayStream stream;
    CHECK_EQ_INT(etwkit_arrow_stream(arrow, &stream, &error), ETWKIT_E_NOT_FOUND);
    CHECK(stream.release == NULL);
    etwkit_arrow_close(&arrow);
    CHECK(arrow == NULL);
    etwkit_arrow_close(&arrow);
}

typedef struct streamed {
    const void *data;
    size_t size;
    const char *event;
} streamed;

static bool streams(const etwkit_allocator *allocator, void *context) {
    const streamed *of = context;
    etwkit_trace_options trace = ETWKIT_TRACE_OPTIONS;
    trace.allocator = allocator;
    etwkit_arrow_options options = {.struct_size = sizeof options, .trace = &trace, .event = of->event};
    options.flags = ETWKIT_ARROW_PAYLOAD | ETWKIT_ARROW_MESSAGE | ETWKIT_ARROW_REST | ETWKIT_ARROW_TRUNCATED;
    options.batch_rows = 100;
    etwkit_arrow *arrow;
    if (etwkit_arrow_open_memory(&arrow, of->data, of->size, NULL, &options, NULL))
        return false;
    int64_t rows = read_all(arrow);
    CHECK(rows != -2); /* an error without its sentence, or a stream left behind */
    etwkit_arrow_close(&arrow);
    return rows == ROWS;
}

TEST(memory_may_run_out_anywhere) {
    etwkit_writer *writer = write_trace();
    streamed of = {NULL, 0, NULL};
    of.data = writer ? etwkit_writer_memory(writer, &of.size) : NULL;
    REQUIRE(of.data != NULL);
    CHECK_OOM(streams, &of);
    of.event = "*";
    CHECK_OOM(streams, &of);
    etwkit_writer_close(&writer);
}

TEST_MAIN(CASE(types_are_widened), CASE(values_of_all_kinds), CASE(lists_and_structs), CASE(labels),
          CASE(versions_are_joined_by_name), CASE(names_stay_unique), CASE(streams_give_all_rows),
          CASE(columns_outlive_what_they_are_of), CASE(what_is_refused), CASE(memory_may_run_out_anywhere))
