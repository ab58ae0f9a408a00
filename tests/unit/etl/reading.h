/* SPDX-License-Identifier: MIT */
/* Opens traces made by hand, from memory or from a file, and keeps what they report. For the tests of the reader. */
#ifndef EK_TEST_READING_H
#define EK_TEST_READING_H

#include "etl/etl.h"
#include "handmade.h"
#include "test.h"

#include <stdio.h>

/* What was reported, and what the reader is asked to be. */
typedef struct reading {
    bool strict, growing, from_file;
    unsigned damages;
    uint64_t bytes;     /* that all damages cost */
    etwkit_error first; /* damage */
    etwkit_error last;
    etwkit_error error; /* of the call that failed */
    ek_etl *etl;
    ek_run run;
} reading;

static const etwkit_allocator *reading_allocator; /* NULL: the C library's */

static inline etwkit_allocator reading_memory(void) {
    return ek_allocator_or_default(reading_allocator);
}

static inline etwkit_status reading_damage(void *context, const etwkit_error *damage, uint64_t bytes) {
    reading *r = context;
    r->last = *damage;
    if (r->damages++ == 0)
        r->first = *damage;
    r->bytes += bytes;
    return r->strict ? ETWKIT_E_DAMAGED : ETWKIT_OK;
}

static inline etwkit_status reading_open(reading *r, const uint8_t *data, size_t size) {
    etwkit_allocator allocator = reading_memory();
    ek_etl_input input = {.data = data, .size = size, .name = "t.etl", .number = 7};
    ek_etl_settings settings = {.allocator = allocator, .damage = reading_damage, .context = r, .growing = r->growing};
    return ek_etl_open(&r->etl, &input, &settings, &r->error);
}

static inline etwkit_status reading_open_file(reading *r, const char *path) {
    etwkit_allocator allocator = reading_memory();
    ek_etl_input input = {.name = "t.etl", .number = 7};
    ek_etl_settings settings = {.allocator = allocator, .damage = reading_damage, .context = r, .growing = r->growing};
    etwkit_status status = ek_file_open(&input.file, path, &allocator, &r->error);
    return status ? status : ek_etl_open(&r->etl, &input, &settings, &r->error);
}

static inline etwkit_status reading_load(reading *r, size_t index) {
    return ek_etl_load(r->etl, &ek_etl_entries(r->etl)[index], &r->run, &r->error);
}

static inline void reading_close(reading *r) {
    etwkit_allocator allocator = reading_memory();
    ek_run_free(&r->run, &allocator);
    ek_etl_close(&r->etl);
    *r = (reading){.strict = r->strict, .growing = r->growing};
}

/* The ids of all EVENT64 events, buffer by buffer, as text: "1 2|3". */
static inline const char *reading_ids(reading *r) {
    static char text[4096];
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 1; i < ek_etl_count(r->etl); i++) {
        etwkit_record record;
        const char *phrase;
        if (i > 1)
            at += (size_t)snprintf(text + at, sizeof text - at, "|");
        if (reading_load(r, i) != ETWKIT_OK)
            return "load failed";
        for (bool first = true; ek_run_read(&r->run, &record, &phrase) == ETWKIT_OK; first = false)
            at += (size_t)snprintf(text + at, sizeof text - at, first ? "%u" : " %u", record.event_id);
    }
    return text;
}

#endif
