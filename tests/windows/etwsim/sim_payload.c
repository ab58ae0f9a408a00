/* SPDX-License-Identifier: MIT */
/* Payload filters: made by TDH of predicates on the fields of the script's table, and asked for each event.
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhcreatepayloadfilter */
#include "sim_tdh.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-payload_filter_predicate */
typedef struct sim_predicate {
    WCHAR *field;
    USHORT operation;
    WCHAR *value;
} sim_predicate;

enum {
    IS_EQUAL,
    IS_NOT_EQUAL,
    IS_LESS_OR_EQUAL,
    IS_GREATER,
    IS_LESS,
    IS_GREATER_OR_EQUAL,
    IS_BETWEEN,
    IS_NOT_BETWEEN,
    IS_MULTIPLE,
    CONTAINS = 20,
    DOES_NOT_CONTAIN,
    IS = 30,
    IS_NOT,
    MAX_PREDICATES = 8 /* ETW_MAX_PAYLOAD_PREDICATES of tdh.h */
};

/* Windows' filters are opaque; these are: this, then for each predicate its operation and two texts (UTF-8, NUL). */
typedef struct sim_payload_head {
    ULONG size; /* of all of it */
    GUID provider;
    USHORT id;
    UCHAR version, match_any, match_all_flag, count;
} sim_payload_head;

static ULONG create(const GUID *provider, const EVENT_DESCRIPTOR *descriptor, BOOLEAN match_any, ULONG count,
                    const sim_predicate *predicates, void **filter) {
    if (!provider || !descriptor || !predicates || !filter || !count || count > MAX_PREDICATES)
        return ERROR_INVALID_PARAMETER;
    const sim_tdh_event *event = sim_tdh_find_event(provider, descriptor, false);
    if (!event)
        return ERROR_NOT_FOUND;
    sim_blob blob = {NULL, 0, 0};
    sim_payload_head head = {
        .provider = *provider, .id = descriptor->Id, .version = descriptor->Version, .match_any = match_any != 0};
    head.count = (UCHAR)count;
    (void)sim_blob_add(&blob, &head, sizeof head);
    for (ULONG i = 0; i < count; i++) {
        char field[1024], value[1024];
        (void)sim_text(predicates[i].field, field);
        (void)sim_text(predicates[i].value, value);
        const sim_tdh_field *known = event->fields;
        while (known && strcmp(known->name, field) != 0)
            known = known->next;
        if (!known) {
            free(blob.bytes);
            return ERROR_INVALID_PARAMETER;
        }
        (void)sim_blob_add(&blob, &predicates[i].operation, sizeof predicates[i].operation);
        (void)sim_blob_add(&blob, field, (ULONG)strlen(field) + 1);
        (void)sim_blob_add(&blob, value, (ULONG)strlen(value) + 1);
    }
    (void)sim_blob_add(&blob, NULL, blob.size & 1);
    head.size = (blob.size + 1) & ~1u;
    memcpy(blob.bytes, &head, sizeof head);
    if (head.size > SIM_MAX_PAYLOAD_FILTER_BYTES) {
        free(blob.bytes);
        return ERROR_INSUFFICIENT_BUFFER;
    }
    *filter = blob.bytes;
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_TdhCreatePayloadFilter(const GUID *provider, const EVENT_DESCRIPTOR *descriptor, BOOLEAN match_any,
                                        ULONG count, sim_predicate *predicates, void **filter);
ULONG WINAPI sim_TdhCreatePayloadFilter(const GUID *provider, const EVENT_DESCRIPTOR *descriptor, BOOLEAN match_any,
                                        ULONG count, sim_predicate *predicates, void **filter) {
    sim_begin();
    ULONG error = sim_called("TdhCreatePayloadFilter");
    if (!error)
        error = create(provider, descriptor, match_any, count, predicates, filter);
    sim_log("TdhCreatePayloadFilter id=%u predicates=%lu any=%d -> %lu", descriptor ? descriptor->Id : 0, count,
            match_any, error);
    return error;
}

ULONG WINAPI sim_TdhDeletePayloadFilter(void **filter);
ULONG WINAPI sim_TdhDeletePayloadFilter(void **filter) {
    sim_begin();
    if (!filter)
        return ERROR_INVALID_PARAMETER;
    free(*filter);
    *filter = NULL;
    return sim_called("TdhDeletePayloadFilter");
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhaggregatepayloadfilters */
ULONG WINAPI sim_TdhAggregatePayloadFilters(ULONG count, void **filters, BOOLEAN *match_all,
                                            EVENT_FILTER_DESCRIPTOR *descriptor);
ULONG WINAPI sim_TdhAggregatePayloadFilters(ULONG count, void **filters, BOOLEAN *match_all,
                                            EVENT_FILTER_DESCRIPTOR *descriptor) {
    sim_begin();
    ULONG error = sim_called("TdhAggregatePayloadFilters");
    sim_blob blob = {NULL, 0, 0};
    if (!error && (!count || !filters || !descriptor))
        error = ERROR_INVALID_PARAMETER;
    for (ULONG i = 0; i < count && !error; i++) {
        sim_payload_head head;
        memcpy(&head, filters[i], sizeof head);
        const ULONG at = sim_blob_add(&blob, filters[i], head.size);
        blob.bytes[at + offsetof(sim_payload_head, match_all_flag)] = match_all && match_all[i];
    }
    if (!error)
        *descriptor = (EVENT_FILTER_DESCRIPTOR){(ULONGLONG)(ULONG_PTR)blob.bytes, blob.size, (ULONG)SIM_FILTER_PAYLOAD};
    sim_log("TdhAggregatePayloadFilters count=%lu size=%lu -> %lu", count, blob.size, error);
    return error;
}

ULONG WINAPI sim_TdhCleanupPayloadEventFilterDescriptor(EVENT_FILTER_DESCRIPTOR *descriptor);
ULONG WINAPI sim_TdhCleanupPayloadEventFilterDescriptor(EVENT_FILTER_DESCRIPTOR *descriptor) {
    sim_begin();
    if (!descriptor)
        return ERROR_INVALID_PARAMETER;
    free((void *)(ULONG_PTR)descriptor->Ptr);
    memset(descriptor, 0, sizeof *descriptor);
    sim_log("TdhCleanupPayloadEventFilterDescriptor -> 0");
    return sim_called("TdhCleanupPayloadEventFilterDescriptor");
}

/* ---- asked for each event */

static bool compare_numbers(USHORT operation, LONGLONG number, const char *text) {
    char *end = NULL;
    const LONGLONG first = strtoll(text, &end, 0), second = *end == ',' ? strtoll(end + 1, NULL, 0) : 0;
    switch (operation) {
    case IS_EQUAL: return number == first;
    case IS_NOT_EQUAL: return number != first;
    case IS_LESS_OR_EQUAL: return number <= first;
    case IS_GREATER: return number > first;
    case IS_LESS: return number < first;
    case IS_GREATER_OR_EQUAL: return number >= first;
    case IS_BETWEEN: return number >= first && number <= second;
    case IS_NOT_BETWEEN: return number < first || number > second;
    case IS_MULTIPLE: return first && number % first == 0;
    default: return false;
    }
}

/* All comparisons of texts are without case (PAYLOAD_FILTER_PREDICATE). */
static bool compare_texts(USHORT operation, char *text, char *wanted) {
    (void)_strlwr(text);
    (void)_strlwr(wanted);
    switch (operation) {
    case CONTAINS: return strstr(text, wanted) != NULL;
    case DOES_NOT_CONTAIN: return strstr(text, wanted) == NULL;
    case IS: return strcmp(text, wanted) == 0;
    case IS_NOT: return strcmp(text, wanted) != 0;
    default: return false;
    }
}

static bool holds(USHORT operation, const BYTE *value, ULONG size, USHORT type, const char *wanted) {
    char text[2048] = "", lower[1024];
    LONGLONG number = 0;
    if (operation < CONTAINS) {
        memcpy(&number, value, size < sizeof number ? size : sizeof number);
        if (size < 8 && (type == 3 || type == 5 || type == 7)) /* signed */
            number = (LONGLONG)((ULONGLONG)number << (64 - 8 * size)) >> (64 - 8 * size);
        return compare_numbers(operation, number, wanted);
    }
    (void)strncpy(lower, wanted, sizeof lower - 1);
    lower[sizeof lower - 1] = 0;
    if (type == 1) {
        (void)WideCharToMultiByte(CP_UTF8, 0, (const WCHAR *)(const void *)value, (int)(size / 2), text,
                                  sizeof text - 1, NULL, NULL);
    } else if (type == 15) {
        GUID guid;
        memcpy(&guid, value, sizeof guid);
        text[0] = '{';
        (void)sim_guid_text(&guid, text + 1);
        (void)strcat(text, "}");
    } else {
        memcpy(text, value, size < sizeof text ? size : sizeof text - 1);
    }
    return compare_texts(operation, text, lower);
}

static bool one_lets(const BYTE *filter, const sim_payload_head *head, const sim_tdh_event *event,
                     const sim_draft *draft) {
    bool all = true, any = false;
    ULONG at = sizeof *head;
    for (unsigned i = 0; i < head->count; i++) {
        USHORT operation, type = 0;
        ULONG size = 0;
        memcpy(&operation, filter + at, sizeof operation);
        const char *field = (const char *)filter + at + sizeof operation;
        at = (at + (ULONG)sizeof operation + (ULONG)strlen(field) + 2) & ~1u;
        const char *wanted = (const char *)filter + at;
        at = (at + (ULONG)strlen(wanted) + 2) & ~1u;
        const BYTE *value = sim_tdh_value(event, field, draft->payload, draft->payload_size, &type, &size);
        const bool good = value && holds(operation, value, size, type, wanted);
        all = all && good;
        any = any || good;
    }
    return head->match_any ? any : all;
}

/* Events that no filter names are let through. Several filters of one event: all of those with the flag must let it,
 * or any of those without (TdhAggregatePayloadFilters). */
bool sim_payload_lets(const sim_filter *filter, const sim_draft *draft) {
    const EVENT_DESCRIPTOR *descriptor = &draft->header.EventDescriptor;
    bool named = false, all = true, any = false, has_any = false;
    sim_payload_head head;
    for (ULONG at = 0; at + sizeof head <= filter->size; at += head.size) {
        memcpy(&head, filter->data + at, sizeof head);
        if (head.size < sizeof head || head.id != descriptor->Id || head.version != descriptor->Version)
            continue;
        const sim_tdh_event *event = sim_tdh_find_event(&draft->header.ProviderId, descriptor, false);
        const bool good = event && one_lets(filter->data + at, &head, event, draft);
        named = true;
        if (head.match_all_flag) {
            all = all && good;
        } else {
            has_any = true;
            any = any || good;
        }
    }
    return !named || (all && (!has_any || any));
}
