/* SPDX-License-Identifier: MIT */
/* Reads WEVT_TEMPLATE: its providers, their tables of names, their events. Knows neither files nor templates. */
#include "schema/wevt.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf.h"
#include "schema/wevt_inside.h"

/* Heads and entries: sizes, and where members stand. */
enum {
    CRIM_HEAD = 16,
    CRIM_COUNT = 12,
    CRIM_ENTRY = 20, /* GUID, offset */
    WEVT_HEAD = 16,
    WEVT_MESSAGE = 8,
    WEVT_COUNT = 12,
    WEVT_ENTRY = 8, /* type, offset */
    TABLE_HEAD = 12,
    TABLE_COUNT = 8,
    PRVA_ENTRY = 8, /* kind, offset */
    EVENT_HEAD = 16,
    EVENT_ENTRY = 48,
    EVENT_MESSAGE = 16,
    EVENT_TEMPLATE = 20
};
/* Types of a provider's elements; others are not needed. */
enum {
    ELEMENT_LEVELS = 0,
    ELEMENT_TASKS = 1,
    ELEMENT_OPCODES = 2,
    ELEMENT_KEYWORDS = 3,
    ELEMENT_EVENTS = 4,
    ELEMENT_CHANNELS = 5,
    ELEMENT_MAPS = 6,
    ELEMENT_ATTRIBUTES = 13
};
#define ATTRIBUTE_NAME 0x10000001u
#define OVERLAP_MOST 4 /* times the bytes that there are */

/* Tables of names: where a definition has its members. */
typedef struct table_form {
    uint16_t element;
    uint8_t kind; /* ek_table_kind */
    uint8_t entry_size;
    uint8_t value;
    uint8_t message;
    uint8_t name;
    char signature[5];
} table_form;

static const table_form table_forms[] = {
    {ELEMENT_LEVELS, EK_TABLE_LEVELS, 12, 0, 4, 8, "LEVL"},
    {ELEMENT_TASKS, EK_TABLE_TASKS, 28, 0, 4, 24, "TASK"},
    {ELEMENT_OPCODES, EK_TABLE_OPCODES, 12, 0, 4, 8, "OPCO"},
    {ELEMENT_KEYWORDS, EK_TABLE_KEYWORDS, 16, 0, 8, 12, "KEYW"},
    {ELEMENT_CHANNELS, EK_TABLE_CHANNELS, 16, 8, 12, 4, "CHAN"},
};

etwkit_status ek_wevt_damaged(const ek_wevt_reader *reader, size_t at, const char *what) {
    etwkit_error error = {0};
    ek_fail(&error, ETWKIT_E_DAMAGED, "%s: event templates: at byte %zu %s", reader->source->name, at, what);
    if (reader->source->report)
        reader->source->report(reader->source->context, &error);
    return ETWKIT_E_DAMAGED;
}

/* May so many bytes be taken, and counted in *taken? Real tables do not overlap, and few names are used twice; what is
 * refused is not counted, so that it costs nothing else. */
static bool take_bytes(const ek_wevt_reader *reader, size_t *taken, size_t more) {
    size_t messages = reader->source->messages ? reader->source->messages->bytes : 0;
    if (more > OVERLAP_MOST * (reader->size + messages) - *taken)
        return false;
    *taken += more;
    return true;
}

const uint8_t *ek_wevt_head(const ek_wevt_reader *reader, size_t at, const char *signature, size_t size) {
    if (at <= reader->size && reader->size - at >= size && memcmp(reader->data + at, signature, 4) == 0)
        return reader->data + at;
    ek_wevt_damaged(reader, at, "there is not what should be there");
    return NULL;
}

const uint8_t *ek_wevt_entries(ek_wevt_reader *reader, size_t at, size_t count, size_t entry_size) {
    const char *what = "a table announces more than it holds";
    if (at <= reader->size && count <= (reader->size - at) / entry_size) {
        if (take_bytes(reader, &reader->table_bytes, count * entry_size))
            return reader->data + at;
        what = "its tables overlap";
    }
    ek_wevt_damaged(reader, at, what);
    return NULL;
}

/* UTF-16 as UTF-8; without a terminator it ends with its room. */
static etwkit_status copy_text(ek_wevt_reader *reader, size_t at, size_t room, const char **text) {
    bool terminated;
    size_t size = ek_utf16_length(reader->data + at, room, &terminated);
    if (!take_bytes(reader, &reader->text_bytes, size))
        return ek_wevt_damaged(reader, at, "its texts overlap");
    *text = ek_utf16_copy(&reader->providers->arena, reader->data + at, size);
    return *text ? ETWKIT_OK : ek_fail_memory(reader->error);
}

etwkit_status ek_wevt_name(ek_wevt_reader *reader, size_t at, const char **name) {
    *name = NULL;
    if (at == 0)
        return ETWKIT_OK;
    size_t size = at > reader->size || reader->size - at < 4 ? 0 : ek_load32(reader->data + at);
    if (size < 4 || size > reader->size - at)
        return ek_wevt_damaged(reader, at, "a name lies outside of it");
    return copy_text(reader, at + 4, size - 4, name);
}

etwkit_status ek_wevt_message(ek_wevt_reader *reader, uint32_t id, const char **text) {
    *text = NULL;
    if (!reader->source->messages)
        return ETWKIT_OK;
    etwkit_status status = ek_message_table_find(reader->source->messages, id, text, reader->error);
    if (!status && *text && !take_bytes(reader, &reader->text_bytes, strlen(*text)))
        return ek_wevt_damaged(reader, 0, "its texts overlap");
    return status;
}

/* Damage was reported and costs what it hit; what else is wrong ends the reading. */
static etwkit_status go_on(etwkit_status status) {
    return status == ETWKIT_E_DAMAGED ? ETWKIT_OK : status;
}

/* OPCO has the task in the low half. */
static uint64_t table_value(const table_form *form, const uint8_t *at) {
    if (form->kind == EK_TABLE_KEYWORDS)
        return ek_load64(at + form->value);
    uint32_t value = ek_load32(at + form->value);
    return form->kind == EK_TABLE_OPCODES ? value >> 16 | (value & 0xFFFF) << 16 : value;
}

static etwkit_status read_definition(ek_wevt_reader *reader, ek_provider *provider, const table_form *form,
                                     const uint8_t *at) {
    const char *name, *message;
    etwkit_status status = ek_wevt_name(reader, ek_load32(at + form->name), &name);
    if (!status)
        status = ek_wevt_message(reader, ek_load32(at + form->message), &message);
    if (status)
        return status;
    if (!name || !*name)
        name = message;
    if (!name || !*name)
        return ETWKIT_OK;
    if (provider->tables[form->kind].count == EK_MAX_PROVIDER_EVENTS)
        return ek_wevt_damaged(reader, (size_t)(at - reader->data), "there are too many names");
    return ek_provider_add_name(reader->providers, provider, (ek_table_kind)form->kind, table_value(form, at), name,
                                message)
               ? ETWKIT_OK
               : ek_fail_memory(reader->error);
}

static etwkit_status read_table(ek_wevt_reader *reader, ek_provider *provider, const table_form *form, size_t at) {
    const uint8_t *head = ek_wevt_head(reader, at, form->signature, TABLE_HEAD);
    size_t count = head ? ek_load32(head + TABLE_COUNT) : 0;
    const uint8_t *entries = head ? ek_wevt_entries(reader, at + TABLE_HEAD, count, form->entry_size) : NULL;
    etwkit_status status = entries ? ETWKIT_OK : ETWKIT_E_DAMAGED;
    for (size_t i = 0; !status && i < count; i++)
        status = go_on(read_definition(reader, provider, form, entries + i * form->entry_size));
    return status;
}

static etwkit_status read_maps(ek_wevt_reader *reader, ek_provider *provider, size_t at) {
    const uint8_t *head = ek_wevt_head(reader, at, "MAPS", TABLE_HEAD);
    size_t count = head ? ek_load32(head + TABLE_COUNT) : 0;
    const uint8_t *entries = head ? ek_wevt_entries(reader, at + TABLE_HEAD, count, 4) : NULL;
    etwkit_status status = entries ? ETWKIT_OK : ETWKIT_E_DAMAGED;
    for (size_t i = 0; !status && i < count; i++) {
        const etwkit_map *map = NULL;
        status = go_on(ek_wevt_map(reader, ek_load32(entries + i * 4), &map));
        if (!map)
            continue;
        if (provider->map_count == EK_MAX_PROVIDER_EVENTS)
            return ek_wevt_damaged(reader, at, "there are too many maps");
        if (!ek_provider_add_map(reader->providers, provider, map))
            return ek_fail_memory(reader->error);
    }
    return status;
}

static etwkit_status read_event(ek_wevt_reader *reader, ek_provider *provider, const uint8_t *at) {
    ek_provider_event read = {.id = ek_load16(at),
                              .version = at[2],
                              .channel = at[3],
                              .level = at[4],
                              .opcode = at[5],
                              .task = ek_load16(at + 6),
                              .keywords = ek_load64(at + 8)};
    size_t place = (size_t)(at - reader->data), template_at = ek_load32(at + EVENT_TEMPLATE);
    etwkit_status status = template_at ? ek_wevt_template(reader, template_at, &read.payload) : ETWKIT_OK;
    if (status == ETWKIT_E_DAMAGED)
        return ek_wevt_damaged(reader, place, "an event's template is damaged");
    if (!status)
        status = ek_wevt_message(reader, ek_load32(at + EVENT_MESSAGE), &read.message);
    if (status)
        return status;
    if (provider->event_count == EK_MAX_PROVIDER_EVENTS)
        return ek_wevt_damaged(reader, place, "there are too many events");
    /* A copy: the message table ends earlier. */
    if (read.message && !(read.message = ek_arena_text(&reader->providers->arena, read.message, strlen(read.message))))
        return ek_fail_memory(reader->error);
    ek_provider_event *event = ek_provider_add_event(reader->providers, provider);
    if (!event)
        return ek_fail_memory(reader->error);
    *event = read;
    return ETWKIT_OK;
}

static etwkit_status read_events(ek_wevt_reader *reader, ek_provider *provider, size_t at) {
    const uint8_t *head = ek_wevt_head(reader, at, "EVNT", EVENT_HEAD);
    size_t count = head ? ek_load32(head + TABLE_COUNT) : 0;
    const uint8_t *entries = head ? ek_wevt_entries(reader, at + EVENT_HEAD, count, EVENT_ENTRY) : NULL;
    etwkit_status status = entries ? ETWKIT_OK : ETWKIT_E_DAMAGED;
    for (size_t i = 0; !status && i < count; i++)
        status = go_on(read_event(reader, provider, entries + i * EVENT_ENTRY));
    return status;
}

/* The attributes of a provider: of all, its name is wanted. */
static etwkit_status read_attributes(ek_wevt_reader *reader, size_t at, const char **name) {
    const uint8_t *head = ek_wevt_head(reader, at, "PRVA", TABLE_HEAD);
    size_t count = head ? ek_load32(head + TABLE_COUNT) : 0;
    const uint8_t *entries = head ? ek_wevt_entries(reader, at + TABLE_HEAD, count, PRVA_ENTRY) : NULL;
    etwkit_status status = entries ? ETWKIT_OK : ETWKIT_E_DAMAGED;
    for (size_t i = 0; !status && i < count; i++) {
        size_t text = ek_load32(entries + i * PRVA_ENTRY + 4);
        if (ek_load32(entries + i * PRVA_ENTRY) != ATTRIBUTE_NAME)
            continue;
        if (text >= reader->size)
            return ek_wevt_damaged(reader, at, "a name lies outside of it");
        return copy_text(reader, text, reader->size - text, name);
    }
    return status;
}

/* The elements of a provider, each a type and an offset. */
typedef struct elements {
    const uint8_t *entries;
    size_t count;
} elements;

static etwkit_status read_element(ek_wevt_reader *reader, ek_provider *provider, uint32_t type, size_t at) {
    for (size_t i = 0; i < sizeof table_forms / sizeof *table_forms; i++)
        if (table_forms[i].element == type)
            return read_table(reader, provider, &table_forms[i], at);
    return type == ELEMENT_MAPS ? read_maps(reader, provider, at) : ETWKIT_OK;
}

/* Events come last, whatever the order: they are most, and a budget that damage eats should not be theirs. */
static etwkit_status read_elements(ek_wevt_reader *reader, ek_provider *provider, const elements *of) {
    etwkit_status status = ETWKIT_OK;
    for (int events = 0; events < 2; events++)
        for (size_t i = 0; !status && i < of->count; i++) {
            uint32_t type = ek_load32(of->entries + i * WEVT_ENTRY);
            size_t at = ek_load32(of->entries + i * WEVT_ENTRY + 4);
            if (at == 0 || (type == ELEMENT_EVENTS) != (events == 1))
                continue;
            status = go_on(events ? read_events(reader, provider, at) : read_element(reader, provider, type, at));
        }
    return status;
}

static etwkit_status find_name(ek_wevt_reader *reader, const elements *of, const char **name) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; !status && !*name && i < of->count; i++) {
        const uint8_t *entry = of->entries + i * WEVT_ENTRY;
        if (ek_load32(entry) == ELEMENT_ATTRIBUTES)
            status = go_on(read_attributes(reader, ek_load32(entry + 4), name));
    }
    return status;
}

static etwkit_status read_provider(ek_wevt_reader *reader, const uint8_t *entry) {
    etwkit_guid id;
    const char *name = NULL, *message;
    size_t at = ek_load32(entry + sizeof id);
    memcpy(&id, entry, sizeof id);
    const uint8_t *head = ek_wevt_head(reader, at, "WEVT", WEVT_HEAD);
    elements of = {.count = head ? ek_load32(head + WEVT_COUNT) : 0};
    of.entries = head ? ek_wevt_entries(reader, at + WEVT_HEAD, of.count, WEVT_ENTRY) : NULL;
    if (!of.entries)
        return ETWKIT_E_DAMAGED;
    etwkit_status status = find_name(reader, &of, &name);
    if (!status)
        status = ek_wevt_message(reader, ek_load32(head + WEVT_MESSAGE), &message);
    if (status)
        return status;
    if (reader->providers->count == EK_MAX_PROVIDERS)
        return ek_wevt_damaged(reader, at, "there are too many providers");
    ek_provider *provider = ek_providers_add(reader->providers, &id, name ? name : "");
    if (!provider)
        return ek_fail_memory(reader->error);
    if (message && !(provider->message = ek_arena_text(&reader->providers->arena, message, strlen(message))))
        return ek_fail_memory(reader->error);
    return read_elements(reader, provider, &of);
}

static etwkit_status read_all(ek_wevt_reader *reader) {
    size_t count = reader->size < CRIM_HEAD ? 0 : ek_load32(reader->data + CRIM_COUNT);
    if (reader->size < CRIM_HEAD || memcmp(reader->data, "CRIM", 4) != 0)
        return ek_fail(reader->error, ETWKIT_E_DAMAGED, "%s: event templates: they do not begin as such",
                       reader->source->name);
    if (count > (reader->size - CRIM_HEAD) / CRIM_ENTRY)
        return ek_fail(reader->error, ETWKIT_E_DAMAGED, "%s: event templates: more providers than there is room for",
                       reader->source->name);
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; !status && i < count; i++)
        status = go_on(read_provider(reader, reader->data + CRIM_HEAD + i * CRIM_ENTRY));
    return status;
}

etwkit_status ek_wevt_read(ek_wevt_source *source, ek_providers *providers, etwkit_error *error) {
    const etwkit_allocator *allocator = &providers->arena.allocator;
    ek_wevt_reader reader = {
        .source = source, .providers = providers, .data = source->data, .size = source->size, .error = error};
    source->missing_labels = 0;
    ek_table_init(&reader.templates, allocator);
    ek_table_init(&reader.maps, allocator);
    ek_arena_init(&reader.scratch, allocator);
    etwkit_status status = read_all(&reader);
    ek_table_free(&reader.templates);
    ek_table_free(&reader.maps);
    ek_arena_free(&reader.scratch);
    return status;
}
