/* SPDX-License-Identifier: MIT */
/* Names of events, levels and opcodes, and the JSON that all records of a schema begin with. Knows no source. */
#include "schema/names.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/utf.h"

#include <string.h>

typedef struct known_name {
    uint8_t value;
    const char *manifest; /* behind "win:" */
    const char *shown;
} known_name;

static const known_name levels[] = {
    {0, "LogAlways", "LogAlways"}, {1, "Critical", "Critical"},         {2, "Error", "Error"},
    {3, "Warning", "Warning"},     {4, "Informational", "Information"}, {5, "Verbose", "Verbose"},
};

static const known_name opcodes[] = {
    {0, "Info", "Info"},       {1, "Start", "Start"},         {2, "Stop", "Stop"},         {3, "DC_Start", "DCStart"},
    {4, "DC_Stop", "DCStop"},  {5, "Extension", "Extension"}, {6, "Reply", "Reply"},       {7, "Resume", "Resume"},
    {8, "Suspend", "Suspend"}, {9, "Send", "Send"},           {240, "Receive", "Receive"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *name_of(const known_name *names, size_t count, uint8_t value) {
    for (size_t i = 0; i < count; i++)
        if (names[i].value == value)
            return names[i].shown;
    return NULL;
}

static const char *plain_name(const known_name *names, size_t count, const char *name) {
    if (!name || strncmp(name, "win:", 4) != 0)
        return name;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].manifest, name + 4) == 0)
            return names[i].shown;
    return name + 4;
}

const char *ek_builtin_level_name(uint8_t level) {
    return name_of(levels, COUNT(levels), level);
}

const char *ek_builtin_opcode_name(uint8_t opcode) {
    return name_of(opcodes, COUNT(opcodes), opcode);
}

const char *ek_plain_level_name(const char *name) {
    return plain_name(levels, COUNT(levels), name);
}

const char *ek_plain_opcode_name(const char *name) {
    return plain_name(opcodes, COUNT(opcodes), name);
}

const char *ek_name_copy(ek_arena *arena, const char *text, size_t length) {
    if (ek_utf8_valid((const uint8_t *)text, length) == length)
        return ek_arena_text(arena, text, length);
    ek_buf buf;
    ek_buf_init(&buf, &arena->allocator);
    ek_ansi_append(&buf, (const uint8_t *)text, length, true);
    const char *name = buf.failed ? NULL : ek_arena_text(arena, (const char *)buf.data, buf.size);
    ek_buf_free(&buf);
    return name;
}

int ek_compare_names(const char *a, const char *b) {
    while (*a && ek_ascii_lower(*a) == ek_ascii_lower(*b))
        a++, b++;
    return (int)(unsigned char)ek_ascii_lower(*a) - (int)(unsigned char)ek_ascii_lower(*b);
}

static bool is_given(const char *name) {
    return name && *name;
}

static const char *numbered_name(ek_arena *arena, const etwkit_record *record) {
    char text[16];
    unsigned number = record->flags & ETWKIT_FLAG_CLASSIC ? record->opcode : record->event_id;
    int length = ek_format(text, sizeof text, "Event(%u)", number);
    return ek_arena_text(arena, text, (size_t)length);
}

const char *ek_event_name(ek_arena *arena, const ek_description *description, const etwkit_record *record) {
    const char *task = description->task_name, *opcode = description->opcode_name;
    if (is_given(description->event_name))
        return description->event_name;
    if (!is_given(task))
        return numbered_name(arena, record);
    if (!is_given(opcode) || strcmp(opcode, "Info") == 0)
        return task;
    size_t size = strlen(task) + 1 + strlen(opcode) + 1;
    char *name = ek_arena_alloc(arena, size);
    if (name)
        ek_format(name, size, "%s/%s", task, opcode);
    return name;
}

static void append_name(ek_buf *out, const char *key, const char *name) {
    ek_buf_text(out, key);
    if (name)
        ek_json_quote(out, name, strlen(name));
    else
        ek_buf_text(out, "null");
}

static void append_numbers(ek_buf *out, const etwkit_schema *schema) {
    char text[192];
    int length = ek_format(text, sizeof text,
                           ",\"event_id\":%u,\"version\":%u,\"level\":%u,\"opcode\":%u,\"task\":%u,\"channel\":%u,"
                           "\"keywords\":\"0x%llx\"",
                           (unsigned)schema->event_id, (unsigned)schema->version, (unsigned)schema->level,
                           (unsigned)schema->opcode, (unsigned)schema->task, (unsigned)schema->channel,
                           (unsigned long long)schema->keywords);
    ek_buf_append(out, text, (size_t)length);
}

/* A name that is not known is left out. */
static void append_known(ek_buf *out, const char *key, const char *name) {
    if (is_given(name))
        append_name(out, key, name);
}

static void append_keywords(ek_buf *out, const char *const *names) {
    if (!names || !*names)
        return;
    ek_buf_text(out, ",\"keyword_names\":");
    for (size_t i = 0; names[i]; i++)
        append_name(out, i ? "," : "[", names[i]);
    ek_buf_byte(out, ']');
}

/* The keys that --names adds. Written whether asked for or not: once for a kind of event, and none of the reading's
 * business after that. */
static bool write_names(ek_arena *arena, etwkit_schema *schema) {
    ek_buf names;
    ek_buf_init(&names, &arena->allocator);
    append_known(&names, ",\"level_name\":", schema->is.level_name);
    append_known(&names, ",\"opcode_name\":", schema->is.opcode_name);
    append_known(&names, ",\"task_name\":", schema->is.task_name);
    append_known(&names, ",\"channel_name\":", schema->is.channel_name);
    append_keywords(&names, schema->is.keyword_names);
    schema->json_names = names.failed ? NULL : ek_arena_text(arena, (const char *)names.data, names.size);
    schema->json_names_size = (uint32_t)names.size;
    ek_buf_free(&names);
    return schema->json_names != NULL;
}

bool ek_schema_write_head(ek_arena *arena, etwkit_schema *schema) {
    char id[ETWKIT_GUID_TEXT];
    ek_buf head;
    ek_buf_init(&head, &arena->allocator);
    etwkit_guid_format(&schema->provider_id, id);
    append_name(&head, ",\"provider_name\":", schema->is.provider_name);
    append_name(&head, ",\"provider_id\":", id);
    append_name(&head, ",\"event_name\":", schema->is.event_name);
    append_numbers(&head, schema);
    schema->json_head = head.failed ? NULL : ek_arena_text(arena, (const char *)head.data, head.size);
    schema->json_head_size = (uint32_t)head.size;
    ek_buf_free(&head);
    return schema->json_head && write_names(arena, schema);
}
