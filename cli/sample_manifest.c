/* SPDX-License-Identifier: MIT */
/* The sample's provider with a manifest, whose metadata the trace embeds as merging tools do; and old providers that
 * nothing describes. Knows no TraceLogging. */
#include "sample.h"

#include <string.h>

#define PROVIDER "7c8fd0f2-6d4f-4f53-9d31-1f0a3b6a9c42"
#define METADATA "bbccf6c1-6cd1-48c4-80ff-839482e37671" /* the class that merging tools write metadata as */

/* Property flags and the layout of TRACE_EVENT_INFO and EVENT_MAP_INFO (FORMATS 6c). */
enum {
    STRUCT = 1,
    PARAM_LENGTH = 2,
    PARAM_COUNT = 4,
    PROPERTIES_AT = 0x70,
    PROPERTY_SIZE = 24,
    MAP_ENTRIES_AT = 16,
    MAP_VALUE = 1,
    MAP_BIT = 2
};

typedef struct event_property {
    const char *name;
    uint32_t flags;
    uint16_t in, out; /* of a struct: first member, members */
    const char *map;
    uint16_t count, length; /* or the property that tells it */
} event_property;

typedef struct manifest_event {
    uint16_t id;
    uint8_t version, level, opcode;
    uint16_t task;
    uint64_t keywords;
    const char *task_name, *opcode_name, *message;
    const event_property *properties;
    uint32_t property_count, top_level;
} manifest_event;

static const event_property placed[] = {
    {"OrderId", 0, 8, 8, NULL, 1, 4},
    {"Customer", 0, 1, 1, NULL, 1, 0},
    {"Priority", 0, 4, 4, "PriorityMap", 1, 1},
    {"Options", 0, 8, 18, "OptionMap", 1, 4},
    {"Total", 0, 12, 12, NULL, 1, 8},
    {"Placed", 0, 17, 2, NULL, 1, 8},
    {"Token", 0, 15, 14, NULL, 1, 16},
    {"Session", 0, 16, 19, NULL, 1, 4}, /* 4 is said of pointers of any size */
    {"Urgent", 0, 13, 13, NULL, 1, 4},
    {"ClientLength", 0, 8, 8, NULL, 1, 4},
    {"Client", PARAM_LENGTH, 14, 25, NULL, 1, 9},
    {"ItemCount", 0, 6, 6, NULL, 1, 2},
    {"Items", STRUCT | PARAM_COUNT, 15, 3, NULL, 11, 0},
    {"NoteLength", 0, 6, 6, NULL, 1, 2},
    {"Note", PARAM_LENGTH, 1, 1, NULL, 1, 13},
    {"Sku", 0, 2, 1, NULL, 1, 0},
    {"Quantity", 0, 6, 6, NULL, 1, 2},
    {"Price", 0, 11, 11, NULL, 1, 4},
};

static const event_property shipped[] = {
    {"OrderId", 0, 8, 8, NULL, 1, 4},    {"Carrier", 0, 1, 1, NULL, 1, 8},       {"Status", 0, 8, 31, NULL, 1, 4},
    {"Error", 0, 8, 30, NULL, 1, 4},     {"Result", 0, 7, 32, NULL, 1, 4},       {"User", 0, 19, 1, NULL, 1, 0},
    {"Day", 0, 18, 2, NULL, 1, 16},      {"Seal", 0, 14, 15, NULL, 1, 6},        {"Port", 0, 6, 22, NULL, 1, 2},
    {"Depot", 0, 8, 23, NULL, 1, 4},     {"Router", 0, 14, 24, NULL, 1, 16},     {"Weights", 0, 6, 6, NULL, 3, 2},
    {"Label", 0, 2, 28, NULL, 1, 0},     {"Balance", 0, 9, 9, NULL, 1, 8},       {"Temperature", 0, 3, 3, NULL, 1, 1},
    {"Checksum", 0, 21, 19, NULL, 1, 8}, {"Crate", 0, 20, 18, "CrateMap", 1, 4},
};

static const manifest_event events[] = {
    {1, 1, 4, 1, 1, 0x1, "Order", "Placed", "Order %1 of %2, priority %3. ", placed, 18, 15},
    {2, 0, 4, 11, 1, 0x3, "Order", "Shipped", "Order %1 left by %2. ", shipped, 17, 17},
    {3, 0, 5, 0, 2, 0x2, "Heartbeat", NULL, NULL, NULL, 0, 0},
};

typedef struct event_map {
    const char *name;
    uint32_t kind;
    const char *texts[4];
    uint32_t values[4];
} event_map;

/* Texts end in a blank, as those of real ones do (FORMATS trap 26). */
static const event_map maps[] = {
    {"PriorityMap", MAP_VALUE, {"low ", "normal ", "high "}, {0, 1, 2}},
    {"OptionMap", MAP_BIT, {"gift ", "express ", "insured "}, {1, 2, 8}},
    {"CrateMap", MAP_VALUE, {"small ", "large "}, {0x10, 0x20}},
};

static void patch_u32(sample_trace *sample, size_t at, size_t value) {
    for (size_t i = 0; i < 4; i++)
        sample->payload[at + i] = (uint8_t)(value >> 8 * i);
}

/* Appends a text and puts its offset where it is wanted; NULL leaves 0 there. */
static void put_name(sample_trace *sample, size_t at, size_t origin, const char *text) {
    if (!text)
        return;
    patch_u32(sample, at, sample->size - origin);
    sample_wide(sample, text);
}

static void write_metadata(sample_trace *sample, uint8_t opcode) {
    const etwkit_guid class = sample_parse_guid(METADATA);
    etwkit_record record = sample_classic(sample, &class, opcode, 0, &sample->processes[3]);
    sample_write(sample, &record, NULL, 0);
}

static void write_event_info(sample_trace *sample, const manifest_event *event) {
    const etwkit_guid provider = sample_parse_guid(PROVIDER), nothing = {{0}};
    sample_begin(sample);
    sample_put(sample, &provider, sizeof provider);
    sample_put(sample, &nothing, sizeof nothing);
    sample_u16(sample, event->id);
    sample_u8(sample, event->version);
    sample_u8(sample, 16);
    sample_u8(sample, event->level);
    sample_u8(sample, event->opcode);
    sample_u16(sample, event->task);
    sample_u64(sample, event->keywords);
    sample_zeros(sample, PROPERTIES_AT - sample->size);
    patch_u32(sample, 0x64, event->property_count);
    patch_u32(sample, 0x68, event->top_level);
    patch_u32(sample, 0x6C, 1);
    for (uint32_t i = 0; i < event->property_count; i++) {
        const event_property *property = &event->properties[i];
        sample_u32(sample, property->flags);
        sample_u32(sample, 0); /* the name's offset, below */
        sample_u16(sample, property->in);
        sample_u16(sample, property->out);
        sample_u32(sample, 0); /* the map's */
        sample_u16(sample, property->count);
        sample_u16(sample, property->length);
        sample_u32(sample, 0);
    }
    put_name(sample, 0x34, 0, "Northwind-Orders");
    put_name(sample, 0x38, 0, event->level == 5 ? "Verbose" : "Information");
    put_name(sample, 0x3C, 0, "Northwind-Orders/Operational");
    put_name(sample, 0x40, 0, "Orders");
    if (event->keywords & 2)
        sample_wide(sample, "Web");
    sample_zeros(sample, 2); /* the list ends with an empty name */
    put_name(sample, 0x44, 0, event->task_name);
    put_name(sample, 0x48, 0, event->opcode_name);
    put_name(sample, 0x4C, 0, event->message);
    put_name(sample, 0x50, 0, "Northwind Orders ");
    for (uint32_t i = 0; i < event->property_count; i++) {
        put_name(sample, PROPERTIES_AT + i * PROPERTY_SIZE + 4, 0, event->properties[i].name);
        put_name(sample, PROPERTIES_AT + i * PROPERTY_SIZE + 12, 0, event->properties[i].map);
    }
    write_metadata(sample, 32);
}

static void write_map(sample_trace *sample, const event_map *map) {
    const etwkit_guid provider = sample_parse_guid(PROVIDER);
    uint32_t count = 0;
    while (count < 4 && map->texts[count])
        count++;
    sample_begin(sample);
    sample_put(sample, &provider, sizeof provider);
    size_t origin = sample->size;
    sample_u32(sample, 0);
    sample_u32(sample, map->kind);
    sample_u32(sample, count);
    sample_u32(sample, 0);
    for (uint32_t i = 0; i < count; i++) {
        sample_u32(sample, 0);
        sample_u32(sample, map->values[i]);
    }
    put_name(sample, origin, origin, map->name);
    for (uint32_t i = 0; i < count; i++)
        put_name(sample, origin + MAP_ENTRIES_AT + 8 * (size_t)i, origin, map->texts[i]);
    write_metadata(sample, 33);
}

void sample_orders_describe(sample_trace *sample) {
    if (sample->described)
        return;
    sample->described = true;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        write_event_info(sample, &events[i]);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        write_map(sample, &maps[i]);
}

static void put_f32(sample_trace *sample, float value) {
    sample_put(sample, &value, sizeof value);
}

static void put_placed(sample_trace *sample, bool narrow) {
    static const char *const customers[] = {"Zo\xC3\xAB", "Contoso Ltd.", "\xE6\x9D\xB1\xE4\xBA\xAC", ""};
    static const uint8_t client4[16] = {2, 0, 0x20, 0xFB, 203, 0, 113, 9};
    static const uint8_t client6[28] = {23, 0, 0x20, 0xFB, [8] = 0x20, [9] = 1, [10] = 0x0D, [11] = 0xB8, [23] = 9};
    static const char note[] = "leave at \"the\" door";
    const etwkit_guid token = sample_guid(sample);
    bool v6 = sample_dice(sample, 2);
    double total = (double)sample_dice(sample, 100000) / 4;
    sample_begin(sample);
    sample_u32(sample, 10000 + sample_dice(sample, 90000));
    sample_wide(sample, customers[sample_dice(sample, 4)]);
    sample_u8(sample, sample_dice(sample, 4)); /* 3 has no label */
    sample_u32(sample, sample_dice(sample, 32));
    sample_put(sample, &total, sizeof total);
    sample_u64(sample, sample_filetime(sample));
    sample_put(sample, &token, sizeof token);
    sample_u32(sample, 0x12345678);
    if (!narrow)
        sample_u32(sample, 0x7FF9);
    sample_u32(sample, sample_dice(sample, 2));
    sample_u32(sample, v6 ? sizeof client6 : sizeof client4);
    sample_put(sample, v6 ? client6 : client4, v6 ? sizeof client6 : sizeof client4);
    uint32_t items = sample_dice(sample, 4);
    sample_u16(sample, items);
    for (uint32_t i = 0; i < items; i++) {
        sample_ansi(sample, i % 2 ? "TEA-7" : "CUP-12");
        sample_u16(sample, 1 + sample_dice(sample, 20));
        put_f32(sample, (float)sample_dice(sample, 400) / 8);
    }
    uint8_t wide[64];
    size_t size = sample_utf16(note, wide, sizeof wide);
    sample_u16(sample, (uint32_t)size / 2);
    sample_put(sample, wide, size);
}

static void put_shipped(sample_trace *sample) {
    static const uint16_t day[8] = {2024, 5, 5, 17, 9, 30, 1, 250};
    static const uint8_t seal[6] = {0xDE, 0xAD, 0xBE, 0xEF, 0x00, 0x01}, depot[4] = {198, 51, 100, 7};
    static const uint8_t router[16] = {0xFE, 0x80, [15] = 1};
    size_t size = 0;
    const uint8_t *sid = sample_sid(2, &size);
    sample_begin(sample);
    sample_u32(sample, 10000 + sample_dice(sample, 90000));
    sample_wide_fixed(sample, "Express", 8);
    sample_u32(sample, sample_dice(sample, 3) ? 0 : 0xC0000022);
    sample_u32(sample, sample_dice(sample, 3) ? 0 : 5);
    sample_u32(sample, 0x80070005);
    sample_put(sample, sid, size);
    sample_put(sample, day, sizeof day);
    sample_put(sample, seal, sizeof seal);
    sample_u16_be(sample, 8443);
    sample_put(sample, depot, sizeof depot);
    sample_put(sample, router, sizeof router);
    for (size_t i = 0; i < 3; i++)
        sample_u16(sample, sample_dice(sample, 1000));
    sample_ansi(sample, "<label kind=\"parcel\"/>");
    sample_u64(sample, (uint64_t)-204);
    sample_u8(sample, (uint32_t)-7);
    sample_u64(sample, sample_random(sample));
    sample_u32(sample, sample_dice(sample, 2) ? 0x10 : 0x20);
}

void sample_orders(sample_trace *sample) {
    uint32_t which = sample_dice(sample, 20);
    const manifest_event *event = &events[which < 10 ? 0 : which < 15 ? 1 : 2];
    const sample_process *process = sample_any_process(sample);
    bool narrow = process->narrow || sample->pointer_size == 4;
    sample_begin(sample);
    if (event->id == 1)
        put_placed(sample, narrow);
    if (event->id == 2)
        put_shipped(sample);
    etwkit_record record = {.header_kind = (uint8_t)(narrow ? ETWKIT_HEADER_EVENT32 : ETWKIT_HEADER_EVENT64),
                            .provider_id = sample_parse_guid(PROVIDER),
                            .event_id = which == 19 ? 99 : event->id, /* 99 is described nowhere */
                            .version = event->version,
                            .channel = 16,
                            .level = event->level,
                            .opcode = event->opcode,
                            .task = event->task,
                            .keywords = event->keywords | UINT64_C(0x8000000000000000),
                            .process_id = process->id,
                            .thread_id = process->threads[0],
                            .kernel_time = sample_dice(sample, 30),
                            .event_property = 1};
    sample_write(sample, &record, NULL, 0);
}

/* A class of its own (MOF), its instances, and messages of the kind that WPP writes. */
void sample_legacy(sample_trace *sample) {
    const etwkit_guid class = sample_parse_guid("6b3e5d5a-0f0e-4a6c-9a55-0d6f2f7b1a01");
    const sample_process *process = sample_any_process(sample);
    const uint32_t instance[6] = {7, 3, 0x11223344, 0x55667788, 0x99AABBCC, 0xDDEEFF00};
    const etwkit_item info = {ETWKIT_ITEM_INSTANCE_INFO, sizeof instance, instance};
    bool wide = sample->pointer_size == 8;
    sample_begin(sample);
    sample_u32(sample, sample_dice(sample, 1000));
    sample_wide(sample, "old ways");
    etwkit_record record = sample_classic(sample, &class, 1, 2, process);
    record.level = 4;
    sample_write(sample, &record, NULL, 0);
    record.header_kind = (uint8_t)(wide ? ETWKIT_HEADER_INSTANCE64 : ETWKIT_HEADER_INSTANCE32);
    sample_write(sample, &record, &info, 1);
    etwkit_record message = {.header_kind = ETWKIT_HEADER_MESSAGE,
                             .provider_id = sample_parse_guid("2818ef08-6a54-396f-2244-5a6ea4a98cf0"),
                             .event_id = (uint16_t)(10 + sample_dice(sample, 3)),
                             .process_id = process->id,
                             .thread_id = process->threads[0],
                             .pointer_size = sample->pointer_size};
    sample_write(sample, &message, NULL, 0);
}
