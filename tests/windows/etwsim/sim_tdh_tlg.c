/* SPDX-License-Identifier: MIT */
/*
 * What TraceLogging events say of themselves, in the items of each: names and fields, but no arrays or structures.
 * That they do: https://learn.microsoft.com/windows/win32/api/evntcons/ns-evntcons-event_header_extended_data_item
 */
#include "sim_tdh.h"

#include <string.h>

enum {
    FIELDS = 64,
    MORE_FOLLOWS = 0x80, /* in the byte of a field's in type, and of its out type */
    COUNT_OR_CUSTOM = 0x60,
    IN_TYPE = 0x1F,
    OUT_TYPE = 0x7F
};

/* Good until the thread asks for another event. */
static __thread sim_tdh_provider provider;
static __thread sim_tdh_event event;
static __thread sim_tdh_field fields[FIELDS];

typedef struct sim_cursor {
    const char *at, *end;
} sim_cursor;

static UCHAR take_byte(sim_cursor *cursor) {
    return cursor->at < cursor->end ? (UCHAR)*cursor->at++ : 0;
}

/* Tags are bytes of which all but the last have the uppermost bit. */
static void skip_tags(sim_cursor *cursor) {
    while (take_byte(cursor) & MORE_FOLLOWS)
        ;
}

static const char *take_text(sim_cursor *cursor) {
    const char *text = cursor->at;
    while (cursor->at < cursor->end)
        if (!*cursor->at++)
            return text;
    return NULL;
}

static bool take_field(sim_cursor *cursor, sim_tdh_field *field) {
    memset(field, 0, sizeof *field);
    field->name = take_text(cursor);
    const UCHAR in_type = take_byte(cursor), out_type = in_type & MORE_FOLLOWS ? take_byte(cursor) : 0;
    if (out_type & MORE_FOLLOWS)
        skip_tags(cursor);
    field->in_type = in_type & IN_TYPE;
    field->out_type = out_type & OUT_TYPE;
    field->count = 1;
    return field->name && !(in_type & COUNT_OR_CUSTOM) && field->in_type != SIM_IN_TLG_STRUCT;
}

/* Metadata begin with their size. */
static bool find_item(const EVENT_RECORD *record, USHORT type, sim_cursor *cursor) {
    for (USHORT i = 0; i < record->ExtendedDataCount; i++) {
        const EVENT_HEADER_EXTENDED_DATA_ITEM *item = &record->ExtendedData[i];
        if (item->ExtType != type || item->DataSize < 3)
            continue;
        const char *data = (const char *)(ULONG_PTR)item->DataPtr; // NOLINT(performance-no-int-to-ptr)
        *cursor = (struct sim_cursor){data + 2, data + item->DataSize};
        return true;
    }
    return false;
}

const sim_tdh_event *sim_tdh_tracelogging(const EVENT_RECORD *record, const sim_tdh_provider **of) {
    sim_cursor schema, traits;
    if (!find_item(record, SIM_ITEM_EVENT_SCHEMA_TL, &schema))
        return NULL;
    memset(&provider, 0, sizeof provider);
    memset(&event, 0, sizeof event);
    provider.guid = record->EventHeader.ProviderId;
    provider.name = find_item(record, SIM_ITEM_PROV_TRAITS, &traits) ? take_text(&traits) : NULL;
    event.descriptor = record->EventHeader.EventDescriptor;
    event.tracelogging = true;
    skip_tags(&schema);
    event.name = take_text(&schema);
    while (schema.at < schema.end && event.field_count < FIELDS) {
        sim_tdh_field *field = &fields[event.field_count];
        if (!take_field(&schema, field))
            return NULL;
        if (event.field_count)
            field[-1].next = field;
        event.field_count++;
    }
    event.fields = event.field_count ? fields : NULL;
    *of = &provider;
    return event.name ? &event : NULL;
}
