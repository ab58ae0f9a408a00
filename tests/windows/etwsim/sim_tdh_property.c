/* SPDX-License-Identifier: MIT */
/*
 * TdhGetPropertySize and TdhGetProperty: a property's bytes as they lie in the event.
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgetpropertysize
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgetproperty
 */
#include "sim_tdh.h"

#include <string.h>

static bool read_name(const PROPERTY_DATA_DESCRIPTOR *descriptor, char text[1024]) {
    if (!descriptor->PropertyName)
        return false;
    (void)sim_text((const WCHAR *)(ULONG_PTR)descriptor->PropertyName, text);
    return true;
}

/* One descriptor names a property, two name a structure and a member of it; an index of ULONG_MAX means all of it:
 * https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-property_data_descriptor */
static ULONG locate(EVENT_RECORD *record, ULONG count, const PROPERTY_DATA_DESCRIPTOR *descriptors, const BYTE **at,
                    ULONG *size) {
    char name[1024], member[1024];
    if (!record || !descriptors || count < 1 || count > 2 || !read_name(&descriptors[0], name) ||
        (count == 2 && !read_name(&descriptors[1], member)))
        return ERROR_INVALID_PARAMETER;
    const sim_tdh_path path = {name, count == 2 ? member : NULL, descriptors[0].ArrayIndex,
                               count == 2 ? descriptors[1].ArrayIndex : 0};
    const sim_tdh_provider *provider;
    const sim_tdh_event *event = sim_tdh_find_event_of(record, &provider);
    return event ? sim_tdh_locate(event, record, &path, at, size) : ERROR_NOT_FOUND;
}

ULONG WINAPI sim_TdhGetPropertySize(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context, ULONG count,
                                    PROPERTY_DATA_DESCRIPTOR *descriptors, ULONG *size);
ULONG WINAPI sim_TdhGetPropertySize(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context, ULONG count,
                                    PROPERTY_DATA_DESCRIPTOR *descriptors, ULONG *size) {
    sim_begin();
    const BYTE *at;
    ULONG error = sim_called("TdhGetPropertySize");
    (void)contexts, (void)context;
    if (!error)
        error = size ? locate(record, count, descriptors, &at, size) : ERROR_INVALID_PARAMETER;
    sim_log("TdhGetPropertySize -> %lu", error);
    return error;
}

ULONG WINAPI sim_TdhGetProperty(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context, ULONG count,
                                PROPERTY_DATA_DESCRIPTOR *descriptors, ULONG room, BYTE *buffer);
ULONG WINAPI sim_TdhGetProperty(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context, ULONG count,
                                PROPERTY_DATA_DESCRIPTOR *descriptors, ULONG room, BYTE *buffer) {
    sim_begin();
    const BYTE *at;
    ULONG size, error = sim_called("TdhGetProperty");
    (void)contexts, (void)context;
    if (!error)
        error = buffer ? locate(record, count, descriptors, &at, &size) : ERROR_INVALID_PARAMETER;
    if (!error && size > room)
        error = ERROR_INSUFFICIENT_BUFFER;
    if (!error)
        memcpy(buffer, at, size);
    sim_log("TdhGetProperty -> %lu", error);
    return error;
}
