/* SPDX-License-Identifier: MIT */
/* Events that come from elsewhere: from .etl files or made by number, on a thread that begins when the script says. */
#include "sim.h"

#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum sim_stamps {
    STAMPS_NOW,   /* the time at which it is fed */
    STAMPS_SHIFT, /* the distances of the trace, from now on */
    STAMPS_KEEP   /* the trace's own */
} sim_stamps;

typedef struct sim_feed {
    enum {
        FEED_TRACE,
        FEED_EVENTS,
        FEED_WAIT,
        FEED_ENABLES,
        FEED_STOP,
        FEED_START
    } kind;
    const char *path, *name;
    GUID provider;
    ULONGLONG count, keyword;
    ULONG rate, id, payload, process_id, processors, late_every;
    UCHAR level, opcode, version;
    bool unwaited; /* what finds no room is lost */
    sim_stamps stamps;
} sim_feed;

enum {
    FEEDS = 64,
    LATE = 10000, /* ticks */
    METADATA = 256
};

static sim_feed feeds[FEEDS];
static unsigned feed_count;
static volatile LONG enables, processing, begun;

/* ---- events by number: one field "number", u64, and bytes behind it */

static USHORT append_text(BYTE *bytes, USHORT size, const char *text) {
    const size_t length = strlen(text) + 1;
    if (size + length > METADATA)
        sim_fatal("the name \"%s\" is too long", text);
    memcpy(bytes + size, text, length);
    return (USHORT)(size + length);
}

/* TraceLogging's metadata: size, no tags, the event's name; then the field with its in type (u64: 10). */
static USHORT metadata(BYTE bytes[METADATA], const char *name) {
    USHORT size = 2;
    bytes[size++] = 0;
    size = append_text(bytes, size, name);
    size = append_text(bytes, size, "number");
    bytes[size++] = 10;
    memcpy(bytes, &size, sizeof size);
    return size;
}

static USHORT traits(BYTE bytes[METADATA]) {
    const USHORT size = append_text(bytes, 2, "Etwsim");
    memcpy(bytes, &size, sizeof size);
    return size;
}

void sim_synthetic(sim_draft *draft, const GUID *provider, ULONG id, ULONGLONG number) {
    static __thread ULONGLONG payload;
    memset(draft, 0, sizeof *draft);
    payload = number;
    draft->kind = ETWKIT_HEADER_EVENT64;
    draft->payload = &payload;
    draft->payload_size = sizeof payload;
    draft->header.ProviderId = *provider;
    draft->header.EventDescriptor.Id = (USHORT)id;
    draft->header.EventDescriptor.Level = 4;
    draft->header.Flags = EVENT_HEADER_FLAG_64_BIT_HEADER;
    draft->header.ProcessId = 4242;
    draft->header.ThreadId = 4243;
}

/* Holds back until the event's time has come. */
static void pace(ULONG rate, ULONGLONG number, ULONGLONG began) {
    while (rate && (GetTickCount64() - began) * rate / 1000 < number)
        Sleep(1);
}

static void feed_events(const sim_feed *feed) {
    BYTE schema[METADATA], trait[METADATA], *bytes = calloc(1, sizeof(ULONGLONG) + feed->payload);
    const USHORT schema_size = metadata(schema, feed->name ? feed->name : "Counted"), trait_size = traits(trait);
    const ULONGLONG began = GetTickCount64();
    for (ULONGLONG i = 0; i < feed->count && bytes; i++) {
        sim_draft draft;
        pace(feed->rate, i, began);
        sim_synthetic(&draft, &feed->provider, feed->id, i);
        memcpy(bytes, &i, sizeof i);
        draft.payload = bytes;
        draft.payload_size = (ULONG)sizeof i + feed->payload;
        draft.processor = (USHORT)(i % feed->processors);
        draft.header.ProcessId = feed->process_id;
        draft.late = feed->late_every && i && i % feed->late_every == 0 ? LATE : 0;
        draft.header.EventDescriptor.Level = feed->level;
        draft.header.EventDescriptor.Opcode = feed->opcode;
        draft.header.EventDescriptor.Version = feed->version;
        draft.header.EventDescriptor.Keyword = feed->keyword;
        if (!feed->id) {
            draft.items[draft.item_count++] = (sim_item){SIM_ITEM_EVENT_SCHEMA_TL, schema_size, schema};
            draft.items[draft.item_count++] = (sim_item){SIM_ITEM_PROV_TRAITS, trait_size, trait};
        }
        (void)sim_route(&draft, !feed->unwaited);
    }
    free(bytes);
}

/* ---- traces */

static etwkit_trace *open_trace(const char *path) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    etwkit_error error;
    options.no_bundled_schemas = true;
    if (etwkit_trace_open(&trace, path, &options, &error))
        sim_fatal("cannot feed %s: %s", path, error.message);
    return trace;
}

/* The record as Windows would deliver it; `payload` is where a StackWalk's is changed. */
static void make_draft(const etwkit_record *record, sim_draft *draft) {
    memset(draft, 0, sizeof *draft);
    draft->kind = record->header_kind;
    draft->processor = record->processor;
    draft->payload = record->payload;
    draft->payload_size = record->payload_size;
    EVENT_HEADER *header = &draft->header;
    header->Flags = record->flags;
    header->EventProperty = record->event_property;
    header->ThreadId = record->thread_id;
    header->ProcessId = record->process_id;
    memcpy(&header->ProviderId, &record->provider_id, sizeof header->ProviderId);
    memcpy(&header->ActivityId, &record->activity_id, sizeof header->ActivityId);
    header->EventDescriptor = (EVENT_DESCRIPTOR){record->event_id, record->version, record->channel, record->level,
                                                 record->opcode,   record->task,    record->keywords};
    header->KernelTime = record->kernel_time;
    header->UserTime = record->user_time;
    const uint8_t *data;
    size_t size;
    uint16_t type;
    for (size_t i = 0;
         draft->item_count < SIM_MAX_ITEMS && etwkit_record_item_at(record, i, &type, &data, &size) == ETWKIT_OK; i++)
        draft->items[draft->item_count++] = (sim_item){type, (USHORT)size, data};
}

/* Stacks name their event by its raw time: that goes along with the time. */
static void shift_stack(sim_draft *draft, LONGLONG by, BYTE payload[65536]) {
    LONGLONG stamp;
    if (memcmp(&draft->header.ProviderId, &sim_stack_walk_class, sizeof(GUID)) != 0 ||
        draft->payload_size < sizeof stamp || draft->payload_size > 65535)
        return;
    memcpy(payload, draft->payload, draft->payload_size);
    memcpy(&stamp, payload, sizeof stamp);
    stamp += by;
    memcpy(payload, &stamp, sizeof stamp);
    draft->payload = payload;
}

static bool is_log_header(const etwkit_record *record) {
    return memcmp(&record->provider_id, &sim_event_trace_guid, sizeof(GUID)) == 0 && record->opcode == 0;
}

static void feed_trace(const sim_feed *feed) {
    etwkit_trace *trace = open_trace(feed->path);
    const etwkit_batch *batch;
    etwkit_error error;
    etwkit_status status;
    BYTE *payload = malloc(65536);
    const ULONGLONG began = GetTickCount64();
    ULONGLONG fed = 0;
    LONGLONG shift = 0;
    while (payload && (status = etwkit_trace_next(trace, &batch, &error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            if (is_log_header(record))
                continue; /* each session has its own */
            LARGE_INTEGER now;
            (void)QueryPerformanceCounter(&now);
            if (!fed)
                shift = feed->stamps == STAMPS_SHIFT ? now.QuadPart - record->raw_timestamp : 0;
            pace(feed->rate, fed++, began);
            sim_draft draft;
            make_draft(record, &draft);
            draft.stamped = feed->stamps != STAMPS_NOW;
            draft.header.TimeStamp.QuadPart = record->raw_timestamp + shift;
            if (shift)
                shift_stack(&draft, shift, payload);
            (void)sim_route(&draft, !feed->unwaited);
        }
    free(payload);
    etwkit_trace_close(&trace);
}

/* Sessions live in the trace's time: its header event's, and its clock. */
static void take_clock(const char *path) {
    etwkit_trace *trace = open_trace(path);
    const etwkit_batch *batch;
    etwkit_error error;
    if (etwkit_trace_next(trace, &batch, &error) == ETWKIT_OK && etwkit_batch_count(batch)) {
        const etwkit_record *first = etwkit_batch_record(batch, 0);
        const etwkit_trace_info *info = etwkit_trace_get_info(trace, 0);
        sim_set_clock((LONGLONG)info->frequency, first->raw_timestamp, info->start_time);
    }
    etwkit_trace_close(&trace);
}

/* ---- the script's lines, and the thread */

/* Somebody else stops our session. */
static void steal(const char *name) {
    WCHAR wide[1025];
    (void)MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 1025);
    AcquireSRWLockExclusive(&sim_lock);
    sim_session *session = strcmp(name, "*") == 0 ? sim_sessions : sim_find_name(wide);
    while (session && session->foreign)
        session = session->next;
    if (session)
        sim_stop_session(session);
    ReleaseSRWLockExclusive(&sim_lock);
    sim_log("a session is stopped by somebody else name=\"%s\" -> %d", name, session != NULL);
    sim_tell_providers(NULL, EVENT_CONTROL_CODE_DISABLE_PROVIDER, NULL);
}

/* Somebody else starts a session. */
static void start_foreign(const char *name) {
    AcquireSRWLockExclusive(&sim_lock);
    sim_session *session = sim_new_foreign(name);
    const USHORT handle = session->id;
    sim_start_session(session);
    ReleaseSRWLockExclusive(&sim_lock);
    sim_log("a session is started by somebody else name=\"%s\" handle=%u", name, handle);
}

static void await_enables(ULONGLONG count) {
    while ((ULONGLONG)InterlockedCompareExchange(&enables, 0, 0) < count)
        Sleep(1);
}

static DWORD WINAPI feed_all(void *unused) {
    (void)unused;
    for (unsigned i = 0; i < feed_count; i++)
        switch (feeds[i].kind) {
        case FEED_TRACE: feed_trace(&feeds[i]); break;
        case FEED_EVENTS: feed_events(&feeds[i]); break;
        case FEED_WAIT: Sleep((DWORD)feeds[i].count); break;
        case FEED_ENABLES: await_enables(feeds[i].count); break;
        case FEED_STOP: steal(feeds[i].name); break;
        case FEED_START: start_foreign(feeds[i].name); break;
        }
    sim_log("everything is fed");
    Sleep(INFINITE); /* the program ends now, perhaps: Wine 8 may crash where a thread ends at the same time */
    return 0;
}

static bool time_has_come(sim_moment moment) {
    if (moment == SIM_PROVIDER_ENABLED)
        (void)InterlockedIncrement(&enables);
    if (moment == SIM_PROCESSING)
        (void)InterlockedExchange(&processing, 1);
    return (sim_script.begin_started || (ULONG)enables >= sim_script.begin_enables) &&
           (processing || !sim_script.begin_processing);
}

void sim_feed_start(sim_moment moment) {
    if (!time_has_come(moment) || !feed_count || InterlockedExchange(&begun, 1))
        return;
    HANDLE thread = CreateThread(NULL, 0, feed_all, NULL, 0, NULL);
    if (!thread)
        sim_fatal("no thread to feed events");
    CloseHandle(thread);
}

static void read_rate(const sim_line *line, sim_feed *feed) {
    const char *rate = sim_word(line, "rate", "0");
    const bool flood = strcmp(rate, "flood") == 0;
    feed->rate = flood ? 0 : (ULONG)sim_number(rate);
    feed->unwaited = flood || strcmp(sim_word(line, "wait", "yes"), "no") == 0;
}

static void read_trace(const sim_line *line, sim_feed *feed) {
    const char *stamps = sim_word(line, "stamps", "now");
    feed->kind = FEED_TRACE;
    feed->path = line->words[2];
    feed->stamps = strcmp(stamps, "keep") == 0 ? STAMPS_KEEP : strcmp(stamps, "shift") == 0 ? STAMPS_SHIFT : STAMPS_NOW;
    if (feed->stamps == STAMPS_KEEP)
        take_clock(feed->path);
}

static void read_events(const sim_line *line, sim_feed *feed) {
    feed->kind = FEED_EVENTS;
    feed->count = sim_number(line->words[2]);
    feed->name = sim_word(line, "name", NULL);
    feed->id = (ULONG)sim_number(sim_word(line, "id", "0"));
    feed->level = (UCHAR)sim_number(sim_word(line, "level", "4"));
    feed->opcode = (UCHAR)sim_number(sim_word(line, "opcode", "0"));
    feed->version = (UCHAR)sim_number(sim_word(line, "version", "0"));
    feed->keyword = sim_number(sim_word(line, "keyword", "0"));
    feed->payload = (ULONG)sim_number(sim_word(line, "payload", "0"));
    feed->process_id = (ULONG)sim_number(sim_word(line, "pid", "4242"));
    feed->late_every = (ULONG)sim_number(sim_word(line, "late-every", "0"));
    feed->processors = (ULONG)sim_number(sim_word(line, "processors", "1"));
    if (!sim_guid(sim_word(line, "provider", ""), &feed->provider))
        sim_fatal("line %u of the script: \"provider GUID\" is missing", line->number);
}

/* feed trace PATH ..., feed events N ..., feed wait MS, feed enables N, feed stop NAME, feed start NAME */
bool sim_feed_line(const sim_line *line) {
    if (strcmp(line->words[0], "feed") != 0 || line->count < 3)
        return false;
    if (feed_count == FEEDS)
        sim_fatal("more than %d feeds", FEEDS);
    sim_feed *feed = &feeds[feed_count++];
    read_rate(line, feed);
    if (strcmp(line->words[1], "trace") == 0) {
        read_trace(line, feed);
    } else if (strcmp(line->words[1], "events") == 0) {
        read_events(line, feed);
    } else if (strcmp(line->words[1], "wait") == 0) {
        feed->kind = FEED_WAIT;
        feed->count = sim_number(line->words[2]);
    } else if (strcmp(line->words[1], "enables") == 0) {
        feed->kind = FEED_ENABLES;
        feed->count = sim_number(line->words[2]);
    } else if (strcmp(line->words[1], "start") == 0) {
        feed->kind = FEED_START;
        feed->name = line->words[2];
    } else if (strcmp(line->words[1], "stop") == 0) {
        feed->kind = FEED_STOP;
        feed->name = line->words[2];
    } else {
        return false;
    }
    return true;
}
