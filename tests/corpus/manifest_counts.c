/* SPDX-License-Identifier: MIT */
/* Reads manifests, and prints of each a line: what was found in it, and how many faults were told. */
#include "schema/manifest.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct counts {
    size_t events, payloads, fields, names, maps, entries;
} counts;

static void report(void *context, const etwkit_error *error) {
    size_t *count = context;
    (void)error;
    ++*count;
}

static counts count(const ek_providers *providers) {
    counts all = {0};
    for (size_t i = 0; i < providers->count; i++) {
        const ek_provider *provider = providers->list[i];
        for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
            all.names += provider->tables[kind].count;
        all.maps += provider->map_count;
        for (size_t j = 0; j < provider->map_count; j++)
            all.entries += etwkit_map_count(provider->maps[j]);
        all.events += provider->event_count;
        for (size_t j = 0; j < provider->event_count; j++) {
            const ek_template *payload = provider->events[j].payload;
            all.payloads += payload != NULL;
            all.fields += payload ? payload->field_count : 0;
        }
    }
    return all;
}

/* The file's bytes, or NULL. */
static void *load(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    size_t capacity = EK_MANIFEST_SIZE;
    void *bytes = file ? malloc(capacity) : NULL;
    *size = bytes ? fread(bytes, 1, capacity, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    for (int i = 1; i < argc; i++) {
        size_t size, reports = 0;
        void *bytes = load(argv[i], &size);
        ek_providers providers;
        if (!bytes)
            return 1;
        ek_providers_init(&providers, &allocator);
        etwkit_status status = ek_manifest_read(argv[i], bytes, size, &providers, report, &reports, NULL);
        counts all = count(&providers);
        printf("%d %zu %zu %zu %zu %zu %zu %zu %zu\n", status, providers.count, all.events, all.payloads, all.fields,
               all.names, all.maps, all.entries, reports);
        ek_providers_free(&providers);
        free(bytes);
    }
    return 0;
}
