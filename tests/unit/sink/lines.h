/* SPDX-License-Identifier: MIT */
/* Lines of a sink, written by hand-made events into memory. */
#ifndef EK_TEST_LINES_H
#define EK_TEST_LINES_H

#include "decode/made.h"
#include "schema/names.h"
#include "sink/sink.h"

/* A sink that keeps all it is given, and can refuse it. */
typedef struct lines_of {
    etwkit_sink *sink;
    char text[2 << 20];
    size_t size;
    size_t calls;
    etwkit_status refuse;
} lines_of;

static inline etwkit_status take_lines(void *context, const void *data, size_t size, etwkit_error *error) {
    lines_of *to = context;
    (void)error;
    to->calls++;
    if (to->refuse)
        return to->refuse;
    if (size > sizeof to->text - 1 - to->size)
        size = sizeof to->text - 1 - to->size;
    memcpy(to->text + to->size, data, size);
    to->size += size;
    to->text[to->size] = 0;
    return ETWKIT_OK;
}

static inline bool open_lines(lines_of *to, etwkit_format format, unsigned flags, const etwkit_allocator *allocator) {
    memset(to, 0, sizeof *to);
    etwkit_sink_options options = {sizeof options, allocator, format, flags, take_lines, to, 0, NULL};
    return etwkit_sink_open(&to->sink, &options, NULL) == ETWKIT_OK;
}

/* The names that a line shows. */
static inline bool name_schema(made *to, const char *provider, const char *event) {
    to->schema.is.provider_name = provider;
    to->schema.is.event_name = event;
    to->schema.provider_id = (etwkit_guid){{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    to->schema.event_id = 7;
    to->schema.level = 4;
    to->schema.keywords = 0x10;
    return ek_schema_write_head(&to->arena, &to->schema);
}

/* What ETWKIT_SINK_NAMES adds, one of them with what must be escaped, one not known, one empty. */
static inline bool name_numbers(made *to) {
    static const char *const keywords[] = {"Web", "\"x\"\x1B", NULL};
    to->schema.is.level_name = "Error";
    to->schema.is.opcode_name = NULL;
    to->schema.is.task_name = "Log \"in\"";
    to->schema.is.channel_name = "";
    to->schema.is.keyword_names = keywords;
    return ek_schema_write_head(&to->arena, &to->schema);
}

/* One event through the sink: its line, or lines. */
static inline const char *line_of(lines_of *to, const made *with, const etwkit_record *record) {
    ek_sink_event event = {record, &with->schema, -60, 0, NULL, 0};
    to->size = 0;
    to->text[0] = 0;
    CHECK_EQ_INT(ek_sink_append(to->sink, &event, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_sink_flush(to->sink, NULL), ETWKIT_OK);
    return to->text;
}

#define NOON INT64_C(129402576000000000) /* 2011-01-23T12:00:00Z */

#endif
