/* SPDX-License-Identifier: MIT */
/* The questions of fuzz_show.h. What they cost stays linear in the input, so that a slow input is the library's. */
#include "fuzz_show.h"

#include "fuzz.h"
#include "fuzz_text.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_ITEMS = 64,      /* asked for by index or type, each of which begins at the first */
    MOST_LOOKUPS = 32,    /* fields asked for one by one, each of which may be a walk */
    MOST_SHOWN = 4096,    /* fields, members, entries of a map */
    MOST_TEXT = 1 << 18,  /* bytes of one walk's texts */
    MOST_STEPS = 1 << 21, /* no payload has more: two for each byte and for each idle step */
    MOST_FRAMES = 64
};

static void check_inside(const etwkit_record *record, const uint8_t *data, size_t size) {
    FUZZ_CHECK(data >= record->data && data <= record->data + record->data_size);
    FUZZ_CHECK(size <= (size_t)(record->data + record->data_size - data));
}

void fuzz_show_record(const etwkit_record *record) {
    uint16_t type;
    const uint8_t *data;
    size_t size;
    if (record->data) {
        check_inside(record, record->payload, record->payload_size);
        check_inside(record, record->data + record->items_offset, record->items_size);
        check_inside(record, record->data + record->counters_offset, record->counters_size);
    }
    size_t count = 0;
    while (count < MOST_ITEMS && etwkit_record_item_at(record, count, &type, &data, &size) == ETWKIT_OK) {
        const uint8_t *first;
        size_t first_size;
        check_inside(record, data, size);
        FUZZ_CHECK(etwkit_record_item(record, (etwkit_item_type)type, &first, &first_size) == ETWKIT_OK);
        FUZZ_CHECK(first <= data);
        count++;
    }
    etwkit_guid id;
    uint64_t frames[MOST_FRAMES];
    size_t all = 0, none = 0;
    etwkit_status status = etwkit_record_related_activity(record, &id);
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_ABSENT);
    status = etwkit_record_stack(record, frames, MOST_FRAMES, &all);
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_ABSENT);
    FUZZ_CHECK(etwkit_record_stack(record, NULL, 0, &none) == status && (status || none == all));
}

static void check_name(const char *name) {
    if (name)
        FUZZ_CHECK(fuzz_is_utf8(name, strlen(name)));
}

static void show_map(const etwkit_map *map) {
    uint64_t value;
    const char *label;
    size_t count = etwkit_map_count(map);
    check_name(etwkit_map_name(map));
    (void)etwkit_map_is_bitmap(map);
    for (size_t i = 0; i < count && i < MOST_SHOWN; i++) {
        FUZZ_CHECK(etwkit_map_entry(map, i, &value, &label) == ETWKIT_OK);
        FUZZ_CHECK(label != NULL);
    }
    FUZZ_CHECK(etwkit_map_entry(map, count, &value, &label) != ETWKIT_OK);
}

static void show_field(const etwkit_field *field) {
    FUZZ_CHECK(field && etwkit_field_name(field));
    check_name(etwkit_field_name(field));
    (void)etwkit_field_in_type(field);
    (void)etwkit_field_out_type(field);
    (void)etwkit_field_is_array(field);
    (void)etwkit_field_tags(field);
    show_map(etwkit_field_map(field));
}

void fuzz_show_schema(const etwkit_schema *schema) {
    FUZZ_CHECK(etwkit_source_name(etwkit_schema_source(schema)) != NULL);
    FUZZ_CHECK(etwkit_schema_event_name(schema) != NULL);
    check_name(etwkit_schema_event_name(schema));
    check_name(etwkit_schema_provider_name(schema));
    check_name(etwkit_schema_task_name(schema));
    check_name(etwkit_schema_opcode_name(schema));
    check_name(etwkit_schema_level_name(schema));
    check_name(etwkit_schema_channel_name(schema));
    for (size_t i = 0; i < 70 && etwkit_schema_keyword_name(schema, i); i++)
        check_name(etwkit_schema_keyword_name(schema, i));
    size_t count = etwkit_schema_field_count(schema), shown = 0;
    for (size_t i = 0; i < count && i < MOST_LOOKUPS; i++) {
        const etwkit_field *field = etwkit_schema_field_at(schema, i);
        show_field(field);
        FUZZ_CHECK(etwkit_schema_field(schema, etwkit_field_name(field)) == field); /* names are unique */
        size_t members = etwkit_field_member_count(field);
        for (size_t m = 0; m < members && shown < MOST_SHOWN; m++, shown++)
            show_field(etwkit_field_member_at(field, m));
        FUZZ_CHECK(etwkit_field_member_at(field, members) == NULL);
    }
    FUZZ_CHECK(etwkit_schema_field_at(schema, count) == NULL);
}

static void show_text(const etwkit_value *value, unsigned options, size_t *budget) {
    size_t length = 0, again = 0;
    (void)etwkit_value_text(value, options, NULL, 0, &length);
    if (length > *budget)
        return;
    *budget -= length;
    uint8_t *text = fuzz_block(length);
    FUZZ_CHECK(etwkit_value_text(value, options, (char *)text, length, &again) == ETWKIT_OK && again == length);
    FUZZ_CHECK(fuzz_is_utf8((const char *)text, length));
    free(text);
    if (length == 0)
        return;
    text = fuzz_block(length - 1);
    FUZZ_CHECK(etwkit_value_text(value, options, (char *)text, length - 1, &again) == ETWKIT_E_RANGE);
    FUZZ_CHECK(again == length);
    free(text);
}

static bool is_answer(etwkit_status status) {
    return status == ETWKIT_OK || status == ETWKIT_E_TYPE || status == ETWKIT_E_RANGE || status == ETWKIT_ABSENT;
}

static void show_value(const etwkit_value *value, size_t *budget) {
    int64_t i64, filetime;
    uint64_t u64;
    double f64;
    bool truth;
    etwkit_guid guid;
    const char *label;
    etwkit_status as_i64 = etwkit_value_i64(value, &i64), as_u64 = etwkit_value_u64(value, &u64),
                  as_f64 = etwkit_value_f64(value, &f64), as_bool = etwkit_value_bool(value, &truth),
                  as_guid = etwkit_value_guid(value, &guid), as_time = etwkit_value_time(value, &filetime),
                  as_label = etwkit_value_label(value, &label);
    FUZZ_CHECK(is_answer(as_i64) && is_answer(as_u64) && is_answer(as_f64) && is_answer(as_bool));
    FUZZ_CHECK(is_answer(as_guid) && is_answer(as_time) && is_answer(as_label));
    switch (etwkit_value_get_type(value)) {
    case ETWKIT_VALUE_INT: FUZZ_CHECK(as_i64 == ETWKIT_OK); break;
    case ETWKIT_VALUE_UINT: FUZZ_CHECK(as_u64 == ETWKIT_OK); break;
    case ETWKIT_VALUE_FLOAT: FUZZ_CHECK(as_f64 == ETWKIT_OK); break;
    case ETWKIT_VALUE_BOOL: FUZZ_CHECK(as_bool == ETWKIT_OK); break;
    case ETWKIT_VALUE_GUID: FUZZ_CHECK(as_guid == ETWKIT_OK); break;
    default: break;
    }
    if (as_i64 == ETWKIT_OK && as_u64 == ETWKIT_OK)
        FUZZ_CHECK(i64 >= 0 && (uint64_t)i64 == u64);
    show_text(value, 0, budget);
    if (as_label == ETWKIT_OK)
        show_text(value, ETWKIT_TEXT_NUMERIC, budget);
}

/* What stands open in a walk: a struct or an array each. */
typedef struct nesting {
    uint64_t arrays; /* a bit each */
    unsigned depth;
} nesting;

static void open_one(nesting *open, bool array) {
    FUZZ_CHECK(open->depth < 2 * (ETWKIT_WALK_DEPTH + 1));
    open->arrays = open->arrays << 1 | array;
    open->depth++;
}

static void close_one(nesting *open, bool array) {
    FUZZ_CHECK(open->depth > 0 && (open->arrays & 1) == array);
    open->arrays >>= 1;
    open->depth--;
}

static void check_value(const etwkit_record *record, const etwkit_value *value) {
    FUZZ_CHECK(value->field != NULL);
    if (record->payload && value->size) {
        FUZZ_CHECK(value->data >= record->payload);
        FUZZ_CHECK(value->data + value->size <= record->payload + record->payload_size);
    }
}

static void check_lookup(const etwkit_record *record, const etwkit_schema *schema, const etwkit_value *value) {
    etwkit_value again;
    FUZZ_CHECK(etwkit_record_value(record, schema, value->field, &again) == ETWKIT_OK);
    FUZZ_CHECK(again.data == value->data && again.size == value->size && again.in_type == value->in_type);
}

void fuzz_show_values(const etwkit_record *record, const etwkit_schema *schema) {
    etwkit_walk walk;
    etwkit_step step;
    nesting open = {0, 0};
    size_t budget = MOST_TEXT, steps = 0, lookups = 0;
    etwkit_walk_begin(&walk, schema, record);
    for (; etwkit_walk_next(&walk, &step) == ETWKIT_OK; steps++) {
        FUZZ_CHECK(steps < MOST_STEPS && step.field != NULL);
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            check_value(record, &step.value);
            show_value(&step.value, &budget);
            if (open.depth == 0 && lookups++ < MOST_LOOKUPS)
                check_lookup(record, schema, &step.value);
            break;
        case ETWKIT_STEP_ARRAY_BEGIN: open_one(&open, true); break;
        case ETWKIT_STEP_ARRAY_END: close_one(&open, true); break;
        case ETWKIT_STEP_STRUCT_BEGIN: open_one(&open, false); break;
        case ETWKIT_STEP_STRUCT_END: close_one(&open, false); break;
        }
    }
    FUZZ_CHECK(open.depth == 0);
    FUZZ_CHECK(etwkit_walk_next(&walk, &step) == ETWKIT_END);
    const uint8_t *rest;
    size_t rest_size = etwkit_walk_rest(&walk, &rest);
    FUZZ_CHECK(rest_size <= record->payload_size);
    (void)etwkit_walk_truncated(&walk);
    for (size_t i = 0; i < MOST_LOOKUPS && i < etwkit_schema_field_count(schema); i++) {
        etwkit_value value;
        if (etwkit_record_value(record, schema, etwkit_schema_field_at(schema, i), &value) == ETWKIT_OK)
            check_value(record, &value);
    }
}

/* A piece is made of whole lines: the sink flushes between events. */
static etwkit_status check_piece(void *context, const void *data, size_t size, etwkit_error *error) {
    fuzz_sink *to = context;
    size_t lines = 0;
    (void)error;
    FUZZ_CHECK(size > 0);
    if (to->is_jsonl)
        FUZZ_CHECK(fuzz_is_jsonl(data, size, &lines));
    else
        FUZZ_CHECK(fuzz_is_plain_text(data, size, to->color));
    to->bytes += size;
    to->lines += lines;
    return ETWKIT_OK;
}

etwkit_status fuzz_sink_open(fuzz_sink *to, etwkit_format format, unsigned flags, const etwkit_allocator *allocator) {
    *to = (fuzz_sink){.is_jsonl = format == ETWKIT_FORMAT_JSONL, .color = (flags & ETWKIT_SINK_COLOR) != 0};
    etwkit_sink_options options = {
        .struct_size = sizeof options,
        .allocator = allocator,
        .format = format,
        .flags = flags,
        .write = check_piece,
        .context = to,
    };
    return etwkit_sink_open(&to->sink, &options, NULL);
}
