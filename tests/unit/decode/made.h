/* SPDX-License-Identifier: MIT */
/* Schemas and records made by hand for the tests of what reads payloads, and a walk's steps as one text. */
#ifndef EK_TEST_MADE_H
#define EK_TEST_MADE_H

#include "schema/schema.h"
#include "test.h"

#include <etwkit/value.h>

#include <stdlib.h>

#define SPEC(text, ...) \
    { .name = (text), .name_length = sizeof(text) - 1, __VA_ARGS__ }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct made {
    ek_arena arena;
    etwkit_schema schema;
    etwkit_error error;
} made;

static inline bool make(made *to, const ek_field_spec *specs, size_t count, size_t top) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    *to = (made){.schema = {.known = true}};
    ek_arena_init(&to->arena, &allocator);
    etwkit_status status = ek_layout_build(&to->schema.is.layout, &to->arena, specs, count, top, &to->error);
    if (status)
        test_fail(__FILE__, __LINE__, "the layout is refused: %s", to->error.message);
    return status == ETWKIT_OK;
}

static inline void unmake(made *from) {
    ek_arena_free(&from->arena);
}

static inline const etwkit_field *field_of(const made *from, size_t index) {
    return &from->schema.is.layout->fields[index];
}

/* A record whose payload is a block of exactly its size, so that a sanitizer sees a read past it. */
static inline etwkit_record record_of(const void *payload, size_t size, unsigned pointer_size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, payload, size);
    return (etwkit_record){.payload = copy,
                           .payload_size = (uint32_t)size,
                           .pointer_size = (uint8_t)pointer_size,
                           .process_id = ETWKIT_NO_ID,
                           .thread_id = ETWKIT_NO_ID};
}

static inline void release_record(etwkit_record *record) {
    free((void *)record->payload);
    record->payload = NULL;
}

/* Everything that a walk gives: `A=1 B=[1 2] C={D=x} +2 !`: a rest of two bytes, and truncated. */
static inline const char *walk_text(const made *with, const etwkit_record *record) {
    static char text[1 << 16];
    size_t at = 0, depth = 0, left = sizeof text - 256, length;
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, &with->schema, record);
    bool in_array[64] = {false};
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK && at < left) {
        bool ends = step.kind == ETWKIT_STEP_ARRAY_END || step.kind == ETWKIT_STEP_STRUCT_END;
        if (!ends && at && text[at - 1] != '[' && text[at - 1] != '{')
            text[at++] = ' ';
        if (!ends && !in_array[depth])
            at += (size_t)snprintf(text + at, left - at, "%s=", step.field->name);
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            CHECK(step.value.field == step.field);
            CHECK(step.value.data >= record->payload);
            CHECK(step.value.data + step.value.size <= record->payload + record->payload_size);
            if (etwkit_value_text(&step.value, 0, text + at, left - at, &length) == ETWKIT_OK)
                at += length;
            break;
        case ETWKIT_STEP_ARRAY_BEGIN:
            text[at++] = '[';
            in_array[++depth] = true;
            break;
        case ETWKIT_STEP_STRUCT_BEGIN:
            text[at++] = '{';
            in_array[++depth] = false;
            break;
        case ETWKIT_STEP_ARRAY_END:
            text[at++] = ']';
            depth--;
            break;
        case ETWKIT_STEP_STRUCT_END:
            text[at++] = '}';
            depth--;
            break;
        }
    }
    CHECK_EQ_UINT(depth, 0);
    const uint8_t *rest;
    size_t rest_size = etwkit_walk_rest(&walk, &rest);
    CHECK(rest + rest_size == record->payload + record->payload_size);
    if (rest_size)
        at += (size_t)snprintf(text + at, 32, " +%zu", rest_size);
    if (etwkit_walk_truncated(&walk))
        at += (size_t)snprintf(text + at, 32, " !");
    text[at] = 0;
    return text;
}

/* `payload` is a string literal. */
#define CHECK_WALK(with, pointer_size, payload, want)                                     \
    do {                                                                                  \
        etwkit_record walked = record_of((payload), sizeof(payload) - 1, (pointer_size)); \
        CHECK_EQ_STR(walk_text((with), &walked), (want));                                 \
        release_record(&walked);                                                          \
    } while (0)

#endif
