/* SPDX-License-Identifier: MIT */
/* A real-time session as a trace: parcels from the channel, given record by record. */
#include "base/bytes.h"
#include "base/error.h"
#include "etl/event.h"
#include "session/inside.h"
#include "trace/feed.h"

enum {
    WAIT = 100
}; /* milliseconds */

/* Of a trace that is replayed. */
static void take_record(ek_reading *reading, etwkit_record *record) {
    memcpy(record, reading->parcel->bytes + reading->at, sizeof *record);
    reading->at += (uint32_t)sizeof *record + ek_align8(record->data_size);
}

static void fill_record(etwkit_session *session, etwkit_record *record) {
    ek_reading *reading = &session->reading;
    const uint8_t *data = reading->parcel->bytes + reading->at;
    ek_event_head head;
    if (reading->processor == EK_PIECE_RECORDS) {
        take_record(reading, record);
        return;
    }
    *record = (etwkit_record){0};
    (void)ek_event_look(&head, data, reading->piece_end - reading->at); /* made by ourselves: nothing can be wrong */
    (void)ek_event_read(record, &head, data, sizeof(void *));
    record->timestamp = ek_clock_filetime(&session->clock, record->raw_timestamp);
    record->processor = (uint16_t)reading->processor;
    reading->at += ek_align8(head.size);
}

static etwkit_status next(void *context, etwkit_record *record, bool wait) {
    etwkit_session *session = context;
    ek_reading *reading = &session->reading;
    bool ended = false;
    if (reading->parcel && reading->at == reading->parcel->used) {
        if (!wait)
            return ETWKIT_ABSENT; /* records of the batch lie in it */
        ek_channel_recycle(&session->channel, reading->parcel);
        reading->parcel = NULL;
    }
    if (!reading->parcel) {
        reading->parcel = ek_channel_receive(&session->channel, wait ? WAIT : 0, &ended);
        reading->at = reading->piece_end = 0;
    }
    if (!reading->parcel)
        return ended ? ETWKIT_END : ETWKIT_ABSENT;
    if (reading->at == reading->piece_end) {
        ek_piece piece;
        memcpy(&piece, reading->parcel->bytes + reading->at, sizeof piece);
        reading->at += (uint32_t)sizeof piece;
        reading->piece_end = reading->at + piece.size;
        reading->processor = piece.processor;
    }
    fill_record(session, record);
    return ETWKIT_OK;
}

static bool wants(void *context, const etwkit_record *record, const ek_filter_names *names) {
    etwkit_session *session = context;
    return session->backend->wants(session, record, names);
}

static void release(void *context, uint64_t delivered, uint64_t filtered) {
    etwkit_session *session = context;
    ek_lock_take(&session->lock);
    session->account.delivered += delivered;
    session->account.filtered += filtered;
    ek_lock_leave(&session->lock);
}

static etwkit_status wait_for_events(void *context, uint32_t milliseconds) {
    etwkit_session *session = context;
    const ek_reading *reading = &session->reading;
    if (reading->parcel && reading->at < reading->parcel->used)
        return ETWKIT_OK;
    return ek_channel_wait(&session->channel, milliseconds);
}

static void close_reader(void *context) {
    etwkit_session *session = context;
    ek_lock_take(&session->lock);
    session->is_read = false;
    ek_lock_leave(&session->lock);
}

etwkit_status etwkit_trace_open_session(etwkit_trace **trace, etwkit_session *session,
                                        const etwkit_trace_options *options, etwkit_error *error) {
    *trace = NULL;
    if (session->options.mode != ETWKIT_SESSION_REAL_TIME)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: it writes to a file; read that", session->name);
    ek_lock_take(&session->lock);
    bool was_read = session->is_read;
    session->is_read = true;
    ek_lock_leave(&session->lock);
    if (was_read)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: it is being read already", session->name);
    const ek_feed feed = {.context = session,
                          .name = session->name,
                          .origins = session->replay ? (const char *const *)session->replay->paths : NULL,
                          .origin_count = session->replay ? session->replay->path_count : 0,
                          .next = next,
                          .wants = session->backend ? wants : NULL,
                          .release = release,
                          .wait = wait_for_events,
                          .close = close_reader};
    return ek_trace_open_feed(trace, &feed, options, error);
}
