/* SPDX-License-Identifier: MIT */
/* Filters of EnableTraceEx2: their limits, and which events they let through. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static ULONG check_filter(const EVENT_FILTER_DESCRIPTOR *filter) {
    const BYTE *data = (const BYTE *)(ULONG_PTR)filter->Ptr;
    if (!data || !filter->Size)
        return ERROR_INVALID_PARAMETER;
    ULONG limit = SIM_MAX_FILTER_BYTES;
    const sim_filter_event_id *ids = (const sim_filter_event_id *)(const void *)data;
    switch ((int)filter->Type) {
    case SIM_FILTER_PID:
        if (filter->Size % sizeof(ULONG) || filter->Size / sizeof(ULONG) > SIM_MAX_FILTER_PIDS)
            return ERROR_INVALID_PARAMETER;
        break;
    case SIM_FILTER_EVENT_ID:
    case SIM_FILTER_STACKWALK:
        if (filter->Size < offsetof(sim_filter_event_id, events) || ids->count > SIM_MAX_FILTER_IDS ||
            filter->Size < offsetof(sim_filter_event_id, events) + ids->count * sizeof(USHORT))
            return ERROR_INVALID_PARAMETER;
        break;
    case SIM_FILTER_EVENT_NAME:
    case SIM_FILTER_STACKWALK_NAME:
        if (filter->Size < offsetof(sim_filter_event_name, names))
            return ERROR_INVALID_PARAMETER;
        limit = SIM_MAX_NAME_FILTER_BYTES;
        break;
    case SIM_FILTER_STACKWALK_LEVEL_KW:
        if (filter->Size < sizeof(sim_filter_level_kw))
            return ERROR_INVALID_PARAMETER;
        break;
    case SIM_FILTER_PAYLOAD: limit = SIM_MAX_PAYLOAD_FILTER_BYTES; break;
    case SIM_FILTER_SCHEMATIZED:
    case SIM_FILTER_EXECUTABLE_NAME:
    case SIM_FILTER_PACKAGE_ID:
    case SIM_FILTER_PACKAGE_APP_ID: break;
    default: return ERROR_INVALID_PARAMETER;
    }
    return filter->Size > limit ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
}

/* The limits, and that no type may stand there twice:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enabletraceex2
 * Which error a filter beyond its limit brings is on no page (on-real-windows.md). */
ULONG sim_check_filters(const EVENT_FILTER_DESCRIPTOR *filters, ULONG count) {
    if (count > SIM_MAX_FILTERS || (count && !filters))
        return ERROR_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++) {
        const ULONG error = check_filter(&filters[i]);
        if (error)
            return error;
        for (ULONG j = 0; j < i; j++)
            if (filters[j].Type == filters[i].Type)
                return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

void sim_take_filters(sim_enable *enable, const EVENT_FILTER_DESCRIPTOR *filters, ULONG count) {
    for (ULONG i = 0; i < count; i++) {
        sim_filter *filter = &enable->filters[enable->filter_count++];
        filter->type = filters[i].Type;
        filter->size = filters[i].Size;
        filter->data = malloc(filter->size);
        if (!filter->data)
            sim_fatal("no memory for a filter");
        memcpy(filter->data, (const void *)(ULONG_PTR)filters[i].Ptr, filter->size);
    }
}

void sim_drop_filters(sim_enable *enable) {
    while (enable->filter_count)
        free(enable->filters[--enable->filter_count].data);
}

static const sim_filter *find(const sim_enable *enable, int type) {
    for (unsigned i = 0; i < enable->filter_count; i++)
        if ((int)enable->filters[i].type == type)
            return &enable->filters[i];
    return NULL;
}

static bool has_pid(const sim_filter *filter, ULONG process_id) {
    for (ULONG at = 0; at + sizeof(ULONG) <= filter->size; at += sizeof(ULONG)) {
        ULONG pid;
        memcpy(&pid, filter->data + at, sizeof pid);
        if (pid == process_id)
            return true;
    }
    return false;
}

/* Names of executables belong to processes that the script names ("process PID NAME"). */
enum {
    PROCESSES = 64
};
static struct {
    ULONG id;
    const char *name;
} processes[PROCESSES];
static unsigned process_count;

bool sim_process_line(const sim_line *line) {
    if (strcmp(line->words[0], "process") != 0 || line->count != 3 || process_count == PROCESSES)
        return false;
    processes[process_count].id = (ULONG)sim_number(line->words[1]);
    processes[process_count++].name = line->words[2];
    return true;
}

static bool has_executable(const sim_filter *filter, ULONG process_id) {
    char list[SIM_MAX_FILTER_BYTES + 1] = "";
    (void)WideCharToMultiByte(CP_UTF8, 0, (const WCHAR *)(const void *)filter->data,
                              (int)(filter->size / sizeof(WCHAR)), list, SIM_MAX_FILTER_BYTES, NULL, NULL);
    for (unsigned i = 0; i < process_count; i++) {
        if (processes[i].id != process_id)
            continue;
        for (char *rest = NULL, *name = strtok_s(list, ";", &rest); name; name = strtok_s(NULL, ";", &rest))
            if (_stricmp(name, processes[i].name) == 0)
                return true;
        return false;
    }
    return false;
}

/* The provider is enabled in these processes only: EVENT_FILTER_TYPE_PID in
 * https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_descriptor */
bool sim_scope_lets(const sim_enable *enable, ULONG process_id) {
    const sim_filter *pids = find(enable, SIM_FILTER_PID), *names = find(enable, SIM_FILTER_EXECUTABLE_NAME);
    return (!pids || has_pid(pids, process_id)) && (!names || has_executable(names, process_id));
}

static bool has_id(const sim_filter *filter, USHORT id) {
    const sim_filter_event_id *ids = (const sim_filter_event_id *)(const void *)filter->data;
    for (USHORT i = 0; i < ids->count; i++)
        if (ids->events[i] == id)
            return true;
    return false;
}

/* The name in TraceLogging's event metadata: u16 size, tag bytes with the top bit set but for the last, the name. */
static const char *event_name(const sim_draft *draft) {
    for (unsigned i = 0; i < draft->item_count; i++)
        if (draft->items[i].type == SIM_ITEM_EVENT_SCHEMA_TL) {
            const BYTE *at = (const BYTE *)draft->items[i].data + 2, *end = at - 2 + draft->items[i].size;
            while (at < end && (*at++ & 0x80))
                ;
            return at < end && memchr(at, 0, (size_t)(end - at)) ? (const char *)at : NULL;
        }
    return NULL;
}

static bool keywords_match(ULONGLONG any, ULONGLONG all, UCHAR level, const EVENT_DESCRIPTOR *descriptor) {
    return (!level || descriptor->Level <= level) &&
           (!any || ((descriptor->Keyword & any) && (descriptor->Keyword & all) == all));
}

/* https://learn.microsoft.com/windows/win32/api/evntprov/ns-evntprov-event_filter_event_name */
static bool has_name(const sim_filter *filter, const char *name, const EVENT_DESCRIPTOR *descriptor) {
    const sim_filter_event_name *names = (const sim_filter_event_name *)(const void *)filter->data;
    const char *at = names->names, *end = (const char *)filter->data + filter->size;
    if (!keywords_match(names->any, names->all, names->level, descriptor))
        return false;
    for (USHORT i = 0; i < names->count && at < end && memchr(at, 0, (size_t)(end - at)); i++) {
        if (strcmp(at, name) == 0)
            return true;
        at += strlen(at) + 1;
    }
    return false;
}

/* Id filters are ignored for TraceLogging, name filters for all others (EVENT_FILTER_DESCRIPTOR, as above). */
bool sim_filters_let(const sim_enable *enable, const sim_draft *draft) {
    const EVENT_DESCRIPTOR *descriptor = &draft->header.EventDescriptor;
    const char *name = event_name(draft);
    const sim_filter *ids = find(enable, SIM_FILTER_EVENT_ID), *names = find(enable, SIM_FILTER_EVENT_NAME),
                     *payload = find(enable, SIM_FILTER_PAYLOAD);
    if (!sim_scope_lets(enable, draft->header.ProcessId))
        return false;
    if (ids && !name &&
        has_id(ids, descriptor->Id) != (((const sim_filter_event_id *)(const void *)ids->data)->filter_in != 0))
        return false;
    if (names && name &&
        has_name(names, name, descriptor) !=
            (((const sim_filter_event_name *)(const void *)names->data)->filter_in != 0))
        return false;
    return !payload || name || sim_payload_lets(payload, draft);
}

bool sim_filters_want_stack(const sim_enable *enable, const sim_draft *draft) {
    const EVENT_DESCRIPTOR *descriptor = &draft->header.EventDescriptor;
    const char *name = event_name(draft);
    const sim_filter *ids = find(enable, SIM_FILTER_STACKWALK), *names = find(enable, SIM_FILTER_STACKWALK_NAME),
                     *levels = find(enable, SIM_FILTER_STACKWALK_LEVEL_KW);
    if (!sim_script.filters_honoured)
        return true;
    if (ids && !name)
        return has_id(ids, descriptor->Id) == (((const sim_filter_event_id *)(const void *)ids->data)->filter_in != 0);
    if (names && name)
        return has_name(names, name, descriptor) ==
               (((const sim_filter_event_name *)(const void *)names->data)->filter_in != 0);
    if (levels) {
        const sim_filter_level_kw *kw = (const sim_filter_level_kw *)(const void *)levels->data;
        return keywords_match(kw->any, kw->all, kw->level, descriptor) == (kw->filter_in != 0);
    }
    return true;
}
