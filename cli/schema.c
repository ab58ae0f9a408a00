/* SPDX-License-Identifier: MIT */
/* The subcommand schema: what is known of a provider's events, without any trace. */
#include "schema.h"

#include <string.h>

int cli_schema(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "pack") == 0)
        return cli_schema_pack(argc - 1, argv + 1);
    return cli_usage(NULL, "schema: only 'schema pack' is there yet");
}
