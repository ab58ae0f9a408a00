/* SPDX-License-Identifier: MIT */
/* TdhGetEventInformation and its relatives: TRACE_EVENT_INFO and EVENT_MAP_INFO built from the script's table.
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventinformation */
#include "sim_tdh.h"

#include <string.h>

_Static_assert(offsetof(TRACE_EVENT_INFO, EventPropertyInfoArray) == 112, "as in tdh.h");
_Static_assert(sizeof(EVENT_PROPERTY_INFO) == 24, "as in tdh.h");

static EVENT_PROPERTY_INFO property(sim_blob *blob, const sim_tdh_field *field) {
    EVENT_PROPERTY_INFO info;
    memset(&info, 0, sizeof info);
    info.Flags =
        (PROPERTY_FLAGS)((field->is_struct ? PropertyStruct : 0) | (field->count_is_field ? PropertyParamCount : 0) |
                         (field->length_is_field ? PropertyParamLength : 0) |
                         (field->fixed_length ? PropertyParamFixedLength : 0));
    info.NameOffset = sim_blob_text(blob, field->name, "");
    if (field->is_struct) {
        info.structType.StructStartIndex = field->first;
        info.structType.NumOfStructMembers = field->members;
    } else {
        info.nonStructType.InType = field->in_type;
        info.nonStructType.OutType = field->out_type;
        info.nonStructType.MapNameOffset = sim_blob_text(blob, field->map, "");
    }
    info.count = field->count;
    info.length = field->length;
    return info;
}

/* The list of keywords ends with an empty one. */
static ULONG keyword_list(sim_blob *blob, const char *keywords) {
    char names[1024];
    ULONG first = 0;
    if (!keywords)
        return 0;
    (void)strncpy(names, keywords, sizeof names - 1);
    names[sizeof names - 1] = 0;
    for (char *rest = NULL, *name = strtok_s(names, ",", &rest); name; name = strtok_s(NULL, ",", &rest)) {
        const ULONG at = sim_blob_text(blob, name, " ");
        first = first ? first : at;
    }
    (void)sim_blob_text(blob, "", "");
    return first;
}

static ULONG describe(const sim_tdh_provider *provider, const sim_tdh_event *event, const EVENT_DESCRIPTOR *descriptor,
                      TRACE_EVENT_INFO *buffer, ULONG *size) {
    sim_blob blob = {NULL, 0, 0};
    TRACE_EVENT_INFO info;
    memset(&info, 0, sizeof info);
    const ULONG array = (ULONG)offsetof(TRACE_EVENT_INFO, EventPropertyInfoArray);
    (void)sim_blob_add(&blob, NULL, array + event->field_count * (ULONG)sizeof(EVENT_PROPERTY_INFO));
    info.ProviderGuid = provider->guid;
    if (event->classic)
        info.EventGuid = provider->guid;
    info.EventDescriptor = event->descriptor;
    info.EventDescriptor.Keyword = descriptor->Keyword;
    info.DecodingSource = event->tracelogging ? SIM_DECODING_SOURCE_TLG
                          : event->classic    ? DecodingSourceWbem
                                              : DecodingSourceXMLFile;
    info.ProviderNameOffset = sim_blob_text(&blob, provider->name, "");
    /* Names from manifests end in a blank, as map texts do. */
    info.LevelNameOffset = sim_blob_text(&blob, event->level, " ");
    info.ChannelNameOffset = sim_blob_text(&blob, event->channel, "");
    info.KeywordsNameOffset = keyword_list(&blob, event->keywords);
    info.TaskNameOffset = sim_blob_text(&blob, event->task, " ");
    /* It is EventNameOffset, too: https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-trace_event_info */
    info.ActivityIDNameOffset = sim_blob_text(&blob, event->name, "");
    info.OpcodeNameOffset = sim_blob_text(&blob, event->opcode, " ");
    info.EventMessageOffset = sim_blob_text(&blob, event->message, "");
    info.PropertyCount = event->field_count;
    info.Flags = TEMPLATE_EVENT_DATA;
    ULONG at = array;
    for (const sim_tdh_field *field = event->fields; field; field = field->next) {
        const EVENT_PROPERTY_INFO one = property(&blob, field);
        memcpy(blob.bytes + at, &one, sizeof one);
        at += (ULONG)sizeof one;
        info.TopLevelPropertyCount += !field->is_member;
    }
    memcpy(blob.bytes, &info, array);
    return sim_blob_hand_out(&blob, buffer, size);
}

const sim_tdh_event *sim_tdh_find_event_of(const EVENT_RECORD *record, const sim_tdh_provider **provider) {
    const EVENT_HEADER *header = &record->EventHeader;
    const sim_tdh_event *event = sim_tdh_tracelogging(record, provider);
    if (event)
        return event;
    *provider = sim_tdh_find_provider(&header->ProviderId);
    return sim_tdh_find_event(&header->ProviderId, &header->EventDescriptor,
                              (header->Flags & EVENT_HEADER_FLAG_CLASSIC_HEADER) != 0);
}

ULONG WINAPI sim_TdhGetEventInformation(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context,
                                        TRACE_EVENT_INFO *buffer, ULONG *size);
ULONG WINAPI sim_TdhGetEventInformation(EVENT_RECORD *record, ULONG contexts, TDH_CONTEXT *context,
                                        TRACE_EVENT_INFO *buffer, ULONG *size) {
    sim_begin();
    char guid[40] = "";
    (void)contexts, (void)context;
    ULONG error = sim_called("TdhGetEventInformation");
    if (!error && (!record || !size))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        const sim_tdh_provider *provider;
        const sim_tdh_event *event = sim_tdh_find_event_of(record, &provider);
        error = event ? describe(provider, event, &record->EventHeader.EventDescriptor, buffer, size) : ERROR_NOT_FOUND;
    }
    sim_log("TdhGetEventInformation provider=%s id=%u version=%u opcode=%u -> %lu",
            record ? sim_guid_text(&record->EventHeader.ProviderId, guid) : "",
            record ? record->EventHeader.EventDescriptor.Id : 0,
            record ? record->EventHeader.EventDescriptor.Version : 0,
            record ? record->EventHeader.EventDescriptor.Opcode : 0, error);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgetmanifesteventinformation */
ULONG WINAPI sim_TdhGetManifestEventInformation(GUID *provider, EVENT_DESCRIPTOR *descriptor, TRACE_EVENT_INFO *buffer,
                                                ULONG *size);
ULONG WINAPI sim_TdhGetManifestEventInformation(GUID *provider, EVENT_DESCRIPTOR *descriptor, TRACE_EVENT_INFO *buffer,
                                                ULONG *size) {
    sim_begin();
    char guid[40] = "";
    ULONG error = sim_called("TdhGetManifestEventInformation");
    if (!error && (!provider || !descriptor || !size))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        const sim_tdh_event *event = sim_tdh_find_event(provider, descriptor, false);
        error = event ? describe(sim_tdh_find_provider(provider), event, descriptor, buffer, size) : ERROR_NOT_FOUND;
    }
    sim_log("TdhGetManifestEventInformation provider=%s id=%u -> %lu", provider ? sim_guid_text(provider, guid) : "",
            descriptor ? descriptor->Id : 0, error);
    return error;
}

static const sim_tdh_map *find_map(const GUID *guid, const WCHAR *name) {
    char text[1024];
    const sim_tdh_provider *provider = sim_tdh_find_provider(guid);
    (void)sim_text(name, text);
    for (const sim_tdh_map *map = provider ? provider->maps : NULL; map; map = map->next)
        if (strcmp(map->name, text) == 0)
            return map;
    return NULL;
}

static ULONG describe_map(const sim_tdh_map *map, EVENT_MAP_INFO *buffer, ULONG *size) {
    sim_blob blob = {NULL, 0, 0};
    EVENT_MAP_INFO info;
    memset(&info, 0, sizeof info);
    const ULONG array = (ULONG)offsetof(EVENT_MAP_INFO, MapEntryArray);
    (void)sim_blob_add(&blob, NULL, array + map->entry_count * (ULONG)sizeof(EVENT_MAP_ENTRY));
    info.NameOffset = sim_blob_text(&blob, map->name, "");
    info.Flag = map->bits ? EVENTMAP_INFO_FLAG_MANIFEST_BITMAP : EVENTMAP_INFO_FLAG_MANIFEST_VALUEMAP;
    info.EntryCount = map->entry_count;
    info.MapEntryValueType = EVENTMAP_ENTRY_VALUETYPE_ULONG;
    ULONG at = array;
    for (const sim_tdh_entry *entry = map->entries; entry; entry = entry->next) {
        EVENT_MAP_ENTRY one;
        memset(&one, 0, sizeof one);
        one.OutputOffset = sim_blob_text(&blob, entry->text, " "); /* "a space at the end", the page below */
        one.Value = entry->value;
        memcpy(blob.bytes + at, &one, sizeof one);
        at += (ULONG)sizeof one;
    }
    memcpy(blob.bytes, &info, array);
    return sim_blob_hand_out(&blob, buffer, size);
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventmapinformation */
ULONG WINAPI sim_TdhGetEventMapInformation(EVENT_RECORD *record, WCHAR *name, EVENT_MAP_INFO *buffer, ULONG *size);
ULONG WINAPI sim_TdhGetEventMapInformation(EVENT_RECORD *record, WCHAR *name, EVENT_MAP_INFO *buffer, ULONG *size) {
    sim_begin();
    char text[1024];
    ULONG error = sim_called("TdhGetEventMapInformation");
    if (!error && (!record || !name || !size))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        const sim_tdh_map *map = find_map(&record->EventHeader.ProviderId, name);
        error = map ? describe_map(map, buffer, size) : ERROR_NOT_FOUND;
    }
    sim_log("TdhGetEventMapInformation map=\"%s\" -> %lu", sim_text(name, text), error);
    return error;
}
