/* SPDX-License-Identifier: MIT */
/* Providers of this process: EventRegister and its relatives, the enable callbacks, events that are written.
 * https://learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventregister */
#include "sim.h"

#include <etwkit/record.h>

#include <stdlib.h>
#include <string.h>

enum {
    REGISTRATIONS = 1024, /* a process can register so many (same page) */
    USES = 16,
    MAX_DESCRIPTORS = 128,
    MAX_EVENT = 65535 - 256 /* "64k - header" */
};

typedef struct registration {
    GUID provider;
    PENABLECALLBACK callback;
    void *context;
    bool used;
    /* What the callback was told last. */
    UCHAR level;
    ULONGLONG any, all;
    bool enabled, has_types;
    USHORT traits_size;
    BYTE *traits;
} registration;

static registration registrations[REGISTRATIONS];

/* Sessions of others that have enabled a provider ("provider-users GUID N"). */
static struct {
    GUID provider;
    ULONG users;
} foreign_users[USES];
static unsigned foreign_user_count;

bool sim_provider_line(const sim_line *line) {
    if (strcmp(line->words[0], "provider-users") != 0 || line->count != 3 || foreign_user_count == USES)
        return false;
    foreign_users[foreign_user_count].users = (ULONG)sim_number(line->words[2]);
    return sim_guid(line->words[1], &foreign_users[foreign_user_count++].provider);
}

ULONG sim_foreign_users(const GUID *provider) {
    for (unsigned i = 0; i < foreign_user_count; i++)
        if (memcmp(&foreign_users[i].provider, provider, sizeof *provider) == 0)
            return foreign_users[i].users;
    return 0;
}

unsigned sim_registrations(const GUID *provider, GUID *all, unsigned capacity) {
    unsigned count = 0;
    for (unsigned i = 0; i < REGISTRATIONS; i++) {
        if (!registrations[i].used || (provider && memcmp(&registrations[i].provider, provider, sizeof *provider) != 0))
            continue;
        if (all && count < capacity)
            all[count] = registrations[i].provider;
        count++;
    }
    return count;
}

static registration *find(REGHANDLE handle) {
    if (!handle || handle > REGISTRATIONS || !registrations[handle - 1].used)
        return NULL;
    return &registrations[handle - 1];
}

/* Highest level and all keywords together of the sessions that have enabled it:
 * https://learn.microsoft.com/windows/win32/api/evntprov/nc-evntprov-penablecallback */
static bool composite(const registration *r, UCHAR *level, ULONGLONG *any, ULONGLONG *all) {
    bool enabled = false;
    *level = 0;
    *any = 0;
    *all = 0;
    for (const sim_session *session = sim_sessions; session; session = session->next) {
        const sim_enable *enable = sim_find_enable(session, &r->provider);
        if (!enable || (sim_script.filters_honoured && !sim_scope_lets(enable, GetCurrentProcessId())))
            continue;
        /* Level 0 asks for all levels, no keywords for all keywords. */
        const UCHAR wanted = enable->level ? enable->level : 255;
        *level = wanted > *level ? wanted : *level;
        *any |= enable->any ? enable->any : ~0ull;
        *all = enabled ? *all & enable->all : enable->all;
        enabled = true;
    }
    return enabled;
}

static void call_back(registration *r, ULONG code, const GUID *source) {
    static const GUID none;
    AcquireSRWLockExclusive(&sim_lock);
    const bool was = r->enabled;
    r->enabled = r->used && composite(r, &r->level, &r->any, &r->all);
    const registration now = *r;
    ReleaseSRWLockExclusive(&sim_lock);
    if (!now.used || (!was && !now.enabled) || !now.callback)
        return;
    if (code != EVENT_CONTROL_CODE_CAPTURE_STATE)
        code = now.enabled ? EVENT_CONTROL_CODE_ENABLE_PROVIDER : EVENT_CONTROL_CODE_DISABLE_PROVIDER;
    now.callback(source ? source : &none, code, now.level, now.any, now.all, NULL, now.context);
}

/* After an enable call, or, for all providers whose state changed, after a session's end. */
void sim_tell_providers(const GUID *provider, ULONG code, const GUID *source) {
    for (unsigned i = 0; i < REGISTRATIONS; i++) {
        registration *r = &registrations[i];
        UCHAR level;
        ULONGLONG any, all;
        if (!r->used || (provider && memcmp(&r->provider, provider, sizeof *provider) != 0))
            continue;
        AcquireSRWLockExclusive(&sim_lock);
        const bool enabled = composite(r, &level, &any, &all);
        const bool same = enabled == r->enabled && level == r->level && any == r->any && all == r->all;
        ReleaseSRWLockExclusive(&sim_lock);
        if (provider || !same)
            call_back(r, code, source);
    }
}

ULONG WINAPI sim_EventRegister(const GUID *provider, PENABLECALLBACK callback, void *context, REGHANDLE *handle);
ULONG WINAPI sim_EventRegister(const GUID *provider, PENABLECALLBACK callback, void *context, REGHANDLE *handle) {
    sim_begin();
    char guid[40] = "";
    ULONG error = sim_called("EventRegister");
    registration *r = NULL;
    if (!error && (!provider || !handle))
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        for (unsigned i = 0; i < REGISTRATIONS && !r; i++)
            if (!registrations[i].used) {
                r = &registrations[i];
                *r = (registration){.provider = *provider, .callback = callback, .context = context, .used = true};
                *handle = i + 1;
            }
        if (!r)
            error = ERROR_NO_SYSTEM_RESOURCES;
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("EventRegister provider=%s callback=%d -> %lu", provider ? sim_guid_text(provider, guid) : "",
            callback != NULL, error);
    /* A provider that was enabled before it registered hears of it at once, without a source id. */
    if (r)
        call_back(r, EVENT_CONTROL_CODE_ENABLE_PROVIDER, NULL);
    return error;
}

ULONG WINAPI sim_EventUnregister(REGHANDLE handle);
ULONG WINAPI sim_EventUnregister(REGHANDLE handle) {
    sim_begin();
    ULONG error = sim_called("EventUnregister");
    AcquireSRWLockExclusive(&sim_lock);
    registration *r = error ? NULL : find(handle);
    if (r) {
        free(r->traits);
        memset(r, 0, sizeof *r);
    } else if (!error) {
        error = ERROR_INVALID_HANDLE;
    }
    ReleaseSRWLockExclusive(&sim_lock);
    sim_log("EventUnregister handle=%llu -> %lu", handle, error);
    return error;
}

/* Traits, and whether the descriptors' types count: they do not unless one of both was set.
 * https://learn.microsoft.com/windows/win32/api/evntprov/ne-evntprov-event_info_class */
static ULONG set_information(registration *r, ULONG class, const BYTE *information, ULONG size) {
    USHORT told = 0;
    if (!r)
        return ERROR_INVALID_PARAMETER;
    if (class == SIM_PROVIDER_USE_DESCRIPTOR_TYPE) {
        if (!information || size != sizeof(BOOLEAN))
            return ERROR_INVALID_PARAMETER;
        r->has_types = information[0] != 0;
        return ERROR_SUCCESS;
    }
    if (class != SIM_PROVIDER_SET_TRAITS)
        return ERROR_NOT_SUPPORTED;
    if (information && size >= sizeof told)
        memcpy(&told, information, sizeof told);
    if (told < 3 || told > size)
        return ERROR_INVALID_PARAMETER;
    free(r->traits);
    r->traits = malloc(told);
    if (!r->traits)
        sim_fatal("no memory for traits");
    memcpy(r->traits, information, told);
    r->traits_size = told;
    r->has_types = true;
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_EventSetInformation(REGHANDLE handle, ULONG class, void *information, ULONG size);
ULONG WINAPI sim_EventSetInformation(REGHANDLE handle, ULONG class, void *information, ULONG size) {
    sim_begin();
    ULONG error = sim_called(class == SIM_PROVIDER_SET_TRAITS ? "EventSetInformation.traits" : "EventSetInformation");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = set_information(find(handle), class, information, size);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("EventSetInformation handle=%llu class=%lu size=%lu -> %lu", handle, class, size, error);
    return error;
}

static __thread GUID current_activity;

/* https://learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventactivityidcontrol */
ULONG WINAPI sim_EventActivityIdControl(ULONG code, GUID *activity);
ULONG WINAPI sim_EventActivityIdControl(ULONG code, GUID *activity) {
    static LONG created;
    sim_begin();
    ULONG error = sim_called("EventActivityIdControl");
    if (error || !activity)
        return error ? error : ERROR_INVALID_PARAMETER;
    const GUID before = current_activity, given = *activity;
    const GUID made = {0xac710000u + (ULONG)InterlockedIncrement(&created), 0xe75, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 1}};
    switch (code) {
    case EVENT_ACTIVITY_CTRL_GET_ID: *activity = before; break;
    case EVENT_ACTIVITY_CTRL_SET_ID: current_activity = given; break;
    case EVENT_ACTIVITY_CTRL_CREATE_ID: *activity = made; break;
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
        current_activity = given;
        *activity = before;
        break;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
        current_activity = made;
        *activity = before;
        break;
    default: return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

/* Payload in one piece; metadata of the event and of its provider apart, as extended items. */
static ULONG gather(sim_draft *draft, const EVENT_DATA_DESCRIPTOR *pieces, ULONG count, bool has_types, BYTE *bytes) {
    ULONG size = 0;
    for (ULONG i = 0; i < count; i++) {
        const void *data = (const void *)(ULONG_PTR)pieces[i].Ptr;
        const BYTE type = has_types ? (BYTE)(pieces[i].Reserved & 0xFF) : SIM_DESCRIPTOR_NONE;
        if (!data && pieces[i].Size)
            return ERROR_INVALID_PARAMETER;
        if (pieces[i].Size > MAX_EVENT - size)
            return ERROR_ARITHMETIC_OVERFLOW;
        if (type == SIM_DESCRIPTOR_EVENT_METADATA || type == SIM_DESCRIPTOR_PROVIDER_METADATA) {
            draft->items[draft->item_count++] =
                (sim_item){type == SIM_DESCRIPTOR_EVENT_METADATA ? SIM_ITEM_EVENT_SCHEMA_TL : SIM_ITEM_PROV_TRAITS,
                           (USHORT)pieces[i].Size, data};
            if (draft->item_count > 4)
                return ERROR_INVALID_PARAMETER;
        } else {
            memcpy(bytes + size, data, pieces[i].Size);
            size += pieces[i].Size;
        }
    }
    draft->payload = bytes;
    draft->payload_size = size;
    return ERROR_SUCCESS;
}

static bool has_item(const sim_draft *draft, USHORT type) {
    for (unsigned i = 0; i < draft->item_count; i++)
        if (draft->items[i].type == type)
            return true;
    return false;
}

static ULONG write_event(REGHANDLE handle, const EVENT_DESCRIPTOR *descriptor, const GUID *activity,
                         const GUID *related, ULONG count, const EVENT_DATA_DESCRIPTOR *pieces) {
    sim_draft draft = {.kind = ETWKIT_HEADER_EVENT64, .own = true};
    const registration *r = find(handle);
    if (!r)
        return ERROR_INVALID_HANDLE;
    if (!descriptor || count > MAX_DESCRIPTORS || (count && !pieces))
        return ERROR_INVALID_PARAMETER;
    if (!r->enabled)
        return ERROR_SUCCESS;
    draft.header.ProviderId = r->provider;
    draft.header.EventDescriptor = *descriptor;
    draft.header.ActivityId = activity ? *activity : current_activity;
    draft.header.ProcessId = GetCurrentProcessId();
    draft.header.ThreadId = GetCurrentThreadId();
    draft.header.Flags = EVENT_HEADER_FLAG_64_BIT_HEADER;
    draft.processor = (USHORT)GetCurrentProcessorNumber();
    if (related)
        draft.items[draft.item_count++] = (sim_item){SIM_ITEM_RELATED_ACTIVITY_ID, sizeof *related, related};
    BYTE *bytes = malloc(MAX_EVENT);
    if (!bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    ULONG error = gather(&draft, pieces, count, r->has_types, bytes);
    if (!error && r->traits && has_item(&draft, SIM_ITEM_EVENT_SCHEMA_TL) && !has_item(&draft, SIM_ITEM_PROV_TRAITS))
        draft.items[draft.item_count++] = (sim_item){SIM_ITEM_PROV_TRAITS, r->traits_size, r->traits};
    if (!error)
        error = sim_route(&draft, false);
    free(bytes);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventwritetransfer. Not in the log: there may be
 * millions of them. */
ULONG WINAPI sim_EventWriteTransfer(REGHANDLE handle, const EVENT_DESCRIPTOR *descriptor, const GUID *activity,
                                    const GUID *related, ULONG count, EVENT_DATA_DESCRIPTOR *pieces);
ULONG WINAPI sim_EventWriteTransfer(REGHANDLE handle, const EVENT_DESCRIPTOR *descriptor, const GUID *activity,
                                    const GUID *related, ULONG count, EVENT_DATA_DESCRIPTOR *pieces) {
    sim_begin();
    const ULONG error = sim_called("EventWriteTransfer");
    return error ? error : write_event(handle, descriptor, activity, related, count, pieces);
}
