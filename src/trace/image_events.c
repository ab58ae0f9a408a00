/* SPDX-License-Identifier: MIT */
/* What events say of images and of the begin of processes. Read without schemas, since it is read before those. */
#include "base/cursor.h"
#include "base/guid.h"
#include "base/utf.h"
#include "trace/images.h"
#include "trace/process_ids.h"

static const etwkit_guid image_class = EK_IMAGE_CLASS;
static const etwkit_guid process_class = EK_PROCESS_CLASS;
static const etwkit_guid process_provider = EK_PROCESS_PROVIDER;

enum { /* opcodes of the classes */
    PROCESS_START = 1,
    IMAGE_UNLOAD = 2,
    IMAGE_DC_START = 3,
    IMAGE_DC_END = 4,
    IMAGE_LOAD = 10
};
enum { /* events of the provider */
    EVENT_PROCESS_START = 1,
    EVENT_IMAGE_LOAD = 5,
    EVENT_IMAGE_UNLOAD = 6
};
enum { /* bytes between the ids of an image and its name, pointers apart */
    CLASSIC_V2 = 28,
    EVENT_V0 = 8
};

bool ek_image_may_be_fact(const etwkit_guid *provider, uint16_t event_id) {
    if (ek_guid_equal(provider, &process_provider))
        return event_id == EVENT_PROCESS_START || event_id == EVENT_IMAGE_LOAD || event_id == EVENT_IMAGE_UNLOAD;
    return ek_guid_equal(provider, &image_class) || ek_guid_equal(provider, &process_class);
}

static uint64_t read_pointer(ek_cursor *cursor, unsigned size) {
    const uint8_t *at = ek_cursor_take(cursor, size);
    return at ? ek_load_pointer(at, size) : 0;
}

/* The rest up to a NUL. */
static void read_path(ek_image_fact *fact, ek_cursor *cursor) {
    bool terminated;
    fact->path = cursor->at;
    fact->path_size = cursor->failed ? 0 : ek_utf16_length(cursor->at, ek_cursor_left(cursor), &terminated);
}

/* `between`: bytes from the id to the name. */
static bool read_image(ek_image_fact *fact, const etwkit_record *record, unsigned width, size_t between) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    bool oldest = record->flags & ETWKIT_FLAG_CLASSIC && record->version == 0;
    fact->base = read_pointer(&cursor, width);
    fact->size = oldest ? ek_cursor_u32(&cursor) : read_pointer(&cursor, width);
    fact->process_id = oldest ? record->process_id : ek_cursor_u32(&cursor);
    ek_cursor_skip(&cursor, between);
    read_path(fact, &cursor);
    return !cursor.failed && fact->size && fact->base <= UINT64_MAX - fact->size;
}

static bool read_classic_image(ek_image_fact *fact, const etwkit_record *record) {
    switch (record->opcode) {
    case IMAGE_LOAD: fact->kind = EK_IMAGE_LOAD; break;
    case IMAGE_UNLOAD: fact->kind = EK_IMAGE_UNLOAD; break;
    case IMAGE_DC_START:
    case IMAGE_DC_END: fact->kind = EK_IMAGE_THERE; break;
    default: return false;
    }
    unsigned width = record->pointer_size;
    return read_image(fact, record, width, record->version < 2 ? 0 : CLASSIC_V2 + width);
}

/* Since version 1 the id stands behind the process' own key. */
static bool read_classic_process(ek_image_fact *fact, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    fact->kind = EK_IMAGE_PROCESS;
    if (record->version > 0)
        ek_cursor_skip(&cursor, record->pointer_size);
    fact->process_id = ek_cursor_u32(&cursor);
    return record->opcode == PROCESS_START && !cursor.failed;
}

static bool read_event(ek_image_fact *fact, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    unsigned width = record->pointer_size;
    switch (record->event_id) {
    case EVENT_PROCESS_START:
        fact->kind = EK_IMAGE_PROCESS;
        fact->process_id = ek_cursor_u32(&cursor);
        return !cursor.failed;
    case EVENT_IMAGE_LOAD: fact->kind = EK_IMAGE_LOAD; return read_image(fact, record, width, EVENT_V0 + width);
    case EVENT_IMAGE_UNLOAD: fact->kind = EK_IMAGE_UNLOAD; return read_image(fact, record, width, EVENT_V0 + width);
    default: return false;
    }
}

bool ek_image_fact_read(ek_image_fact *fact, const etwkit_record *record) {
    *fact = (ek_image_fact){.time = record->timestamp};
    if (!(record->flags & ETWKIT_FLAG_CLASSIC))
        return ek_guid_equal(&record->provider_id, &process_provider) && read_event(fact, record);
    if (ek_guid_equal(&record->provider_id, &image_class))
        return read_classic_image(fact, record);
    return ek_guid_equal(&record->provider_id, &process_class) && read_classic_process(fact, record);
}
