/* SPDX-License-Identifier: MIT */
/* Asks TDH: its answers have the form in which merged traces embed them, so they are kept and read as those are. Knows
 * how TDH is asked, not what it says. https://learn.microsoft.com/windows/win32/api/tdh/ */
#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "schema/event_blob.h"
#include "schema/event_info.h"
#include "schema/tdh.h"

#include <windows.h>
/* What follows builds on it. */
#include <evntcons.h>
#include <tdh.h>

enum {
    ANSWER_FIRST = 4096,     /* bytes that most answers fit into */
    ANSWER_MOST = 1 << 20,   /* larger ones are none */
    ATTEMPTS = 8,            /* an answer may have grown while room was made for it */
    REFUSALS_MOST = 1 << 16, /* that are kept */
    MAP_GUID = 16            /* in front of a map, as it is embedded */
};

/* An event that TDH has no answer for. */
typedef struct refusal {
    etwkit_guid id;
    uint64_t event; /* of a manifest: id and version; of a classic one: opcode and version */
} refusal;

struct ek_tdh {
    etwkit_allocator allocator;
    ek_arena arena;
    ek_event_infos *infos; /* its answers */
    ek_table refusals;
    uint8_t *answer; /* the last one; kept for the next */
    ULONG size;
};

/* Each function of the tdh.dll that comes with Wine ends the process. Wine marks its own DLLs behind the DOS header. */
static bool is_wine(void) {
    extern const void *const __imp_TdhGetEventInformation; /* where the import leads to */
    static const char mark[] = "Wine builtin DLL";
    HMODULE module = NULL;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                              __imp_TdhGetEventInformation, &module) &&
           memcmp((const char *)module + sizeof(IMAGE_DOS_HEADER), mark, sizeof mark - 1) == 0;
}

bool ek_tdh_is_there(void) {
    return !is_wine();
}

etwkit_status ek_tdh_new(ek_tdh **tdh, const etwkit_allocator *allocator) {
    *tdh = NULL;
    if (!ek_tdh_is_there())
        return ETWKIT_OK;
    ek_tdh *made = *tdh = ek_new(allocator, sizeof *made);
    if (!made)
        return ETWKIT_E_NO_MEMORY;
    made->allocator = *allocator;
    ek_arena_init(&made->arena, allocator);
    ek_table_init(&made->refusals, allocator);
    return ek_event_infos_new(&made->infos, allocator);
}

void ek_tdh_free(ek_tdh **tdh) {
    ek_tdh *ending = *tdh;
    if (!ending)
        return;
    const etwkit_allocator allocator = ending->allocator;
    if (ending->infos)
        ek_event_infos_free(&ending->infos);
    ek_table_free(&ending->refusals);
    ek_arena_free(&ending->arena);
    ek_release(&allocator, ending->answer);
    ek_release(&allocator, ending);
    *tdh = NULL;
}

/* Asking. */

/* One question, asked until its answer has room; *size is what there is, and then what is needed. */
typedef ULONG question(void *context, uint8_t *answer, ULONG *size);

/* What will be so whenever it is asked again, by the pages of TdhGetEventInformation and TdhGetEventMapInformation; not
 * where memory ran out, say, or WMI does not answer. */
static bool is_lasting(ULONG code) {
    switch (code) {
    case ERROR_NOT_FOUND:
    case ERROR_INVALID_PARAMETER:
    case ERROR_FILE_NOT_FOUND: /* the provider's binary */
    case ERROR_RESOURCE_DATA_NOT_FOUND:
    case ERROR_RESOURCE_TYPE_NOT_FOUND:
    case ERROR_RESOURCE_NAME_NOT_FOUND:
    case ERROR_RESOURCE_LANG_NOT_FOUND:
    case ERROR_MUI_FILE_NOT_FOUND: return true;
    default: return false;
    }
}

/* The answer begins `head` bytes behind the start of tdh->answer. ETWKIT_ABSENT: there is none; _E_IO: not now. */
static etwkit_status ask(ek_tdh *tdh, question *put, void *context, ULONG head, ULONG *size) {
    ULONG needed = ANSWER_FIRST;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (needed > ANSWER_MOST)
            return ETWKIT_ABSENT;
        if (tdh->size < needed + head) {
            uint8_t *larger = ek_resize(&tdh->allocator, tdh->answer, needed + head, 1);
            if (!larger)
                return ETWKIT_E_NO_MEMORY;
            tdh->answer = larger;
            tdh->size = needed + head;
        }
        *size = tdh->size - head;
        memset(tdh->answer, 0, tdh->size);
        ULONG code = put(context, tdh->answer + head, size);
        if (code != ERROR_INSUFFICIENT_BUFFER)
            return code == ERROR_SUCCESS && *size <= tdh->size - head ? ETWKIT_OK
                   : code == ERROR_SUCCESS || is_lasting(code)        ? ETWKIT_ABSENT
                                                                      : ETWKIT_E_IO;
        needed = *size;
    }
    return ETWKIT_ABSENT;
}

static ULONG ask_for_event(void *context, uint8_t *answer, ULONG *size) {
    return TdhGetEventInformation(context, 0, NULL, (PTRACE_EVENT_INFO)(void *)answer, size);
}

typedef struct map_question {
    EVENT_RECORD *event;
    LPWSTR name;
} map_question;

static ULONG ask_for_map(void *context, uint8_t *answer, ULONG *size) {
    const map_question *asked = context;
    return TdhGetEventMapInformation(asked->event, asked->name, (PEVENT_MAP_INFO)(void *)answer, size);
}

/* The event as a consumer of Windows' would have it. Its items say nothing that TDH needs. */
static EVENT_RECORD as_windows_has_it(const etwkit_record *record) {
    _Static_assert(sizeof(EVENT_DESCRIPTOR) == 16, "as in a record, from event_id on");
    EVENT_RECORD event;
    memset(&event, 0, sizeof event);
    EVENT_HEADER *header = &event.EventHeader;
    header->Size = (USHORT)(sizeof *header + record->payload_size);
    header->Flags = (USHORT)(record->flags & ~ETWKIT_FLAG_EXTENDED_INFO);
    header->EventProperty = record->event_property;
    header->ThreadId = record->thread_id;
    header->ProcessId = record->process_id;
    header->TimeStamp.QuadPart = record->timestamp;
    memcpy(&header->ProviderId, &record->provider_id, sizeof header->ProviderId);
    memcpy(&header->EventDescriptor, &record->event_id, sizeof header->EventDescriptor);
    memcpy(&header->ActivityId, &record->activity_id, sizeof header->ActivityId);
    event.UserDataLength = (USHORT)record->payload_size;
    event.UserData = (PVOID)record->payload;
    return event;
}

/* Keeping. */

/* As the record of a merged trace that embeds it. */
static etwkit_status learn(ek_tdh *tdh, uint8_t opcode, const uint8_t *bytes, size_t size) {
    etwkit_error error; /* what is wrong with an answer is not the trace's fault */
    const etwkit_record carrier = {
        .opcode = opcode, .flags = ETWKIT_FLAG_CLASSIC, .payload = bytes, .payload_size = (uint32_t)size};
    return ek_event_infos_learn(tdh->infos, &carrier, &error);
}

/* The maps that an event's fields name, if they are not there yet. `info` is a copy: tdh->answer is used again. */
static etwkit_status learn_maps(ek_tdh *tdh, EVENT_RECORD *event, const uint8_t *info, size_t size) {
    ek_event_blob blob = {.data = info, .size = size};
    if (ek_event_blob_check(&blob))
        return ETWKIT_ABSENT;
    const TRACE_EVENT_INFO *head = (const void *)info;
    for (ULONG i = 0; i < head->PropertyCount; i++) {
        const EVENT_PROPERTY_INFO *property = &head->EventPropertyInfoArray[i];
        const uint8_t *name;
        size_t length;
        ULONG map_size;
        if ((property->Flags & PropertyStruct) || ek_event_blob_map_name(&blob, i, &name, &length) || !name ||
            ek_event_infos_has_map(tdh->infos, ek_event_blob_provider(&blob), name, length))
            continue;
        map_question asked = {event, (LPWSTR)(void *)name};
        etwkit_status status = ask(tdh, ask_for_map, &asked, MAP_GUID, &map_size);
        if (status == ETWKIT_OK) {
            memcpy(tdh->answer, ek_event_blob_provider(&blob), MAP_GUID);
            status = learn(tdh, EK_EVENT_INFO_MAP, tdh->answer, MAP_GUID + map_size);
        }
        if (status == ETWKIT_E_NO_MEMORY || status == ETWKIT_E_IO)
            return status;
    }
    return ETWKIT_OK;
}

/* The answer is that of this very event, whatever it says of itself: so it is found again. */
static void name_after(TRACE_EVENT_INFO *info, const etwkit_record *record) {
    memcpy(&info->EventDescriptor, &record->event_id, sizeof info->EventDescriptor);
    memcpy(record->flags & ETWKIT_FLAG_CLASSIC ? &info->EventGuid : &info->ProviderGuid, &record->provider_id,
           sizeof info->ProviderGuid);
}

static etwkit_status learn_event(ek_tdh *tdh, const etwkit_record *record) {
    EVENT_RECORD event = as_windows_has_it(record);
    ULONG size;
    etwkit_status status = ask(tdh, ask_for_event, &event, 0, &size);
    if (status)
        return status;
    if (size < sizeof(TRACE_EVENT_INFO) - sizeof(EVENT_PROPERTY_INFO))
        return ETWKIT_ABSENT;
    uint8_t *info = ek_resize(&tdh->allocator, NULL, size, 1);
    if (!info)
        return ETWKIT_E_NO_MEMORY;
    memcpy(info, tdh->answer, size);
    name_after((void *)info, record);
    status = learn_maps(tdh, &event, info, size);
    if (status == ETWKIT_OK)
        status = learn(tdh, EK_EVENT_INFO_EVENT, info, size);
    ek_release(&tdh->allocator, info);
    return status == ETWKIT_E_NO_MEMORY || status == ETWKIT_E_IO || status == ETWKIT_OK ? status : ETWKIT_ABSENT;
}

/* Refusals. */

static refusal refusal_of(const etwkit_record *record) {
    uint64_t what = record->flags & ETWKIT_FLAG_CLASSIC ? UINT64_C(1) << 32 | record->opcode : record->event_id;
    return (refusal){record->provider_id, what << 8 | record->version};
}

static bool is_refusal(const void *value, const void *key) {
    return memcmp(value, key, sizeof(refusal)) == 0;
}

static etwkit_status keep_refusal(ek_tdh *tdh, const refusal *refused, uint64_t hash) {
    if (tdh->refusals.count >= REFUSALS_MOST)
        return ETWKIT_ABSENT;
    refusal *kept = ek_arena_copy(&tdh->arena, refused, sizeof *refused);
    return kept && ek_table_add(&tdh->refusals, hash, kept) ? ETWKIT_ABSENT : ETWKIT_E_NO_MEMORY;
}

static etwkit_status describe(const ek_tdh *tdh, const etwkit_record *record, ek_arena *arena,
                              ek_description *description, etwkit_error *error) {
    etwkit_status status = ek_event_infos_describe(tdh->infos, record, arena, description, error);
    if (status == ETWKIT_OK)
        description->source = ETWKIT_SOURCE_TDH;
    return status;
}

etwkit_status ek_tdh_describe(ek_tdh *tdh, const etwkit_record *record, ek_arena *arena, ek_description *description,
                              etwkit_error *error) {
    if (!tdh || record->flags & (ETWKIT_FLAG_TRACE_MESSAGE | ETWKIT_FLAG_STRING_ONLY))
        return ETWKIT_ABSENT;
    etwkit_status status = describe(tdh, record, arena, description, error);
    const refusal asked = refusal_of(record);
    const uint64_t hash = ek_hash(&asked, sizeof asked, ek_hash_seed(tdh));
    if (status != ETWKIT_ABSENT || ek_table_find(&tdh->refusals, hash, is_refusal, &asked))
        return status;
    status = learn_event(tdh, record);
    if (status == ETWKIT_OK)
        status = describe(tdh, record, arena, description, error);
    else if (status == ETWKIT_ABSENT)
        status = keep_refusal(tdh, &asked, hash);
    else if (status == ETWKIT_E_IO)
        status = ETWKIT_ABSENT; /* not kept: the next trace asks again */
    return status == ETWKIT_E_NO_MEMORY ? ek_fail_memory(error) : status;
}
