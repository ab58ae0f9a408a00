/* SPDX-License-Identifier: MIT */
/* A provider: what a program writes its own events with. Sessions of the process collect them (session.h); on Windows
 * those of ETW, too. */
#ifndef ETWKIT_PROVIDER_H
#define ETWKIT_PROVIDER_H

#include <etwkit/guid.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Levels as ETW has them. Level 0 is written whatever level a session asks for. */
enum {
    ETWKIT_LEVEL_ALWAYS = 0,
    ETWKIT_LEVEL_CRITICAL = 1,
    ETWKIT_LEVEL_ERROR = 2,
    ETWKIT_LEVEL_WARNING = 3,
    ETWKIT_LEVEL_INFO = 4,
    ETWKIT_LEVEL_VERBOSE = 5
};

enum {
    ETWKIT_OPCODE_INFO = 0,
    ETWKIT_OPCODE_START = 1,
    ETWKIT_OPCODE_STOP = 2
};

#define ETWKIT_CHANNEL_TRACELOGGING 11
#define ETWKIT_PROVIDER_SESSIONS 8 /* that may enable one provider at a time, as with ETW */

typedef struct etwkit_provider etwkit_provider;

/* What a session asks of a provider, for its callback. */
typedef enum etwkit_control {
    ETWKIT_CONTROL_DISABLE = 0,
    ETWKIT_CONTROL_ENABLE = 1,       /* also when the session changes what it asks for */
    ETWKIT_CONTROL_CAPTURE_STATE = 2 /* write events that tell the state of things, the "rundown" */
} etwkit_control;

/*
 * Called when a session enables, changes or disables the provider, or wants its state captured: on the thread that asks
 * for it, with no lock held, so it may write events and call anything but etwkit_provider_unregister() on this provider
 * from another thread and wait for that. Calls for one provider may come from several threads at the same time.
 *
 * For the sessions of ETW it is called on a thread of Windows', with what they want all together;
 * ETWKIT_CONTROL_DISABLE when none of them wants it any more. There it must call nothing that loads a library.
 */
typedef void (*etwkit_enable_callback)(etwkit_provider *provider, etwkit_control control, uint8_t level,
                                       uint64_t keywords_any, uint64_t keywords_all, void *context);

/*
 * Made with ETWKIT_PROVIDER_INIT or ETWKIT_PROVIDER_DEFINE (write.h), then registered; it must stay where it is until
 * etwkit_provider_unregister() has returned. What it points to must live as long. Members are set before registering.
 */
struct etwkit_provider {
    uint32_t level_above; /* of the library: no event at or above this level is wanted; 0: none is */
    uint32_t reserved;
    const char *name;         /* UTF-8 */
    const etwkit_guid *id;    /* NULL: the one that follows from the name (etwkit_guid_from_name()) */
    const etwkit_guid *group; /* the provider group that it belongs to, a trait that its events carry; NULL: none */
    etwkit_enable_callback callback;      /* NULL: none */
    void *context;                        /* for the callback */
    struct ek_registration *registration; /* of the library; NULL while it is not registered */
};

#define ETWKIT_PROVIDER_INIT(provider_name) \
    { 0, 0, (provider_name), NULL, NULL, NULL, NULL, NULL }
/* With pointers to its GUID and to its group's; either may be NULL. */
#define ETWKIT_PROVIDER_INIT_ID(provider_name, provider_id, provider_group) \
    { 0, 0, (provider_name), (provider_id), (provider_group), NULL, NULL, NULL }

/*
 * Makes the provider known to the sessions of the process; those that enabled it already (by GUID) get its events from
 * now on. The first registration of a process also looks for ETWKIT_RECORD (docs/sessions.md). On Windows it is made
 * known to ETW, too, with its traits; where that refuses, nothing is said. Any thread.
 * ETWKIT_E_INVALID where it is registered already or has no name, _TOO_BIG for a name over 1,024 bytes, _NO_MEMORY.
 */
ETWKIT_API etwkit_status etwkit_provider_register(etwkit_provider *provider, etwkit_error *error);
/*
 * Afterwards nothing of the provider is used any more: its memory, and the library whose it is, may go. Waits for
 * callbacks that are running on other threads. Writes that other threads begin meanwhile may or may not be recorded; a
 * thread must not be inside of a write any more when the provider's memory goes. Nothing where it is not registered.
 */
ETWKIT_API void etwkit_provider_unregister(etwkit_provider *provider);

/* Its GUID: the one given, or the one that follows from its name. */
ETWKIT_API void etwkit_provider_guid(const etwkit_provider *provider, etwkit_guid *id);

/* One relaxed load: the macros ask it first, so that an event nobody wants costs nothing more. */
static inline bool etwkit_provider_may_want(const etwkit_provider *provider, uint8_t level) {
#if defined(__GNUC__)
    return __builtin_expect(level < __atomic_load_n(&provider->level_above, __ATOMIC_RELAXED), 0);
#else
    return level < *(const volatile uint32_t *)&provider->level_above;
#endif
}
/* Does any session want events of this level and these keywords? By the rule in docs/sessions.md. Any thread. */
ETWKIT_API bool etwkit_provider_is_enabled(const etwkit_provider *provider, uint8_t level, uint64_t keywords);

/* The bytes of one field, as etwkit_provider_write() takes them; made by the functions below. */
typedef struct etwkit_data {
    union {
        uint64_t value;      /* ETWKIT_DATA_VALUE: its first `size` bytes */
        const void *pointer; /* else; borrowed for the call. May be NULL where size is 0 */
    } of;
    uint32_t size;  /* bytes */
    uint16_t count; /* ETWKIT_DATA_ARRAY: elements */
    uint16_t kind;  /* etwkit_data_kind */
} etwkit_data;

typedef enum etwkit_data_kind {
    ETWKIT_DATA_VALUE = 0,   /* the value itself */
    ETWKIT_DATA_BYTES = 1,   /* as they are */
    ETWKIT_DATA_COUNTED = 2, /* a u16 of their size in front */
    ETWKIT_DATA_ARRAY = 3    /* a u16 of `count` in front */
} etwkit_data_kind;

static inline etwkit_data etwkit_data_value(uint64_t value, uint32_t size) {
    etwkit_data data;
    data.of.value = value;
    data.size = size;
    data.count = 0;
    data.kind = ETWKIT_DATA_VALUE;
    return data;
}
static inline etwkit_data etwkit_data_of_kind(etwkit_data_kind kind, const void *pointer, size_t size, uint16_t count) {
    etwkit_data data;
    data.of.pointer = pointer;
    data.size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX; /* too big in either case */
    data.count = count;
    data.kind = (uint16_t)kind;
    return data;
}

/* What is not data of an event. `metadata` is TraceLogging's (docs/format/schemas.md), as the macros and
 * etwkit_event_builder make it. */
typedef struct etwkit_event {
    const void *metadata;
    uint16_t metadata_size;
    uint16_t event_id; /* 0 for TraceLogging */
    uint8_t version;
    uint8_t channel; /* ETWKIT_CHANNEL_TRACELOGGING */
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keywords;
    const etwkit_guid *activity; /* NULL: the thread's current one (etwkit_activity_get()) */
    const etwkit_guid *related;  /* NULL: none */
} etwkit_event;

/*
 * Writes one event to each session that wants it, with the fields' data in the metadata's order: at most 128. No locks,
 * no system calls (but one when a thread writes for the first time), no allocation, no waiting. Any thread; also a
 * signal handler, if it returns.
 * ETWKIT_OK: every session that wanted it has it. ETWKIT_E_TOO_BIG: over 64 KiB, over a session's buffer or more than
 * 128 data; ETWKIT_E_FULL: a session had no free buffer. Both are counted by the sessions that did not get it. Where a
 * session of ETW wants the event, it is one call of EventWriteTransfer(), and costs what that costs; ETWKIT_E_INVALID:
 * it refuses the event.
 */
ETWKIT_API etwkit_status etwkit_provider_write(const etwkit_provider *provider, const etwkit_event *event,
                                               const etwkit_data *data, size_t count);

/* The calling thread's activity: events that name none carry it. All zeros: none. */
ETWKIT_API void etwkit_activity_get(etwkit_guid *activity);
/* Sets it (NULL: none); *before, if wanted, is what it was. */
ETWKIT_API void etwkit_activity_set(const etwkit_guid *activity, etwkit_guid *before);
/* A new one, unique on this machine as long as it is up, and beyond it very likely. Any thread. */
ETWKIT_API void etwkit_activity_create(etwkit_guid *activity);

#ifdef __cplusplus
}
#endif
#endif
