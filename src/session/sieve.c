/* SPDX-License-Identifier: MIT */
/* The filters of a session of the system, applied to each event once more: what comes is then the same whether Windows
 * kept to them or not. */
#include "session/sieve.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/guid.h"
#include "base/machine.h"
#include "session/event_ids.h"
#include "session/payload.h"

/* Making. */

static bool copy_texts(ek_arena *arena, const char *const **texts, size_t count) {
    if (count == 0)
        return true;
    const char **copies = ek_arena_new(arena, count * sizeof *copies);
    for (size_t i = 0; copies && i < count; i++) {
        copies[i] = ek_arena_text(arena, (*texts)[i], strlen((*texts)[i]));
        if (!copies[i])
            return false;
    }
    *texts = copies;
    return copies != NULL;
}

static bool copy_array(ek_arena *arena, const void **array, size_t count, size_t size) {
    if (count)
        *array = ek_arena_copy(arena, *array, count * size);
    return !count || *array;
}

static const uint8_t *make_ids(ek_arena *arena, const etwkit_enable *enable) {
    uint8_t *ids = ek_arena_alloc(arena, EK_ID_BITS_SIZE);
    if (ids)
        ek_id_bits_fill(ids, enable->event_ids, enable->event_id_count, enable->exclude_event_ids);
    return ids;
}

static bool copy_wanted(ek_arena *arena, ek_wanted *to, const ek_wanted *from) {
    *to = *from;
    etwkit_enable *it = &to->enable;
    const void *event_ids = it->event_ids, *process_ids = it->process_ids, *stack_ids = it->stack_ids;
    bool copied = copy_array(arena, &event_ids, it->event_id_count, sizeof *it->event_ids) &&
                  copy_array(arena, &process_ids, it->process_id_count, sizeof *it->process_ids) &&
                  copy_array(arena, &stack_ids, it->stack_id_count, sizeof *it->stack_ids) &&
                  copy_texts(arena, &it->programs, it->program_count) &&
                  copy_texts(arena, &it->event_names, it->event_name_count) &&
                  ek_payload_copy(arena, &it->payload_filters, it->payload_filter_count);
    it->event_ids = event_ids;
    it->process_ids = process_ids;
    it->stack_ids = stack_ids;
    to->ids = copied && it->event_id_count ? make_ids(arena, it) : NULL;
    return copied && (to->ids || !it->event_id_count);
}

static bool fill(ek_sieve *sieve, const ek_sieve *old, const etwkit_guid *provider, const etwkit_enable *enable) {
    size_t most = (old ? old->count : 0) + 1;
    sieve->list = ek_arena_new(&sieve->arena, most * sizeof *sieve->list);
    if (!sieve->list)
        return false;
    for (size_t i = 0; i + 1 < most; i++)
        if (!ek_guid_equal(&old->list[i].provider, provider) &&
            !copy_wanted(&sieve->arena, &sieve->list[sieve->count++], &old->list[i]))
            return false;
    if (!enable)
        return true;
    const ek_wanted added = {.provider = *provider, .enable = *enable};
    return copy_wanted(&sieve->arena, &sieve->list[sieve->count++], &added);
}

ek_sieve *ek_sieve_with(const ek_sieve *old, const etwkit_allocator *allocator, const etwkit_guid *provider,
                        const etwkit_enable *enable) {
    ek_sieve *sieve = ek_new(allocator, sizeof *sieve);
    if (!sieve)
        return NULL;
    ek_arena_init(&sieve->arena, allocator);
    sieve->since_ticks = ek_ticks_now();
    sieve->since_time = ek_filetime_now();
    if (!fill(sieve, old, provider, enable))
        ek_sieve_free(&sieve);
    return sieve;
}

void ek_sieve_free(ek_sieve **sieve) {
    while (*sieve) {
        ek_sieve *ending = *sieve;
        *sieve = ending->older;
        const etwkit_allocator allocator = ending->arena.allocator;
        ek_arena_free(&ending->arena);
        ek_release(&allocator, ending);
    }
}

/* Ticks of the performance counter are exact; times of other clocks are those that they were converted to. */
static bool is_before(const etwkit_record *record, const ek_sieve *sieve, const ek_clock *clock) {
    return clock->frequency == ek_ticks_frequency() ? record->raw_timestamp < sieve->since_ticks
                                                    : record->timestamp < sieve->since_time;
}

ek_sieve *ek_sieve_follow(ek_sieve *sieve, ek_sieve *newest, const ek_sieve *seen) {
    unsigned count = 0;
    for (const ek_sieve *it = newest; it; it = it->older)
        count++;
    sieve->older = newest;
    if (count < EK_SIEVES_MOST || newest == seen)
        return NULL;
    sieve->older = newest->older;
    sieve->since_ticks = newest->since_ticks;
    sieve->since_time = newest->since_time;
    newest->older = NULL;
    return newest;
}

ek_sieve *ek_sieve_cut(ek_sieve *newest, const etwkit_record *record, const ek_clock *clock) {
    ek_sieve *last = newest;
    for (unsigned kept = 1; last && last->older && kept < EK_SIEVES_MOST && is_before(record, last, clock); kept++)
        last = last->older;
    if (!last)
        return NULL;
    ek_sieve *rest = last->older;
    last->older = NULL;
    return rest;
}

ek_sieve *ek_sieve_at(ek_sieve *newest, const etwkit_record *record, const ek_clock *clock) {
    while (newest && newest->older && is_before(record, newest, clock))
        newest = newest->older;
    return newest;
}

ek_wanted *ek_sieve_find(const ek_sieve *sieve, const etwkit_guid *provider) {
    for (size_t i = 0; sieve && i < sieve->count; i++)
        if (ek_guid_equal(&sieve->list[i].provider, provider))
            return &sieve->list[i];
    return NULL;
}

/* Asking. */

static bool has_process(const etwkit_enable *enable, uint32_t process_id) {
    for (size_t i = 0; i < enable->process_id_count; i++)
        if (enable->process_ids[i] == process_id)
            return true;
    return enable->process_id_count == 0;
}

/* The name in TraceLogging's metadata: behind their size and the event's tags. "": it has none. */
static const char *name_of(const etwkit_record *record, size_t *length) {
    const uint8_t *data;
    size_t size, at = sizeof(uint16_t);
    *length = 0;
    if (etwkit_record_item(record, ETWKIT_ITEM_EVENT_SCHEMA_TL, &data, &size) != ETWKIT_OK)
        return "";
    while (at < size && data[at] & 0x80)
        at++;
    at++;
    while (at + *length < size && data[at + *length])
        ++*length;
    return *length ? (const char *)data + at : "";
}

static bool has_name(const etwkit_enable *enable, const etwkit_record *record) {
    if (enable->event_name_count == 0)
        return true;
    size_t length;
    const char *name = name_of(record, &length);
    for (size_t i = 0; i < enable->event_name_count; i++)
        if (strlen(enable->event_names[i]) == length && memcmp(enable->event_names[i], name, length) == 0)
            return !enable->exclude_event_names;
    return enable->exclude_event_names;
}

static bool runs_program(const ek_wanted *wanted, const etwkit_record *record, ek_runs *runs, void *context) {
    if (wanted->enable.program_count == 0)
        return true;
    const ek_verdict verdict = runs(context, record, wanted);
    return verdict == EK_YES || (verdict == EK_UNKNOWN && wanted->takes_unknown_programs);
}

static bool has_payload(const ek_wanted *wanted, const etwkit_record *record, const ek_filter_names *names) {
    const etwkit_enable *enable = &wanted->enable;
    const etwkit_schema *schema = NULL;
    for (size_t i = 0; i < enable->payload_filter_count; i++) {
        const etwkit_payload_filter *filter = &enable->payload_filters[i];
        if (!ek_payload_names(filter, record))
            continue;
        schema = schema ? schema : names->schema(names->context, record);
        if (!schema || !etwkit_schema_is_known(schema))
            return wanted->takes_unknown_payloads;
        if (ek_payload_holds(filter, record, schema))
            return true;
    }
    return !schema;
}

bool ek_sieve_passes(const ek_sieve *sieve, const etwkit_record *record, const ek_filter_names *names, ek_runs *runs,
                     void *context) {
    const ek_wanted *wanted = ek_sieve_find(sieve, &record->provider_id);
    if (!wanted)
        return true;
    const etwkit_enable *enable = &wanted->enable;
    bool has_header = !(record->flags & (ETWKIT_FLAG_CLASSIC | ETWKIT_FLAG_TRACE_MESSAGE)); /* with id and keywords */
    if (has_header && wanted->ids && !ek_id_bits_have(wanted->ids, record->event_id))
        return false;
    if (has_header && enable->ignore_keyword_0 && record->keywords == 0)
        return false;
    if (!has_process(enable, record->process_id) || !has_name(enable, record))
        return false;
    return runs_program(wanted, record, runs, context) && (!has_header || has_payload(wanted, record, names));
}

bool ek_is_program(const char *path, const char *name) {
    const char *last = path;
    for (const char *at = path; *at; at++)
        if (*at == '\\' || *at == '/')
            last = at + 1;
    size_t i = 0;
    while (last[i] && ek_ascii_lower(last[i]) == ek_ascii_lower(name[i]))
        i++;
    return !last[i] && !name[i];
}
