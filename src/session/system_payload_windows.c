/* SPDX-License-Identifier: MIT */
/* Payload filters for EnableTraceEx2: TDH makes them of the schemas that are installed. */
#include "session/system_windows.h"

static uint32_t create(ek_arena *arena, const ek_wanted *wanted, const etwkit_payload_filter *filter, void **made) {
    GUID provider;
    const EVENT_DESCRIPTOR event = {.Id = filter->event_id, .Version = filter->version};
    ek_payload_filter_predicate *predicates = ek_arena_new(arena, filter->predicate_count * sizeof *predicates);
    memcpy(&provider, &wanted->provider, sizeof provider);
    for (size_t i = 0; predicates && i < filter->predicate_count; i++) {
        const etwkit_payload_predicate *it = &filter->predicates[i];
        predicates[i] = (ek_payload_filter_predicate){(LPWSTR)ek_wide_kept(arena, it->field), (USHORT)it->comparison,
                                                      (LPWSTR)ek_wide_kept(arena, it->value)};
        if (!predicates[i].FieldName || !predicates[i].Value)
            return ERROR_INVALID_PARAMETER;
    }
    if (!predicates)
        return ERROR_NOT_ENOUGH_MEMORY;
    return TdhCreatePayloadFilter(&provider, &event, filter->match_any, (ULONG)filter->predicate_count, predicates,
                                  made);
}

/* All or none: of several for one event, one that is missing would keep back what it lets through. */
static uint32_t make(ek_arena *arena, EVENT_FILTER_DESCRIPTOR *made, const ek_wanted *wanted, const char **call) {
    const size_t count = wanted->enable.payload_filter_count;
    void **filters = ek_arena_new(arena, count * sizeof *filters);
    BOOLEAN *match_all = ek_arena_new(arena, count * sizeof *match_all); /* FALSE: any of those for one event */
    uint32_t code = filters && match_all ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    size_t created = 0;
    *call = "TdhCreatePayloadFilter";
    while (code == ERROR_SUCCESS && created < count) {
        code = create(arena, wanted, &wanted->enable.payload_filters[created], &filters[created]);
        created += code == ERROR_SUCCESS;
    }
    if (code == ERROR_SUCCESS) {
        *call = "TdhAggregatePayloadFilters";
        code = TdhAggregatePayloadFilters((ULONG)count, filters, match_all, made);
    }
    while (created)
        (void)TdhDeletePayloadFilter(&filters[--created]);
    return code;
}

uint32_t ek_payload_filter_make(EVENT_FILTER_DESCRIPTOR *made, const ek_wanted *wanted,
                                const etwkit_allocator *allocator, const char **call) {
    ek_arena arena;
    ek_arena_init(&arena, allocator);
    *made = (EVENT_FILTER_DESCRIPTOR){0};
    uint32_t code = make(&arena, made, wanted, call);
    ek_arena_free(&arena);
    if (code == ERROR_SUCCESS && made->Size > EK_FILTER_PAYLOAD_BYTES_MAX) {
        ek_payload_filter_free(made);
        code = ERROR_BAD_LENGTH;
    }
    return code;
}

void ek_payload_filter_free(EVENT_FILTER_DESCRIPTOR *made) {
    if (made->Ptr)
        (void)TdhCleanupPayloadEventFilterDescriptor(made);
    *made = (EVENT_FILTER_DESCRIPTOR){0};
}
