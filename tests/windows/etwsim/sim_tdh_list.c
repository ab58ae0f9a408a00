/* SPDX-License-Identifier: MIT */
/* Lists: the providers that are installed, the events of one, and the keywords and such that it names. */
#include "sim_tdh.h"

#include <stdlib.h>
#include <string.h>

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhenumerateproviders */
static ULONG list_providers(PROVIDER_ENUMERATION_INFO *buffer, ULONG *size) {
    sim_blob blob = {NULL, 0, 0};
    PROVIDER_ENUMERATION_INFO info;
    memset(&info, 0, sizeof info);
    for (const sim_tdh_provider *provider = sim_tdh_providers; provider; provider = provider->next)
        info.NumberOfProviders++;
    ULONG at = (ULONG)offsetof(PROVIDER_ENUMERATION_INFO, TraceProviderInfoArray);
    (void)sim_blob_add(&blob, NULL, at + info.NumberOfProviders * (ULONG)sizeof(TRACE_PROVIDER_INFO));
    for (const sim_tdh_provider *provider = sim_tdh_providers; provider; provider = provider->next) {
        const TRACE_PROVIDER_INFO one = {provider->guid, provider->source, sim_blob_text(&blob, provider->name, "")};
        memcpy(blob.bytes + at, &one, sizeof one);
        at += (ULONG)sizeof one;
    }
    memcpy(blob.bytes, &info, offsetof(PROVIDER_ENUMERATION_INFO, TraceProviderInfoArray));
    return sim_blob_hand_out(&blob, buffer, size);
}

ULONG WINAPI sim_TdhEnumerateProviders(PROVIDER_ENUMERATION_INFO *buffer, ULONG *size);
ULONG WINAPI sim_TdhEnumerateProviders(PROVIDER_ENUMERATION_INFO *buffer, ULONG *size) {
    sim_begin();
    ULONG error = sim_called("TdhEnumerateProviders");
    if (!error)
        error = size ? list_providers(buffer, size) : ERROR_INVALID_PARAMETER;
    sim_log("TdhEnumerateProviders -> %lu", error);
    return error;
}

/* PROVIDER_EVENT_INFO: https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-provider_event_info */
typedef struct sim_event_list {
    ULONG count, reserved;
} sim_event_list;

static ULONG list_events(const GUID *guid, void *buffer, ULONG *size) {
    const sim_tdh_provider *provider = sim_tdh_find_provider(guid);
    sim_blob blob = {NULL, 0, 0};
    sim_event_list head = {0, 0};
    if (!provider)
        return ERROR_NOT_FOUND;
    (void)sim_blob_add(&blob, &head, sizeof head);
    for (const sim_tdh_event *event = provider->events; event; event = event->next)
        if (!event->classic) {
            (void)sim_blob_add(&blob, &event->descriptor, sizeof event->descriptor);
            head.count++;
        }
    memcpy(blob.bytes, &head, sizeof head);
    if (!head.count) {
        free(blob.bytes);
        return ERROR_EMPTY;
    }
    return sim_blob_hand_out(&blob, buffer, size);
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhenumeratemanifestproviderevents */
ULONG WINAPI sim_TdhEnumerateManifestProviderEvents(GUID *provider, void *buffer, ULONG *size);
ULONG WINAPI sim_TdhEnumerateManifestProviderEvents(GUID *provider, void *buffer, ULONG *size) {
    sim_begin();
    char guid[40] = "";
    ULONG error = sim_called("TdhEnumerateManifestProviderEvents");
    if (!error)
        error = provider && size ? list_events(provider, buffer, size) : ERROR_INVALID_PARAMETER;
    sim_log("TdhEnumerateManifestProviderEvents provider=%s -> %lu", provider ? sim_guid_text(provider, guid) : "",
            error);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhenumerateproviderfieldinformation */
static ULONG list_words(const GUID *guid, ULONG kind, void *buffer, ULONG *size) {
    const sim_tdh_provider *provider = sim_tdh_find_provider(guid);
    sim_blob blob = {NULL, 0, 0};
    PROVIDER_FIELD_INFOARRAY head;
    memset(&head, 0, sizeof head);
    for (const sim_tdh_word *word = provider ? provider->words : NULL; word; word = word->next)
        head.NumberOfElements += word->kind == kind;
    if (!head.NumberOfElements)
        return ERROR_NOT_FOUND;
    head.FieldType = (EVENT_FIELD_TYPE)kind;
    ULONG at = (ULONG)offsetof(PROVIDER_FIELD_INFOARRAY, FieldInfoArray);
    (void)sim_blob_add(&blob, NULL, at + head.NumberOfElements * (ULONG)sizeof(PROVIDER_FIELD_INFO));
    for (const sim_tdh_word *word = provider->words; word; word = word->next) {
        if (word->kind != kind)
            continue;
        const ULONG name = sim_blob_text(&blob, word->name, ""), text = sim_blob_text(&blob, word->text, "");
        const PROVIDER_FIELD_INFO one = {name, text, word->value};
        memcpy(blob.bytes + at, &one, sizeof one);
        at += (ULONG)sizeof one;
    }
    memcpy(blob.bytes, &head, offsetof(PROVIDER_FIELD_INFOARRAY, FieldInfoArray));
    return sim_blob_hand_out(&blob, buffer, size);
}

ULONG WINAPI sim_TdhEnumerateProviderFieldInformation(GUID *provider, ULONG kind, void *buffer, ULONG *size);
ULONG WINAPI sim_TdhEnumerateProviderFieldInformation(GUID *provider, ULONG kind, void *buffer, ULONG *size) {
    sim_begin();
    char guid[40] = "";
    ULONG error = sim_called("TdhEnumerateProviderFieldInformation");
    if (!error && (!provider || !size))
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = kind < EventInformationMax ? list_words(provider, kind, buffer, size) : ERROR_NOT_SUPPORTED;
    sim_log("TdhEnumerateProviderFieldInformation provider=%s kind=%lu -> %lu",
            provider ? sim_guid_text(provider, guid) : "", kind, error);
    return error;
}
