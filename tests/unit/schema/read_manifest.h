/* SPDX-License-Identifier: MIT */
/* Reads a manifest, and keeps what is told of it. For the tests of manifests. */
#ifndef EK_TEST_READ_MANIFEST_H
#define EK_TEST_READ_MANIFEST_H

#include "schema/manifest.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* One manifest read, and the sentences about it. */
typedef struct told {
    ek_providers providers;
    etwkit_status status;
    etwkit_error error;
    unsigned reports;
    char first[512], last[512];
} told;

static told is; /* one at a time */

static inline void note(void *context, const etwkit_error *error) {
    told *t = context;
    snprintf(t->reports ? t->last : t->first, sizeof t->first, "%s", error->message);
    if (!t->reports++)
        memcpy(t->last, t->first, sizeof t->last);
}

static inline void read_bytes(const void *data, size_t size) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    is = (told){.reports = 0};
    ek_providers_init(&is.providers, &allocator);
    is.status = ek_manifest_read("a.man", data, size, &is.providers, note, &is, &is.error);
}

static inline void read_text(const char *text) {
    read_bytes(text, strlen(text));
}

static inline void done(void) {
    ek_providers_free(&is.providers);
}

#endif
