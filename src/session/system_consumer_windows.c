/* SPDX-License-Identifier: MIT */
/* ProcessTrace on a thread of its own: its callback copies events into parcels for the channel, and does nothing else.
 */
#include "base/bytes.h"
#include "base/error.h"
#include "base/machine.h"
#include "etl/logfile.h"
#include "session/system_windows.h"

enum {
    PARCEL_SIZE = 256 << 10,
    PARCEL_EVENTS_MAX = 4096,
    /* ProcessTrace is asked to return after so many milliseconds */
    PATIENCE = 10000, /* without an event */
    PATIENCE_IN_ALL = 60000
};

static const GUID losses_class = {0x6a399ae0, 0x4bc6, 0x4de9, {0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e}};

static const GUID header_class = {0x68fdd900, 0x4a3e, 0x11d1, {0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3}};

static bool is_guid(const GUID *a, const GUID *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Parcels. */

static void account(etwkit_session *session, uint64_t events, uint64_t bytes, uint64_t lost) {
    ek_lock_take(&session->lock);
    session->gather.events += events;
    session->gather.bytes += bytes;
    session->account.lost += lost;
    ek_lock_leave(&session->lock);
}

static void send_parcel(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    ek_parcel *parcel = system->parcel;
    system->parcel = NULL;
    if (!parcel)
        return;
    system->has_clock = true; /* the reader uses it from here on */
    account(session, parcel->events, parcel->used, 0);
    if (ek_channel_send(&session->channel, parcel) && session->options.on_ready)
        session->options.on_ready(session->options.on_ready_context);
}

static bool is_due(const etwkit_session *session, const ek_system *system) {
    const uint32_t limit = session->delivery.parcel_events;
    return system->parcel->events >= limit || GetTickCount64() - system->begun >= session->options.flush_ms;
}

/* Where an event of the size goes, in a piece of its processor. NULL: memory ran out. */
static uint8_t *take_room(etwkit_session *session, uint32_t size, int32_t processor) {
    ek_system *system = ek_system_of(session);
    ek_parcel *parcel = system->parcel;
    if (parcel && size + sizeof(ek_piece) > parcel->capacity - parcel->used)
        send_parcel(session);
    if (!system->parcel) {
        system->parcel = ek_channel_new_parcel(&session->channel, PARCEL_SIZE);
        system->begun = GetTickCount64();
        system->piece = 0;
    }
    parcel = system->parcel;
    if (!parcel)
        return NULL;
    ek_piece *piece = (ek_piece *)(void *)(parcel->bytes + system->piece);
    if (parcel->used == 0 || piece->processor != processor) {
        system->piece = parcel->used;
        piece = (ek_piece *)(void *)(parcel->bytes + system->piece);
        *piece = (ek_piece){.processor = processor};
        parcel->used += sizeof *piece;
    }
    uint8_t *room = parcel->bytes + parcel->used;
    parcel->used += size;
    parcel->events++;
    piece->size += size;
    return room;
}

/* The clock. */

/* The session's first event tells the moment that belongs to its own raw time. */
static void take_clock(etwkit_session *session, const uint8_t *stored, uint32_t size) {
    ek_logfile logfile;
    ek_clock clock;
    etwkit_clock type;
    /* Stored as a classic event, its payload stands 16 bytes behind where that of a kernel's stands. */
    uint8_t event[EK_LOGFILE_FIXED + 8] = {0};
    const uint32_t full = 0x30, system = 0x20;
    if (size < full + EK_LOGFILE_FIXED - system)
        return;
    event[2] = stored[2] == ETWKIT_HEADER_FULL32 ? ETWKIT_HEADER_SYSTEM32 : ETWKIT_HEADER_SYSTEM64;
    event[3] = stored[3];
    memcpy(event + 0x10, stored + 0x10, sizeof(int64_t));
    memcpy(event + system, stored + full, sizeof event - system < size - full ? sizeof event - system : size - full);
    if (ek_logfile_read(&logfile, event, sizeof event) && logfile.start_time > 0 &&
        !ek_logfile_clock(&logfile, &clock, &type))
        session->clock = clock;
}

static bool is_header(const EVENT_RECORD *record) {
    return record->EventHeader.Flags & EVENT_HEADER_FLAG_CLASSIC_HEADER && record->ExtendedDataCount == 0 &&
           record->EventHeader.EventDescriptor.Opcode == EVENT_TRACE_TYPE_INFO &&
           is_guid(&record->EventHeader.ProviderId, &header_class);
}

/* Windows' callbacks. */

static void WINAPI on_event(EVENT_RECORD *record) {
    etwkit_session *session = record->UserContext;
    ek_system *system = ek_system_of(session);
    const uint32_t size = ek_stored_size(record), room = ek_align8(size);
    ek_add(&system->events_seen, 1);
    if (is_guid(&record->EventHeader.ProviderId, &losses_class))
        ek_add(&system->losses, 1);
    if (size == 0) {
        ek_add(&system->too_big, 1);
        return;
    }
    const int32_t processor = record->EventHeader.Flags & EVENT_HEADER_FLAG_PROCESSOR_INDEX
                                  ? record->BufferContext.ProcessorIndex
                                  : record->BufferContext.ProcessorNumber;
    uint8_t *to = take_room(session, room, processor);
    if (!to) {
        account(session, 1, 0, 1);
        return;
    }
    ek_store_event(to, size, record);
    if (!system->has_clock && is_header(record)) {
        take_clock(session, to, size);
        system->has_clock = true;
    }
    if (is_due(session, system))
        send_parcel(session);
}

static ULONG WINAPI on_buffer(EVENT_TRACE_LOGFILEW *logfile) {
    send_parcel(logfile->Context);
    return TRUE;
}

/* The thread. */

static void run(void *context) {
    etwkit_session *session = context;
    ek_system *system = ek_system_of(session);
    uint32_t code = ProcessTrace(&system->trace, 1, NULL, NULL);
    send_parcel(session);
    if (!ek_load(&system->is_stopping)) {
        etwkit_error error;
        if (code == ERROR_SUCCESS) {
            ek_logger_over(system);
        } else {
            ek_etw_fail(&error, session->name, "ProcessTrace", code);
            ek_system_note(system, error.message);
        }
    }
    ek_channel_end(&session->channel);
    if (session->options.on_ready)
        session->options.on_ready(session->options.on_ready_context);
}

/* What holds where the header event does not come: a moment of both clocks. */
static void set_clock(etwkit_session *session, const TRACE_LOGFILE_HEADER *header) {
    const int64_t before = ek_ticks_now();
    const int64_t time = ek_filetime_now();
    const int64_t ticks = before + (ek_ticks_now() - before) / 2;
    session->clock = (ek_clock){.start_ticks = ticks, .start_time = time, .frequency = ek_ticks_frequency()};
    /* One that somebody else started has its own clock, whatever our options say. */
    const uint32_t told = ek_system_of(session)->last.properties.Wnode.ClientContext;
    const etwkit_clock type = header->ReservedFlags ? (etwkit_clock)header->ReservedFlags
                              : told                ? (etwkit_clock)told
                                                    : ETWKIT_CLOCK_QPC;
    if (type == ETWKIT_CLOCK_SYSTEM)
        session->clock.frequency = 0;
    if (type == ETWKIT_CLOCK_CPU)
        ek_system_note(ek_system_of(session), "the session counts processor cycles: without its header event, which "
                                              "comes first or not at all, the times are wrong");
}

etwkit_status ek_consumer_open(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    uint32_t events = session->options.channel_events / 4;
    events = events < PARCEL_EVENTS_MAX ? events : PARCEL_EVENTS_MAX;
    session->delivery.parcel_events = events ? events : 1;
    EVENT_TRACE_LOGFILEW logfile = {0};
    logfile.LoggerName = (LPWSTR)system->name;
    logfile.ProcessTraceMode =
        PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD | PROCESS_TRACE_MODE_RAW_TIMESTAMP;
    logfile.EventRecordCallback = on_event;
    logfile.BufferCallback = on_buffer;
    logfile.Context = session;
    system->trace = OpenTraceW(&logfile);
    if (system->trace == INVALID_PROCESSTRACE_HANDLE)
        return ek_etw_fail(error, session->name, "OpenTraceW", GetLastError());
    set_clock(session, &logfile.LogfileHeader);
    system->consumes = ek_thread_start(&session->thread, run, session);
    if (system->consumes)
        return ETWKIT_OK;
    (void)CloseTrace(system->trace);
    return ek_fail(error, ETWKIT_E_LIMIT, "session %s: the system gives it no thread", session->name);
}

/* ProcessTrace returns by itself when Windows' session has ended and all was given, some seconds later perhaps:
 * learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-processtrace. Nobody waits for ever for one that does not.
 */
static void wait_for_the_end(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    uint64_t seen = UINT64_MAX;
    for (uint32_t waited = 0; waited < PATIENCE_IN_ALL && ek_load(&system->events_seen) != seen; waited += PATIENCE) {
        seen = ek_load(&system->events_seen);
        if (WaitForSingleObject(session->thread.handle, PATIENCE) == WAIT_OBJECT_0)
            return;
    }
    ek_system_note(system, "ProcessTrace did not return in time: what it still had may be missing");
}

void ek_consumer_close(etwkit_session *session, bool ended) {
    ek_system *system = ek_system_of(session);
    if (!system->consumes)
        return;
    if (ended)
        wait_for_the_end(session);
    (void)CloseTrace(system->trace); /* ERROR_CTX_CLOSE_PENDING: ProcessTrace gives what it still has, and returns */
    ek_thread_join(&session->thread);
    system->consumes = false;
}
