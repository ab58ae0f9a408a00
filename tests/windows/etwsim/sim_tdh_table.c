/* SPDX-License-Identifier: MIT */
/* The table behind the double's TDH, from the script's tdh-lines, and the blobs that its answers are made in. */
#include "sim_tdh.h"

#include <stdlib.h>
#include <string.h>

sim_tdh_provider *sim_tdh_providers;

static sim_tdh_provider *last_provider;
static sim_tdh_event *last_event;
static sim_tdh_map *last_map;

static void *make(size_t size) {
    void *made = calloc(1, size);
    if (!made)
        sim_fatal("no memory for a description");
    return made;
}

/* tdh-provider GUID NAME [source 1] */
static void add_provider(const sim_line *line) {
    sim_tdh_provider *provider = make(sizeof *provider), **end = &sim_tdh_providers;
    if (line->count < 3 || !sim_guid(line->words[1], &provider->guid))
        sim_fatal("line %u of the script: tdh-provider GUID NAME", line->number);
    provider->name = line->words[2];
    provider->source = (ULONG)sim_number(sim_word(line, "source", "0"));
    while (*end)
        end = &(*end)->next;
    *end = last_provider = provider;
    last_event = NULL;
    last_map = NULL;
}

/* tdh-event ID VERSION [type N] [task-id N] [opcode-id N] [level-id N] [keyword N] [task T] [opcode T] ... */
static void add_event(const sim_line *line) {
    if (line->count < 3 || !last_provider)
        sim_fatal("line %u of the script: tdh-event ID VERSION, behind a tdh-provider", line->number);
    sim_tdh_event *event = make(sizeof *event), **end = &last_provider->events;
    const char *type = sim_word(line, "type", NULL);
    event->classic = type != NULL;
    event->descriptor.Id = (USHORT)sim_number(line->words[1]);
    event->descriptor.Version = (UCHAR)sim_number(line->words[2]);
    event->descriptor.Opcode = (UCHAR)sim_number(type ? type : sim_word(line, "opcode-id", "0"));
    event->descriptor.Task = (USHORT)sim_number(sim_word(line, "task-id", "0"));
    event->descriptor.Level = (UCHAR)sim_number(sim_word(line, "level-id", "4"));
    event->descriptor.Keyword = sim_number(sim_word(line, "keyword", "0"));
    event->level = sim_word(line, "level", NULL);
    event->channel = sim_word(line, "channel", NULL);
    event->keywords = sim_word(line, "keywords", NULL);
    event->task = sim_word(line, "task", NULL);
    event->opcode = sim_word(line, "opcode", NULL);
    event->message = sim_word(line, "message", NULL);
    while (*end)
        end = &(*end)->next;
    *end = last_event = event;
}

/* A number, or =N for the field with that index. */
static USHORT number_or_field(const char *text, bool *is_field) {
    *is_field = text[0] == '=';
    return (USHORT)sim_number(text + *is_field);
}

/* tdh-field NAME INTYPE [out N] [map NAME] [count N|=FIELD] [length N|=FIELD] [struct FIRST] [members N] [member yes]
 */
static void add_field(const sim_line *line) {
    if (line->count < 3 || !last_event)
        sim_fatal("line %u of the script: tdh-field NAME INTYPE, behind a tdh-event", line->number);
    sim_tdh_field *field = make(sizeof *field), **end = &last_event->fields;
    field->name = line->words[1];
    field->in_type = (USHORT)sim_number(line->words[2]);
    field->out_type = (USHORT)sim_number(sim_word(line, "out", "0"));
    field->map = sim_word(line, "map", NULL);
    field->count = number_or_field(sim_word(line, "count", "1"), &field->count_is_field);
    field->length = number_or_field(sim_word(line, "length", "0"), &field->length_is_field);
    field->fixed_length = field->length && !field->length_is_field;
    field->is_struct = sim_word(line, "struct", NULL) != NULL;
    field->first = (USHORT)sim_number(sim_word(line, "struct", "0"));
    field->members = (USHORT)sim_number(sim_word(line, "members", "0"));
    field->is_member = sim_word(line, "member", NULL) != NULL;
    while (*end)
        end = &(*end)->next;
    *end = field;
    last_event->field_count++;
}

/* tdh-map NAME value|bits, tdh-entry VALUE TEXT */
static void add_map(const sim_line *line) {
    if (line->count != 3 || !last_provider)
        sim_fatal("line %u of the script: tdh-map NAME value|bits, behind a tdh-provider", line->number);
    last_map = make(sizeof *last_map);
    last_map->name = line->words[1];
    last_map->bits = strcmp(line->words[2], "bits") == 0;
    last_map->next = last_provider->maps;
    last_provider->maps = last_map;
}

static void add_entry(const sim_line *line) {
    if (line->count != 3 || !last_map)
        sim_fatal("line %u of the script: tdh-entry VALUE TEXT, behind a tdh-map", line->number);
    sim_tdh_entry *entry = make(sizeof *entry), **end = &last_map->entries;
    entry->value = (ULONG)sim_number(line->words[1]);
    entry->text = line->words[2];
    while (*end)
        end = &(*end)->next;
    *end = entry;
    last_map->entry_count++;
}

/* tdh-value keyword|level|channel|task|opcode VALUE NAME [text DESCRIPTION] */
static void add_word(const sim_line *line) {
    static const char *const kinds[] = {"keyword", "level", "channel", "task", "opcode"};
    ULONG kind = 0;
    while (line->count >= 4 && kind < 5 && strcmp(line->words[1], kinds[kind]) != 0)
        kind++;
    if (line->count < 4 || kind == 5 || !last_provider)
        sim_fatal("line %u of the script: tdh-value KIND VALUE NAME, behind a tdh-provider", line->number);
    sim_tdh_word *word = make(sizeof *word), **end = &last_provider->words;
    word->kind = kind;
    word->value = sim_number(line->words[2]);
    word->name = line->words[3];
    word->text = sim_word(line, "text", NULL);
    while (*end)
        end = &(*end)->next;
    *end = word;
}

bool sim_tdh_line(const sim_line *line) {
    static const struct {
        const char *key;
        void (*add)(const sim_line *);
    } keys[] = {{"tdh-provider", add_provider}, {"tdh-event", add_event}, {"tdh-field", add_field},
                {"tdh-value", add_word},        {"tdh-map", add_map},     {"tdh-entry", add_entry}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(line->words[0], keys[i].key) == 0) {
            keys[i].add(line);
            return true;
        }
    return false;
}

sim_tdh_provider *sim_tdh_find_provider(const GUID *guid) {
    for (sim_tdh_provider *provider = sim_tdh_providers; provider; provider = provider->next)
        if (memcmp(&provider->guid, guid, sizeof *guid) == 0)
            return provider;
    return NULL;
}

const sim_tdh_event *sim_tdh_find_event(const GUID *guid, const EVENT_DESCRIPTOR *descriptor, bool classic) {
    const sim_tdh_provider *provider = sim_tdh_find_provider(guid);
    for (const sim_tdh_event *event = provider ? provider->events : NULL; event; event = event->next)
        if (event->classic == classic && event->descriptor.Version == descriptor->Version &&
            (classic ? event->descriptor.Opcode == descriptor->Opcode : event->descriptor.Id == descriptor->Id))
            return event;
    return NULL;
}

const BYTE *sim_tdh_value(const sim_tdh_event *event, const char *name, const BYTE *payload, ULONG size, USHORT *type,
                          ULONG *bytes) {
    ULONG at = 0;
    for (const sim_tdh_field *field = event->fields; field && at <= size; field = field->next) {
        const sim_value_type field_type = {field->in_type, field->out_type, false, 0, 8};
        ULONG length;
        if (!sim_tdh_size(&field_type, payload + at, size - at, &length) || !length)
            return NULL;
        if (strcmp(field->name, name) == 0) {
            *type = field->in_type;
            *bytes = length;
            return payload + at;
        }
        at += length;
    }
    return NULL;
}

ULONG sim_blob_add(sim_blob *blob, const void *data, ULONG size) {
    const ULONG at = (blob->size + 1) & ~1u;
    while (at + size > blob->capacity) {
        blob->capacity = blob->capacity ? 2 * blob->capacity : 4096;
        BYTE *bytes = realloc(blob->bytes, blob->capacity);
        if (!bytes)
            sim_fatal("no memory for an answer");
        blob->bytes = bytes;
    }
    if (at > blob->size)
        blob->bytes[blob->size] = 0;
    if (data)
        memcpy(blob->bytes + at, data, size);
    else
        memset(blob->bytes + at, 0, size);
    blob->size = at + size;
    return at;
}

ULONG sim_blob_text(sim_blob *blob, const char *text, const char *tail) {
    WCHAR wide[1024];
    if (!text)
        return 0;
    const int length = MultiByteToWideChar(CP_UTF8, 0, text, (int)strlen(text), wide, 1000);
    const int more = MultiByteToWideChar(CP_UTF8, 0, tail, -1, wide + length, 1024 - length);
    return sim_blob_add(blob, wide, (ULONG)(length + more) * (ULONG)sizeof *wide);
}

ULONG sim_blob_hand_out(sim_blob *blob, void *buffer, ULONG *size) {
    const ULONG room = *size;
    *size = blob->size;
    const bool fits = buffer && room >= blob->size;
    if (fits)
        memcpy(buffer, blob->bytes, blob->size);
    free(blob->bytes);
    return fits ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER;
}
