/* SPDX-License-Identifier: MIT */
/* Lists of TDH: the providers that are installed, and the events of one, whose schemas a catalog without any other
 * source than TDH gives. https://learn.microsoft.com/windows/win32/api/tdh/ */
#include "base/ascii.h"
#include "base/error.h"
#include "base/utf.h"
#include "schema/catalog.h"
#include "schema/tdh.h"

#include <etwkit/installed.h>

#include <windows.h>
/* What follows builds on it. */
#include <evntcons.h>
#include <tdh.h>

enum {
    ATTEMPTS = 16,         /* what is installed may change between two questions */
    ANSWER_MOST = 64 << 20 /* bytes; larger ones are none */
};

/* mingw-w64 lacks it: learn.microsoft.com/windows/win32/api/tdh/ns-tdh-provider_event_info,
 * .../nf-tdh-tdhenumeratemanifestproviderevents */
typedef struct event_list {
    ULONG count, reserved;
    EVENT_DESCRIPTOR events[];
} event_list;
_Static_assert(sizeof(event_list) == 8 && sizeof(EVENT_DESCRIPTOR) == 16, "PROVIDER_EVENT_INFO");
EXTERN_C ULONG __stdcall TdhEnumerateManifestProviderEvents(LPGUID provider, event_list *buffer, ULONG *size);

struct etwkit_installed {
    etwkit_allocator allocator;
    ek_arena arena;
    etwkit_installed_provider *providers;
    size_t count;
    uint8_t *answer; /* the last one; aligned as memory is */
    ULONG answer_size;
    ek_catalog *catalog; /* of the provider that was read; NULL: none */
    const etwkit_schema **events;
    size_t event_count;
};

static ULONG ask(etwkit_installed *list, LPGUID provider, ULONG *size) {
    if (provider)
        return TdhEnumerateManifestProviderEvents(provider, (event_list *)(void *)list->answer, size);
    return TdhEnumerateProviders((PPROVIDER_ENUMERATION_INFO)(void *)list->answer, size);
}

/* "You should place this function in a loop that loops until the returned value is no longer
 * ERROR_INSUFFICIENT_BUFFER." `provider` NULL: the list of providers. */
static ULONG fill_answer(etwkit_installed *list, LPGUID provider) {
    ULONG code = ERROR_INSUFFICIENT_BUFFER, size = list->answer_size;
    for (unsigned i = 0; i < ATTEMPTS && code == ERROR_INSUFFICIENT_BUFFER; i++) {
        if (size > list->answer_size) {
            if (size > ANSWER_MOST)
                return ERROR_BUFFER_OVERFLOW; /* of ours: TDH has no such code */
            uint8_t *larger = ek_resize(&list->allocator, list->answer, size, 1);
            if (!larger)
                return ERROR_NOT_ENOUGH_MEMORY;
            list->answer = larger;
            list->answer_size = size;
        }
        size = list->answer_size;
        code = ask(list, provider, &size);
    }
    if (code == ERROR_SUCCESS && size < list->answer_size)
        memset(list->answer + size, 0, list->answer_size - size);
    return code;
}

static etwkit_status fail(etwkit_error *error, const char *call, ULONG code) {
    if (code == ERROR_NOT_ENOUGH_MEMORY)
        return ek_fail_memory(error);
    if (code == ERROR_BUFFER_OVERFLOW)
        return ek_fail(error, ETWKIT_E_LIMIT, "%s: its answer has more than %d bytes", call, ANSWER_MOST);
    etwkit_status status = ek_fail(error, ETWKIT_E_IO, "%s failed with %lu", call, code);
    if (error)
        error->system_error = (int)code;
    return status;
}

static const char *name_at(etwkit_installed *list, ULONG offset) {
    bool terminated = false;
    size_t size = offset && offset < list->answer_size
                      ? ek_utf16_length(list->answer + offset, list->answer_size - offset, &terminated)
                      : 0;
    return ek_utf16_copy(&list->arena, list->answer + (terminated ? offset : 0), terminated ? size : 0);
}

static etwkit_status read_providers(etwkit_installed *list, etwkit_error *error) {
    ULONG code = fill_answer(list, NULL);
    if (code != ERROR_SUCCESS)
        return fail(error, "TdhEnumerateProviders", code);
    const PROVIDER_ENUMERATION_INFO *info = (const void *)list->answer;
    const size_t head = offsetof(PROVIDER_ENUMERATION_INFO, TraceProviderInfoArray);
    size_t most = (list->answer_size - head) / sizeof info->TraceProviderInfoArray[0];
    size_t count = info->NumberOfProviders < most ? info->NumberOfProviders : most;
    list->providers = ek_arena_new(&list->arena, (count + 1) * sizeof *list->providers);
    for (size_t i = 0; list->providers && i < count; i++, list->count++) {
        const TRACE_PROVIDER_INFO *from = &info->TraceProviderInfoArray[i];
        etwkit_installed_provider *to = &list->providers[i];
        memcpy(&to->id, &from->ProviderGuid, sizeof to->id);
        to->is_classic = from->SchemaSource != 0;
        to->name = name_at(list, from->ProviderNameOffset);
        if (!to->name)
            break;
    }
    return list->providers && list->count == count ? ETWKIT_OK : ek_fail_memory(error);
}

etwkit_status etwkit_installed_open(etwkit_installed **list, etwkit_error *error) {
    const etwkit_allocator allocator = ek_allocator_or_default(NULL);
    *list = NULL;
    if (!ek_tdh_is_there())
        return ek_fail(error, ETWKIT_E_UNSUPPORTED, "Wine does not list the providers that are installed");
    etwkit_installed *made = ek_new(&allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->allocator = allocator;
    ek_arena_init(&made->arena, &allocator);
    made->answer_size = 1 << 16;
    made->answer = ek_resize(&allocator, NULL, made->answer_size, 1);
    etwkit_status status = made->answer ? read_providers(made, error) : ek_fail_memory(error);
    if (status)
        etwkit_installed_close(&made);
    *list = made;
    return status;
}

static void forget_events(etwkit_installed *list) {
    ek_catalog_free(&list->catalog);
    ek_release(&list->allocator, list->events);
    list->events = NULL;
    list->event_count = 0;
}

void etwkit_installed_close(etwkit_installed **list) {
    etwkit_installed *ending = *list;
    if (!ending)
        return;
    const etwkit_allocator allocator = ending->allocator;
    forget_events(ending);
    ek_release(&allocator, ending->answer);
    ek_arena_free(&ending->arena);
    ek_release(&allocator, ending);
    *list = NULL;
}

const etwkit_installed_provider *etwkit_installed_at(const etwkit_installed *list, size_t index) {
    return index < list->count ? &list->providers[index] : NULL;
}

static bool same_name(const char *a, const char *b) {
    for (; *a && ek_ascii_lower(*a) == ek_ascii_lower(*b); a++)
        b++;
    return *a == *b;
}

const etwkit_installed_provider *etwkit_installed_find(const etwkit_installed *list, const char *name) {
    etwkit_guid id;
    bool by_id = etwkit_guid_parse(&id, name) == ETWKIT_OK;
    for (size_t i = 0; i < list->count; i++) {
        const etwkit_installed_provider *provider = &list->providers[i];
        if (by_id ? memcmp(&provider->id, &id, sizeof id) == 0 : same_name(provider->name, name))
            return provider;
    }
    return NULL;
}

/* An event of that descriptor, as its schema is looked for. */
static const etwkit_schema *schema_of(etwkit_installed *list, const etwkit_guid *provider,
                                      const EVENT_DESCRIPTOR *descriptor) {
    const etwkit_record like = {
        .provider_id = *provider,
        .event_id = descriptor->Id,
        .version = descriptor->Version,
        .channel = descriptor->Channel,
        .level = descriptor->Level,
        .opcode = descriptor->Opcode,
        .task = descriptor->Task,
        .keywords = descriptor->Keyword,
        .header_kind = ETWKIT_HEADER_EVENT64,
        .pointer_size = 8,
        .flags = ETWKIT_FLAG_64_BIT,
    };
    return ek_catalog_find(list->catalog, &like);
}

static etwkit_status read_events(etwkit_installed *list, const etwkit_guid *provider, etwkit_error *error) {
    const event_list *answer = (const void *)list->answer;
    size_t most = (list->answer_size - sizeof *answer) / sizeof answer->events[0];
    size_t count = answer->count < most ? answer->count : most;
    etwkit_status status = ek_catalog_new(&list->catalog, &list->allocator, error);
    if (status)
        return status;
    list->events = ek_resize(&list->allocator, NULL, count + 1, sizeof *list->events);
    while (list->events && list->event_count < count) {
        const etwkit_schema *schema = schema_of(list, provider, &answer->events[list->event_count]);
        if (!schema)
            break;
        list->events[list->event_count++] = schema;
    }
    if (list->events && list->event_count == count)
        return ETWKIT_OK;
    forget_events(list);
    return ek_fail_memory(error);
}

etwkit_status etwkit_installed_read(etwkit_installed *list, const etwkit_installed_provider *provider, size_t *count,
                                    etwkit_error *error) {
    GUID id;
    forget_events(list);
    *count = 0;
    if (provider->is_classic)
        return ETWKIT_OK;
    memcpy(&id, &provider->id, sizeof id);
    ULONG code = fill_answer(list, &id);
    if (code == ERROR_EMPTY || code == ERROR_NOT_FOUND || code == ERROR_FILE_NOT_FOUND)
        return ETWKIT_OK; /* none is defined, or the file in which they are has gone */
    if (code != ERROR_SUCCESS)
        return fail(error, "TdhEnumerateManifestProviderEvents", code);
    etwkit_status status = read_events(list, &provider->id, error);
    *count = list->event_count;
    return status;
}

const etwkit_schema *etwkit_installed_event(const etwkit_installed *list, size_t index) {
    return index < list->event_count ? list->events[index] : NULL;
}
