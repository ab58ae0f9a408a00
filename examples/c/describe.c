/* SPDX-License-Identifier: MIT */
/* Prints the fields of a provider's events, without any trace: describe PROVIDER [FILE]... */
#include <etwkit/etwkit.h>

#include <stdio.h>

int main(int argc, char **argv) {
    if (argc < 2)
        return fprintf(stderr, "Usage: describe PROVIDER [MANIFEST|BINARY|PACK|FOLDER]...\n"), 2;

    etwkit_error err = {0};
    etwkit_library *library = NULL;
    etwkit_library_options options = ETWKIT_LIBRARY_OPTIONS;
    options.paths = (const char *const *)argv + 2;
    options.path_count = (size_t)argc - 2;
    if (etwkit_library_open(&library, &options, &err))
        return fprintf(stderr, "%s\n", err.message), 1;

    const etwkit_provider *provider = etwkit_library_find(library, argv[1]); /* a name or GUID; NULL: not known */
    size_t count = provider ? etwkit_provider_event_count(provider) : 0;
    for (size_t i = 0; i < count; i++) {
        const etwkit_schema *schema = etwkit_library_event(library, provider, i);
        printf("%u.%u %s\n", etwkit_schema_event_id(schema), etwkit_schema_version(schema),
               etwkit_schema_event_name(schema));
        for (size_t f = 0; f < etwkit_schema_field_count(schema); f++) {
            const etwkit_field *field = etwkit_schema_field_at(schema, f);
            printf("    %s %s\n", etwkit_in_type_name(etwkit_field_in_type(field)), etwkit_field_name(field));
        }
    }
    etwkit_library_close(&library);
    return provider ? 0 : 1;
}
