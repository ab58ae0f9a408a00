/* SPDX-License-Identifier: MIT */
/* The sample's own programs: a shop with activities and stacks, a cache, sensors. TraceLogging, as programs would use
 * it. */
#include "sample.h"

#include <string.h>

enum {
    KEYWORD_HTTP = 0x1,
    KEYWORD_BASKET = 0x2
};
#define KEYWORD_TELEMETRY UINT64_C(0x0000400000000000)

static size_t add_stack(sample_trace *sample, const sample_process *process, uint8_t *data, bool narrow) {
    uint64_t frames[16];
    size_t depth = sample_stack(sample, process, frames, 16), size = 8, width = narrow ? 4 : 8;
    memset(data, 0, 8); /* the match id: none */
    for (size_t i = 0; i < depth; i++, size += width)
        for (size_t j = 0; j < width; j++)
            data[size + j] = (uint8_t)(frames[i] >> 8 * j);
    return size;
}

void sample_tracelogging(sample_trace *sample, const sample_event *event, const sample_process *process) {
    const uint8_t *metadata = NULL, *payload = NULL;
    size_t metadata_size = 0, payload_size = 0, traits_size = 0;
    uint8_t traits[256], stack[8 + 16 * 8];
    bool narrow = process->narrow || sample->pointer_size == 4;
    etwkit_guid group = event->group ? sample_parse_guid(event->group) : (etwkit_guid){{0}};
    if (!sample->status)
        sample->status = etwkit_event_builder_finish(sample->builder, &metadata, &metadata_size, &payload,
                                                     &payload_size, &sample->error);
    if (sample->status)
        return;
    (void)etwkit_provider_traits(event->provider, event->group ? &group : NULL, traits, sizeof traits, &traits_size);

    etwkit_item items[24];
    size_t count = 0, sid_size = 0;
    for (; count < event->more_count; count++)
        items[count] = event->more[count];
    if (event->related)
        items[count++] = (etwkit_item){ETWKIT_ITEM_RELATED_ACTIVITY_ID, sizeof event->related->bytes, event->related};
    if (event->user) {
        const uint8_t *sid = sample_sid(process->user, &sid_size);
        items[count++] = (etwkit_item){ETWKIT_ITEM_SID, (uint16_t)sid_size, sid};
        items[count++] = (etwkit_item){ETWKIT_ITEM_TS_ID, sizeof process->session, &process->session};
    }
    if (event->stack)
        items[count++] = (etwkit_item){narrow ? ETWKIT_ITEM_STACK_TRACE32 : ETWKIT_ITEM_STACK_TRACE64,
                                       (uint16_t)add_stack(sample, process, stack, narrow), stack};
    items[count++] = (etwkit_item){ETWKIT_ITEM_PROV_TRAITS, (uint16_t)traits_size, traits};
    items[count++] = (etwkit_item){ETWKIT_ITEM_EVENT_SCHEMA_TL, (uint16_t)metadata_size, metadata};

    etwkit_record record = {.header_kind = (uint8_t)(narrow ? ETWKIT_HEADER_EVENT32 : ETWKIT_HEADER_EVENT64),
                            .channel = 11,
                            .level = event->level,
                            .opcode = event->opcode,
                            .keywords = event->keywords,
                            .process_id = process->id,
                            .thread_id = sample_any_thread(sample, process)};
    etwkit_guid_from_name(&record.provider_id, event->provider);
    if (event->activity)
        record.activity_id = *event->activity;
    sample_begin(sample);
    sample_put(sample, payload, payload_size - (event->surplus < 0 ? (size_t)-event->surplus : 0));
    sample_zeros(sample, event->surplus > 0 ? (size_t)event->surplus : 0);
    sample_write(sample, &record, items, count);
}

static void add_text(sample_trace *sample, const char *name, const char *text) {
    uint8_t wide[512];
    etwkit_event_builder_bytes(sample->builder, name, ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, wide,
                               sample_utf16(text, wide, sizeof wide));
}

static void add_u32(sample_trace *sample, const char *name, uint32_t value) {
    etwkit_event_builder_scalar(sample->builder, name, ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, &value);
}

static const sample_process *find(const sample_trace *sample, const char *image_name) {
    for (size_t i = 0; i < sample->process_count; i++)
        if (strcmp(sample->processes[i].image_name, image_name) == 0)
            return &sample->processes[i];
    return &sample->processes[0];
}

/* What is in the basket: an array of structs that hold a struct and an array. */
static void add_basket(sample_trace *sample) {
    static const char *const goods[] = {"tea", "caf\xC3\xA9", "\xE6\x8A\xB9\xE8\x8C\xB6", "\"quoted\" & <tagged>"};
    uint16_t lines = (uint16_t)sample_dice(sample, 4);
    etwkit_event_builder_struct_array(sample->builder, "lines", 4, lines);
    for (unsigned i = 0; i < (lines ? lines : 1u); i++) {
        const char *name = goods[sample_dice(sample, 4)];
        uint16_t pieces = (uint16_t)(1 + sample_dice(sample, 9));
        int64_t cents = sample_dice(sample, 10000);
        uint8_t ratings[3] = {5, 4, 1};
        if (i)
            etwkit_event_builder_next_element(sample->builder);
        etwkit_event_builder_bytes(sample->builder, "name", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, name,
                                   strlen(name));
        etwkit_event_builder_scalar(sample->builder, "pieces", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, &pieces);
        etwkit_event_builder_struct(sample->builder, "price", 2);
        etwkit_event_builder_scalar(sample->builder, "cents", ETWKIT_IN_INT64, ETWKIT_OUT_NULL, &cents);
        etwkit_event_builder_bytes(sample->builder, "currency", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_NULL, "EUR", 3);
        etwkit_event_builder_array(sample->builder, "ratings", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, ratings,
                                   (uint16_t)sample_dice(sample, 4), false);
    }
}

/* A request with what it does inside, tied together by activity ids. */
void sample_shop(sample_trace *sample) {
    static const char *const paths[] = {"/", "/basket", "/search?q=%C3%A9t%C3%A9", "/checkout"};
    const sample_process *process = find(sample, "shop.exe");
    etwkit_guid request = sample_guid(sample);
    etwkit_guid basket = sample_guid(sample);
    sample_event event = {.provider = "Contoso.Shop",
                          .group = "4f50731a-89cf-4782-b3e0-dce8c90476ba",
                          .level = 4,
                          .opcode = 1,
                          .keywords = KEYWORD_HTTP | KEYWORD_TELEMETRY,
                          .activity = &request};
    event.stack = sample_dice(sample, 3) == 0;
    event.user = sample_dice(sample, 4) == 0;
    uint16_t port = 0xFB20; /* 8443 in network order */
    uint8_t client[16] = {0x20, 0x01, 0x0D, 0xB8, [15] = (uint8_t)sample_dice(sample, 250)};
    etwkit_event_builder_begin(sample->builder, "Request", 0);
    add_text(sample, "path", paths[sample_dice(sample, 4)]);
    etwkit_event_builder_bytes(sample->builder, "client", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, client, sizeof client);
    etwkit_event_builder_scalar(sample->builder, "port", ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, &port);
    sample_tracelogging(sample, &event, process);

    sample_wait(sample, 4000);
    event.keywords = KEYWORD_BASKET;
    event.activity = &basket;
    event.related = &request;
    event.opcode = 0;
    etwkit_event_builder_begin(sample->builder, "Basket", 0x0080000);
    add_basket(sample);
    sample_tracelogging(sample, &event, process);

    sample_wait(sample, 9000);
    bool failed = sample_dice(sample, 12) == 0;
    uint32_t status = failed ? 500 : 200, code = failed ? 0x80070005 : 0;
    double seconds = (double)(1 + sample_dice(sample, 4096)) / 4096; /* exact in binary */
    event.related = NULL;
    event.activity = &request;
    event.keywords = KEYWORD_HTTP;
    event.opcode = 2;
    event.level = failed ? 2 : 4;
    etwkit_event_builder_begin(sample->builder, "Request", 0);
    add_u32(sample, "status", status);
    etwkit_event_builder_scalar(sample->builder, "result", ETWKIT_IN_INT32, ETWKIT_OUT_HRESULT, &code);
    etwkit_event_builder_scalar(sample->builder, "seconds", ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL, &seconds);
    sample_tracelogging(sample, &event, process);
}

/* Small and frequent. One name has several field lists (FORMATS trap 19). */
void sample_cache(sample_trace *sample) {
    const sample_process *process = sample_any_process(sample);
    const sample_event event = {.provider = "Contoso.Cache", .level = 5, .keywords = 0x10};
    bool hit = sample_dice(sample, 3) > 0;
    uint64_t key = sample_random(sample);
    etwkit_event_builder_begin(sample->builder, "Lookup", 0);
    etwkit_event_builder_scalar(sample->builder, "key", ETWKIT_IN_HEXINT64, ETWKIT_OUT_NULL, &key);
    if (hit) {
        uint8_t yes = 1;
        etwkit_event_builder_scalar(sample->builder, "hit", ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, &yes);
    } else {
        add_text(sample, "reason", sample_dice(sample, 2) ? "expired" : "never seen");
        add_u32(sample, "age", sample_dice(sample, 100000));
    }
    sample_tracelogging(sample, &event, process);
}

/* A 32-bit program; its events have 32-bit headers and stacks. */
void sample_sensors(sample_trace *sample) {
    const sample_process *process = find(sample, "sensors.exe");
    const sample_event event = {.provider = "Fabrikam.Sensors", .level = 4, .keywords = 0x4, .stack = true};
    float values[8];
    uint16_t count = (uint16_t)(1 + sample_dice(sample, 8));
    for (unsigned i = 0; i < count; i++)
        values[i] = (float)sample_dice(sample, 4096) / 16;
    uint64_t time = sample_filetime(sample);
    uint8_t note[4000];
    size_t size = sample_dice(sample, 40) == 0 ? sizeof note : 8;
    for (size_t i = 0; i < size; i++)
        note[i] = (uint8_t)sample_dice(sample, 256);
    etwkit_event_builder_begin(sample->builder, "Reading", 0);
    etwkit_event_builder_scalar(sample->builder, "taken", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, &time);
    etwkit_event_builder_array(sample->builder, "values", ETWKIT_IN_FLOAT, ETWKIT_OUT_NULL, values, count, false);
    etwkit_event_builder_bytes(sample->builder, "raw", ETWKIT_IN_BINARY, ETWKIT_OUT_NULL, note, size);
    sample_tracelogging(sample, &event, process);
}
