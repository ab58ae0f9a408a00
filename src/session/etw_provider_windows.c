/* SPDX-License-Identifier: MIT */
/* Providers of the process as ETW has them: EventRegister() and what belongs to it. Knows nothing of the process's own
 * sessions. https://learn.microsoft.com/windows/win32/api/evntprov/ */
#include "base/bytes.h"
#include "session/etw_provider.h"
#include "session/etw_windows.h"
#include "session/thread_state.h"

enum {
    ITEM_HEAD = 8, /* in front of the traits */
    DATA_MOST = 128,
    EVENT_MOST = 0xFFFF,
    PIECES_MOST = MAX_EVENT_DATA_DESCRIPTORS
};

static const uint8_t *traits_of(const ek_registration *registration, uint16_t *size) {
    *size = ek_load16(registration->traits + 6);
    return registration->traits + ITEM_HEAD;
}

/* Registering. */

static void NTAPI hear(LPCGUID source, ULONG control, UCHAR level, ULONGLONG any, ULONGLONG all,
                       PEVENT_FILTER_DESCRIPTOR filter, PVOID context) {
    (void)source;
    (void)filter;
    const ek_wish wish = {.level = level, .any = any, .all = all};
    if (control <= ETWKIT_CONTROL_CAPTURE_STATE) /* others are to be ignored */
        ek_process_tell_of_system(context, (etwkit_control)control, &wish);
}

uint64_t ek_etw_register(ek_registration *registration) {
    REGHANDLE handle = 0;
    uint16_t size;
    const uint8_t *traits = traits_of(registration, &size);
    if (EventRegister((LPCGUID)&registration->id, hear, registration, &handle) != ERROR_SUCCESS)
        return 0;
    /* The traits have the types of pieces respected, too; where they are refused, the other class does. */
    if (EventSetInformation(handle, EK_PROVIDER_SET_TRAITS, (PVOID)traits, size) != ERROR_SUCCESS) {
        BOOLEAN respected = TRUE;
        (void)EventSetInformation(handle, EK_PROVIDER_USE_DESCRIPTOR_TYPE, &respected, sizeof respected);
    }
    return handle;
}

void ek_etw_unregister(uint64_t handle) {
    if (handle)
        (void)EventUnregister(handle);
}

/* A library that goes and leaves a provider registered takes the process with it, once a session enables that. */
__attribute__((destructor)) static void unload(void) {
    ek_process_unload();
}

/* Writing. */

typedef struct pieces {
    EVENT_DATA_DESCRIPTOR all[PIECES_MOST];
    uint32_t count; /* may be more than there is room for */
} pieces;

static void add_piece(pieces *to, const void *data, uint32_t size, uint8_t type) {
    if (size == 0)
        return;
    if (to->count < PIECES_MOST)
        to->all[to->count] = (EVENT_DATA_DESCRIPTOR){(ULONG_PTR)data, size, type};
    to->count++;
}

/* The u16 in front of a field's bytes, where it has one: little-endian, so the low half of its size is there already.
 */
static const void *prefix_of(const etwkit_data *data) {
    if (data->kind == ETWKIT_DATA_ARRAY)
        return &data->count;
    return data->kind == ETWKIT_DATA_COUNTED ? (const void *)&data->size : NULL;
}

static const void *bytes_of(const etwkit_data *data) {
    return data->kind == ETWKIT_DATA_VALUE ? (const void *)&data->of.value : data->of.pointer;
}

static bool fits(const etwkit_data *data, size_t count) {
    uint64_t size = 0;
    for (size_t i = 0; i < count && count <= DATA_MOST; i++) {
        if (data[i].kind == ETWKIT_DATA_VALUE && data[i].size > sizeof data[i].of.value)
            return false;
        size += (uint64_t)data[i].size + (prefix_of(&data[i]) ? sizeof(uint16_t) : 0u);
    }
    return count <= DATA_MOST && size <= EVENT_MOST;
}

static void add_data(pieces *to, const etwkit_data *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const void *prefix = prefix_of(&data[i]);
        if (prefix)
            add_piece(to, prefix, sizeof(uint16_t), EK_DATA_TYPE_NONE);
        add_piece(to, bytes_of(&data[i]), data[i].size, EK_DATA_TYPE_NONE);
    }
}

static etwkit_status status_of(ULONG code) {
    switch (code) {
    case ERROR_SUCCESS:
    case ERROR_INVALID_HANDLE: return ETWKIT_OK; /* unregistered meanwhile: nobody wants the event */
    case ERROR_ARITHMETIC_OVERFLOW:
    case ERROR_MORE_DATA: return ETWKIT_E_TOO_BIG;
    case ERROR_INVALID_PARAMETER: return ETWKIT_E_INVALID;
    default: return ETWKIT_E_FULL; /* no free buffer, or the file of a real-time session is full */
    }
}

static etwkit_status write_pieces(const ek_registration *registration, const etwkit_event *event, pieces *written) {
    const ek_thread_state *here = ek_thread_state_here();
    static const etwkit_guid none;
    const EVENT_DESCRIPTOR descriptor = {event->event_id, event->version, event->channel, event->level,
                                         event->opcode,   event->task,    event->keywords};
    const etwkit_guid *activity = event->activity;
    if (!activity && memcmp(&here->activity, &none, sizeof none) != 0)
        activity = &here->activity; /* else the one that the thread has with Windows, if any */
    return status_of(EventWriteTransfer(ek_load(&registration->system_handle), &descriptor, (LPCGUID)activity,
                                        (LPCGUID)event->related, written->count, written->all));
}

/* More pieces than ETW takes: their bytes as one. Apart, since only this needs so much of the stack. */
__attribute__((noinline)) static etwkit_status write_packed(const ek_registration *registration,
                                                            const etwkit_event *event, pieces *written, uint32_t heads,
                                                            const etwkit_data *data, size_t count) {
    uint8_t payload[EVENT_MOST], *at = payload;
    for (size_t i = 0; i < count; i++) {
        const void *prefix = prefix_of(&data[i]);
        if (prefix)
            memcpy(at, prefix, sizeof(uint16_t));
        at += prefix ? sizeof(uint16_t) : 0;
        if (data[i].size)
            memcpy(at, bytes_of(&data[i]), data[i].size);
        at += data[i].size;
    }
    written->count = heads;
    add_piece(written, payload, (uint32_t)(at - payload), EK_DATA_TYPE_NONE);
    return write_pieces(registration, event, written);
}

etwkit_status ek_etw_write(const ek_registration *registration, const etwkit_event *event, const etwkit_data *data,
                           size_t count) {
    pieces written;
    if (!fits(data, count))
        return ETWKIT_E_TOO_BIG;
    written.count = 0;
    if (event->metadata_size) {
        uint16_t size;
        const uint8_t *traits = traits_of(registration, &size);
        add_piece(&written, traits, size, EK_DATA_TYPE_PROVIDER_METADATA);
        add_piece(&written, event->metadata, event->metadata_size, EK_DATA_TYPE_EVENT_METADATA);
    }
    const uint32_t heads = written.count;
    add_data(&written, data, count);
    if (written.count > PIECES_MOST)
        return write_packed(registration, event, &written, heads, data, count);
    return write_pieces(registration, event, &written);
}
