/* SPDX-License-Identifier: MIT */
/* Fuzz target: EventSource manifests in chunks, as events of several senders.
 *
 * Input: u8 the allocation that fails (0: none; times 4), then events: u8 sender, u16 size, payload.
 */
#include "fuzz.h"
#include "fuzz_provider.h"
#include "schema/eventsource.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    memory.fail_at = fuzz_u8(&input) * 4ul;
    etwkit_allocator allocator = fuzz_allocator(&memory);
    unsigned reports = 0, made = 0;
    ek_eventsources *sources;
    ek_providers providers;
    if (ek_eventsources_new(&sources, &allocator) != ETWKIT_OK)
        return 0;
    ek_providers_init(&providers, &allocator);
    while (input.left) {
        unsigned sender = fuzz_u8(&input);
        size_t payload_size = fuzz_u16(&input);
        const uint8_t *at = fuzz_bytes(&input, &payload_size);
        uint8_t *payload = fuzz_copy(at, payload_size);
        etwkit_record record = {.event_id = EK_EVENTSOURCE_ID,
                                .provider_id = {{(uint8_t)(sender >> 6)}},
                                .process_id = sender >> 3 & 7,
                                .thread_id = sender & 7,
                                .header_kind = ETWKIT_HEADER_EVENT64,
                                .payload = payload,
                                .payload_size = (uint32_t)payload_size};
        if (ek_eventsource_is_metadata(&record)) {
            ek_eventsource_manifest manifest;
            etwkit_error error = {0};
            size_t before = providers.count;
            etwkit_status status =
                ek_eventsources_learn(sources, &record, &providers, &manifest, fuzz_report, &reports, &error);
            FUZZ_CHECK(status >= 0 || error.message[0]);
            FUZZ_CHECK((status == ETWKIT_E_NO_MEMORY) <= fuzz_memory_failed(&memory));
            FUZZ_CHECK(manifest.process_id == record.process_id);
            FUZZ_CHECK((status == ETWKIT_OK) <= (providers.count > before));
            FUZZ_CHECK(status != ETWKIT_OK || manifest.number >= made);
            made = status == ETWKIT_OK ? manifest.number : made;
            for (size_t i = before; i < providers.count && status == ETWKIT_OK; i++)
                fuzz_show_provider(providers.list[i]);
        }
        free(payload);
    }
    ek_eventsources_finish(sources, fuzz_report, &reports);
    ek_eventsources_free(&sources);
    ek_providers_free(&providers);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}
