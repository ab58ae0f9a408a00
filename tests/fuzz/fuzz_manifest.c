/* SPDX-License-Identifier: MIT */
/* Fuzz target: instrumentation manifests, and such as PerfView prints, cleaned.
 *
 * Input: u8 the allocation that fails (0: none; times 4), u8 (bit 0: cleaned as what PerfView prints is), the XML.
 */
#include "base/utf.h"
#include "fuzz.h"
#include "fuzz_provider.h"
#include "schema/manifest.h"
#include "schema/tidy.h"

#include <stdlib.h>

enum {
    MOST_TIMES = 64, /* of its own size and a bit, that one input may take in memory that stays */
    BASE = 16384
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    memory.fail_at = fuzz_u8(&input) * 4ul;
    bool is_dump = fuzz_u8(&input) & 1;
    etwkit_allocator allocator = fuzz_allocator(&memory);
    unsigned reports = 0;
    etwkit_error error = {0};
    ek_providers providers;
    ek_providers_init(&providers, &allocator);
    uint8_t *copy = fuzz_copy(input.at, input.left);
    etwkit_status status = ek_manifest_read("fuzz.man", copy, input.left, &providers, fuzz_report, &reports, &error);
    FUZZ_CHECK(status == ETWKIT_OK || error.message[0]);
    FUZZ_CHECK((status == ETWKIT_OK) <= (providers.count > 0));
    FUZZ_CHECK((status == ETWKIT_E_NO_MEMORY) <= fuzz_memory_failed(&memory));
    FUZZ_CHECK(reports <= EK_MANIFEST_REPORTS + 1);
    FUZZ_CHECK(providers.arena.total <= MOST_TIMES * size + BASE * (providers.count + 1));
    for (size_t i = 0; i < providers.count && status == ETWKIT_OK; i++) {
        fuzz_show_provider(providers.list[i]);
        if (is_dump && ek_tidy(&providers, providers.list[i]))
            fuzz_show_provider(providers.list[i]);
    }
    free(copy);
    ek_providers_free(&providers);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}
