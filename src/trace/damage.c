/* SPDX-License-Identifier: MIT */
/* Damage of a trace: counted, the first ones kept, each reported, and with strict the end of the reading. */
#include "base/error.h"
#include "trace/trace.h"

#include <string.h>

static void keep(etwkit_trace *trace, const etwkit_error *damage) {
    void *grown = trace->damage;
    if (trace->damage_count == EK_DAMAGE_KEPT ||
        !ek_grow(&trace->allocator, &grown, &trace->damage_capacity, trace->damage_count + 1, sizeof *trace->damage))
        return; /* counted all the same */
    trace->damage = grown;
    trace->damage[trace->damage_count++] = *damage;
}

etwkit_status ek_trace_damage(etwkit_trace *trace, const etwkit_error *damage, uint64_t bytes) {
    trace->stats.damage++;
    trace->stats.bytes_damaged += bytes;
    trace->stats.events_damaged += bytes != 0;
    keep(trace, damage);
    if (trace->on_damage)
        trace->on_damage(trace->on_damage_context, damage);
    if (!trace->strict)
        return ETWKIT_OK;
    trace->fatal = *damage;
    return damage->status;
}

etwkit_status ek_trace_report_record(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record, const char *fault,
                                     const char *remedy) {
    etwkit_error damage = {.status = ETWKIT_E_DAMAGED,
                           .buffer = record->buffer,
                           .record = record->buffer_position,
                           .offset = record->buffer_offset};
    if (!etl) {
        ek_format(damage.message, sizeof damage.message, "%s: an event: %s (%s)", trace->feed.name, fault, remedy);
        return ek_trace_damage(trace, &damage, 0);
    }
    ek_format(damage.message, sizeof damage.message, "%s: buffer %u at offset 0x%llX: event at 0x%X: %s (%s)",
              ek_etl_info(etl)->path, record->buffer, (unsigned long long)record->buffer_offset,
              record->buffer_position, fault, remedy);
    return ek_trace_damage(trace, &damage, 0);
}

const etwkit_error *etwkit_trace_damage(const etwkit_trace *trace, size_t index) {
    return index < trace->damage_count ? &trace->damage[index] : NULL;
}
