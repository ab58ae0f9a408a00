/* SPDX-License-Identifier: MIT */
/* One .etl file that a session writes. Each buffer gets its head last, so that nothing is ever seen half written. */
#include "session/recording.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/machine.h"
#include "etl/buffer.h"
#include "session/inside.h"

enum {
    PROCESSORS_MOST = 2048, /* that a buffer's head can name */
    /* The form of the file, which readers choose by these: that of Windows 10. The build is left 0, since none wrote
     * it. */
    FORM_MAJOR = 10,
    MODE_SEQUENTIAL = 0x1,
    MODE_CIRCULAR = 0x2,
    MODE_NEW_FILE = 0x8,
    MODE_BUFFERING = 0x400
};

static uint32_t mode_bits(etwkit_session_mode mode) {
    switch (mode) {
    case ETWKIT_SESSION_CIRCULAR: return MODE_CIRCULAR;
    case ETWKIT_SESSION_NEW_FILE: return MODE_NEW_FILE;
    case ETWKIT_SESSION_FLIGHT_RECORDER: return MODE_BUFFERING;
    case ETWKIT_SESSION_REAL_TIME:
    case ETWKIT_SESSION_FILE: break;
    }
    return MODE_SEQUENTIAL;
}

/* In MiB, rounded up. */
static uint32_t mebibytes(uint64_t bytes) {
    uint64_t whole = (bytes >> 20) + (bytes % (1 << 20) != 0);
    return whole < UINT32_MAX ? (uint32_t)whole : UINT32_MAX;
}

static etwkit_status settle(ek_recording *recording, const etwkit_session *session, const char *path,
                            etwkit_error *error) {
    const etwkit_session_options *given = &session->options;
    uint32_t processors = session->member.ring->lane_count;
    const etwkit_writer_options options = {
        .struct_size = sizeof options,
        .buffer_size = given->buffer_size,
        .processor_count = (uint16_t)(processors < PROCESSORS_MOST ? processors : PROCESSORS_MOST),
        .pointer_size = sizeof(void *),
        .clock = given->clock,
        .frequency = session->clock.frequency,
        .start_time = session->clock.start_time,
        .start_ticks = session->clock.start_ticks,
        .boot_time = ek_filetime_of_boot(),
        .os_major = FORM_MAJOR,
        .log_file_mode = mode_bits(given->mode),
        .maximum_file_size = mebibytes(given->maximum_file_size),
        .time_zone_bias = ek_time_zone_bias(),
        .cpu_mhz = ek_processor_mhz(),
        .process_id = ek_process_id(),
        .thread_id = ek_thread_id(),
        .session_name = session->name,
    };
    etwkit_status status = ek_writer_settle(&recording->settings, &options, error);
    if (status)
        return status;
    recording->settings.header_size = given->buffer_size;
    ek_header_append(&recording->header, &recording->settings, path);
    if (recording->header.failed)
        return ek_fail_memory(error);
    if (recording->header.size > given->buffer_size - EK_BUFFER_HEADER_SIZE)
        return ek_fail(error, ETWKIT_E_TOO_BIG,
                       "session %s: a buffer of %u bytes has no room for its name and that of %s", session->name,
                       given->buffer_size, path);
    return ETWKIT_OK;
}

/* Head and header event; what is behind them never changes. */
static size_t put_header(ek_recording *recording, uint8_t *bytes, const ek_header_totals *totals) {
    ek_header_head_write(bytes, &recording->settings, recording->header.size);
    ek_header_complete(recording->header.data, &recording->settings, totals);
    memcpy(bytes + EK_BUFFER_HEADER_SIZE, recording->header.data, recording->header.size);
    return EK_BUFFER_HEADER_SIZE + recording->header.size;
}

etwkit_status ek_recording_begin(ek_recording *recording, const etwkit_session *session, const char *path,
                                 uint8_t *scratch, etwkit_error *error) {
    uint32_t size = session->options.buffer_size;
    const ek_header_totals totals = {.buffers = 1};
    *recording = (ek_recording){.place = size, .end = size, .buffers = 1};
    ek_buf_init(&recording->header, &session->allocator);
    etwkit_status status = settle(recording, session, path, error);
    if (!status)
        status = ek_file_create(&recording->file, path, &session->allocator, error);
    if (!status) {
        size_t filled = put_header(recording, scratch, &totals);
        memset(scratch + filled, EK_BUFFER_SLACK, size - filled);
        status = ek_file_write(recording->file, 0, scratch, size, error);
    }
    if (status) {
        ek_file_close(&recording->file);
        ek_buf_free(&recording->header);
    }
    return status;
}

static ek_buffer_head head_of(const ek_recording *recording, uint32_t filled, uint32_t processor, int64_t now) {
    uint32_t size = recording->settings.options.buffer_size;
    return (ek_buffer_head){.size = size,
                            .saved = filled,
                            .current = filled + size,
                            .filled = filled,
                            .time = now,
                            .sequence = recording->sequence + 1,
                            .processor = (uint16_t)(processor % PROCESSORS_MOST),
                            .flags = EK_BUFFER_PROCESSOR_INDEX,
                            .type = EK_BUFFER_GENERIC};
}

static etwkit_status write_head(ek_recording *recording, const ek_buffer_head *head, etwkit_error *error) {
    uint8_t bytes[EK_BUFFER_HEADER_SIZE];
    ek_buffer_head_write(bytes, &recording->settings, head);
    return ek_file_write(recording->file, recording->place, bytes, sizeof bytes, error);
}

/*
 * Body first, then the head: what a process leaves that is killed in between has no head, and so is no buffer. One that
 * is overwritten is first said to be empty.
 */
static etwkit_status write_buffer(ek_recording *recording, const uint8_t *bytes, const ek_buffer_head *head,
                                  etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    if (recording->place < recording->end) {
        ek_buffer_head empty = *head;
        empty.filled = empty.saved = EK_BUFFER_HEADER_SIZE;
        empty.type = EK_BUFFER_EMPTY_MARKER;
        status = write_head(recording, &empty, error);
    }
    if (!status)
        status = ek_file_write(recording->file, recording->place + EK_BUFFER_HEADER_SIZE, bytes + EK_BUFFER_HEADER_SIZE,
                               head->size - EK_BUFFER_HEADER_SIZE, error);
    return status ? status : write_head(recording, head, error);
}

etwkit_status ek_recording_put(ek_recording *recording, uint8_t *bytes, uint32_t filled, uint32_t processor,
                               int64_t now, etwkit_error *error) {
    uint32_t size = recording->settings.options.buffer_size;
    const ek_buffer_head head = head_of(recording, filled, processor, now);
    memset(bytes + filled, EK_BUFFER_SLACK, size - filled);
    etwkit_status status = write_buffer(recording, bytes, &head, error);
    if (status) {
        recording->torn = true;
        return status;
    }
    recording->sequence++;
    recording->last = recording->place;
    recording->place += size;
    if (recording->place > recording->end) {
        recording->end = recording->place;
        recording->buffers++;
    }
    return ETWKIT_OK;
}

static uint32_t at_most_32_bits(uint64_t number) {
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

etwkit_status ek_recording_finish(ek_recording *recording, const ek_recording_end *end, etwkit_error *error) {
    const ek_header_totals totals = {.end_time = end->time,
                                     .buffers = recording->buffers,
                                     .events_lost = at_most_32_bits(end->events_lost),
                                     .buffers_lost = at_most_32_bits(end->buffers_lost)};
    static const uint8_t flags[2] = {EK_BUFFER_PROCESSOR_INDEX | EK_BUFFER_FLUSH_MARKER, 0};
    etwkit_status status = ETWKIT_OK;
    if (recording->last)
        status = ek_file_write(recording->file, recording->last + EK_BUFFER_FLAGS_AT, flags, sizeof flags, error);
    if (!status && recording->torn)
        status = ek_file_resize(recording->file, recording->end, error);
    ek_header_complete(recording->header.data, &recording->settings, &totals);
    if (!status)
        status = ek_file_write(recording->file, EK_BUFFER_HEADER_SIZE, recording->header.data, recording->header.size,
                               error);
    ek_file_close(&recording->file);
    ek_buf_free(&recording->header);
    return status;
}

_Static_assert(EK_BUFFER_HEADER_SIZE == EK_RING_HEAD, "events stand where they do in a ring's buffers");
