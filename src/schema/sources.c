/* SPDX-License-Identifier: MIT */
/* Asks the schema sources in their order. */
#include "schema/sources.h"

#include "schema/classic.h"
#include "schema/tracelogging.h"

etwkit_status ek_sources_init(ek_sources *sources, const etwkit_allocator *allocator) {
    *sources = (ek_sources){0};
    etwkit_status status = ek_event_infos_new(&sources->infos, allocator);
    if (status == ETWKIT_OK)
        status = ek_told_new(&sources->told, allocator);
    return status ? status : ek_tdh_new(&sources->tdh, allocator);
}

void ek_sources_free(ek_sources *sources) {
    ek_event_infos_free(&sources->infos);
    ek_told_free(&sources->told);
    ek_tdh_free(&sources->tdh);
}

bool ek_sources_is_metadata(const etwkit_record *record) {
    return ek_event_infos_is_metadata(record) || ek_eventsource_is_metadata(record);
}

etwkit_status ek_sources_learn(ek_sources *sources, const etwkit_record *record, ek_manifest_report *report,
                               void *context, etwkit_error *error) {
    if (ek_event_infos_is_metadata(record))
        return ek_event_infos_learn(sources->infos, record, error);
    return ek_told_learn(sources->told, record, report, context, error);
}

/* Could metadata elsewhere in the trace describe an event that nothing described so far? Not the kernel's own events;
 * of other classic events, those whose class is not known. */
static bool may_be_embedded(const etwkit_record *record, const ek_description *so_far) {
    if (record->flags & (ETWKIT_FLAG_TRACE_MESSAGE | ETWKIT_FLAG_STRING_ONLY))
        return false;
    switch (record->header_kind) {
    case ETWKIT_HEADER_EVENT32:
    case ETWKIT_HEADER_EVENT64: return true;
    case ETWKIT_HEADER_FULL32:
    case ETWKIT_HEADER_FULL64:
    case ETWKIT_HEADER_INSTANCE32:
    case ETWKIT_HEADER_INSTANCE64: return !so_far->task_name && !ek_event_infos_is_metadata(record);
    default: return false;
    }
}

bool ek_sources_may_improve(const etwkit_record *record, const ek_description *so_far) {
    bool embedded = so_far->source == ETWKIT_SOURCE_EVENT_INFO || so_far->source == ETWKIT_SOURCE_EVENTSOURCE;
    return !embedded && may_be_embedded(record, so_far);
}

/* EVENT_HEADER_FLAG_STRING_ONLY: the payload is one text. */
static etwkit_status describe_text(ek_arena *arena, ek_description *description, etwkit_error *error) {
    const ek_field_spec text = {
        .name = "Message", .name_length = 7, .in_type = ETWKIT_IN_NONNULLTERMINATEDSTRING, .count = 1};
    description->source = ETWKIT_SOURCE_CLASSIC;
    return ek_layout_build(&description->layout, arena, &text, 1, 1, error);
}

etwkit_status ek_sources_describe_embedded(const ek_sources *sources, const etwkit_record *record, ek_arena *arena,
                                           ek_description *description, etwkit_error *error) {
    etwkit_status status = ek_event_infos_describe(sources->infos, record, arena, description, error);
    if (status != ETWKIT_ABSENT || record->flags & ETWKIT_FLAG_CLASSIC)
        return status;
    return ek_told_describe(sources->told, record, &sources->choice, arena, description, error);
}

/* What is known of events without any trace: packs of manifest events, and the classic classes. */
static etwkit_status ask_knowledge(const ek_sources *sources, const etwkit_record *record, ek_arena *arena,
                                   ek_description *description, etwkit_error *error) {
    if (record->flags & ETWKIT_FLAG_CLASSIC)
        return ek_classic_describe(record, arena, description, error);
    if (!sources->library)
        return ETWKIT_ABSENT;
    if (record->flags & ETWKIT_FLAG_TRACE_MESSAGE)
        return ek_library_describe_message(sources->library, record, arena, description, error);
    return ek_library_describe(sources->library, record, &sources->choice, arena, description, error);
}

/* The sources that stand outside of the event. What the trace says of it may stand behind it: it is looked for before
 * anything else is believed, but for the classic classes, which do not differ. */
static etwkit_status ask_others(ek_sources *sources, const etwkit_record *record, ek_arena *arena,
                                ek_description *description, etwkit_error *error) {
    bool classic = (record->flags & ETWKIT_FLAG_CLASSIC) != 0;
    etwkit_status status = ek_sources_describe_embedded(sources, record, arena, description, error);
    if (status == ETWKIT_ABSENT && classic)
        status = ask_knowledge(sources, record, arena, description, error);
    if (status == ETWKIT_ABSENT && !sources->has_looked && sources->look_ahead &&
        may_be_embedded(record, description)) {
        sources->has_looked = true;
        sources->look_ahead(sources->context);
        status = ek_sources_describe_embedded(sources, record, arena, description, error);
    }
    if (status == ETWKIT_ABSENT && ek_eventsource_is_metadata(record))
        status = ek_told_describe_carrier(arena, description, error);
    if (status == ETWKIT_ABSENT && !classic)
        status = ask_knowledge(sources, record, arena, description, error);
    return status;
}

etwkit_status ek_sources_describe(ek_sources *sources, const etwkit_record *record, const ek_carried *carried,
                                  ek_arena *arena, ek_description *description, etwkit_error *error) {
    if (carried->metadata)
        return ek_tracelogging_describe(carried->metadata, carried->size, carried->traits, carried->traits_size, arena,
                                        description, error);
    if (record->flags & ETWKIT_FLAG_STRING_ONLY)
        return describe_text(arena, description, error);
    if (record->flags & ETWKIT_FLAG_TRACE_MESSAGE)
        return ask_knowledge(sources, record, arena, description, error);
    etwkit_status status = ask_others(sources, record, arena, description, error);
    return status == ETWKIT_ABSENT ? ek_tdh_describe(sources->tdh, record, arena, description, error) : status;
}
