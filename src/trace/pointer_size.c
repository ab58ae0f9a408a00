/* SPDX-License-Identifier: MIT */
/* Finds the pointer size of records whose header does not tell it: docs/decisions/0006. */
#include "base/guid.h"
#include "decode/walk.h"
#include "trace/process_ids.h"
#include "trace/trace.h"

/* Windows writes these classes with kernel headers. Where they have a FULL_HEADER32, a program made them: tests of
 * 32-bit programs write 64-bit payloads under it, too. */
static bool is_copied_kernel_event(const etwkit_record *record) {
    static const etwkit_guid process = EK_PROCESS_CLASS;
    static const etwkit_guid image = EK_IMAGE_CLASS;
    return ek_guid_equal(&record->provider_id, &process) || ek_guid_equal(&record->provider_id, &image);
}

void ek_trace_fit_pointer_size(etwkit_trace *trace, etwkit_record *record) {
    if (!is_copied_kernel_event(record))
        return;
    const etwkit_schema *schema = ek_catalog_find(trace->catalog, record);
    if (!schema || !schema->known || ek_layout_fits(schema->is.layout, record))
        return;
    record->pointer_size = 8;
    if (!ek_layout_fits(schema->is.layout, record))
        record->pointer_size = 4;
}
