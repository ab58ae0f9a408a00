/* SPDX-License-Identifier: MIT */
/* Small providers for the tests of what works on providers. */
#ifndef EK_TEST_MADE_PROVIDER_H
#define EK_TEST_MADE_PROVIDER_H

#include "schema/provider.h"
#include "test.h"

static const etwkit_guid made_id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

/* Descriptions of fields: name, type, and perhaps the index of the field that counts or measures it. */
#define PLAIN(text, type) \
    { .name = (text), .name_length = sizeof(text) - 1, .in_type = (type) }
#define COUNTED(text, type, by) \
    { .name = (text), .name_length = sizeof(text) - 1, .in_type = (type), .flags = EK_FIELD_PARAM_COUNT, .count = (by) }
#define MEASURED(text, type, by)                                                                            \
    {                                                                                                       \
        .name = (text), .name_length = sizeof(text) - 1, .in_type = (type), .flags = EK_FIELD_PARAM_LENGTH, \
        .length = (by)                                                                                      \
    }

static inline ek_provider_event *made_event(ek_providers *providers, ek_provider *provider, uint16_t id,
                                            const ek_field_spec *fields, size_t count, size_t top_count) {
    ek_provider_event *event = provider ? ek_provider_add_event(providers, provider) : NULL;
    ek_template *payload = event ? ek_arena_new(&providers->arena, sizeof *payload) : NULL;
    ek_field_spec *copy = payload ? ek_arena_copy(&providers->arena, fields, count * sizeof *fields) : NULL;
    if (!copy)
        return NULL;
    *payload = (ek_template){copy, (uint16_t)count, (uint16_t)top_count, NULL};
    event->id = id;
    event->payload = payload;
    return event;
}
#define MADE_EVENT(providers, provider, id, fields) \
    made_event(providers, provider, id, fields, sizeof(fields) / sizeof *(fields), sizeof(fields) / sizeof *(fields))

/* "Name Other" of the top-level fields, and behind a bar where the layout stops. */
static inline const char *made_names(const ek_template *payload) {
    static char text[256];
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < payload->top_count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s", i ? " " : "",
                                   (int)payload->fields[i].name_length, payload->fields[i].name);
    if (payload->stops_at)
        snprintf(text + length, sizeof text - length, "|%s", payload->stops_at);
    return text;
}

#endif
