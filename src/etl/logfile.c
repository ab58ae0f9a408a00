/* SPDX-License-Identifier: MIT */
/* Reads the header event and makes the trace's clock of it (docs/format/clock.md). Knows no buffers and no files. */
#include "etl/logfile.h"

#include "base/cursor.h"
#include "base/utf.h"

enum {
    HEADER = 0x20,   /* of the SYSTEM event: its payload begins behind it */
    TIME_ZONE = 172, /* TIME_ZONE_INFORMATION, of which the bias is the first word */
    CPU_CYCLES_PER_MHZ = 1000000,
    FILETIME_SECOND = 10000000,
    MAJOR_VISTA = 6
};

/* Values of the header's ReservedFlags. */
enum {
    CLOCK_UNSET = 0
};

bool ek_logfile_is(const uint8_t *event, size_t have) {
    return have >= 8 && event[3] == 0xC0 && event[6] == 0 && event[7] == 0 &&
           (event[2] == ETWKIT_HEADER_SYSTEM32 || event[2] == ETWKIT_HEADER_SYSTEM64);
}

/* The event's size is not asked: the numbers stand where they stand, and a damaged size must not cost the clock. */
bool ek_logfile_read(ek_logfile *logfile, const uint8_t *event, size_t have) {
    if (have < HEADER)
        return false;
    size_t pointer = event[2] == ETWKIT_HEADER_SYSTEM64 ? 8 : 4;
    ek_cursor cursor = ek_cursor_of(event + HEADER, have - HEADER);
    *logfile = (ek_logfile){.ticks = ek_load_i64(event + 0x10)};
    logfile->buffer_size = ek_cursor_u32(&cursor);
    logfile->major = ek_cursor_u8(&cursor);
    logfile->minor = ek_cursor_u8(&cursor);
    ek_cursor_skip(&cursor, 2); /* version of the layout */
    logfile->build = ek_cursor_u32(&cursor);
    logfile->processors = ek_cursor_u32(&cursor);
    logfile->end_time = (int64_t)ek_cursor_u64(&cursor);
    logfile->timer_resolution = ek_cursor_u32(&cursor);
    logfile->maximum_file_size = ek_cursor_u32(&cursor);
    logfile->mode = ek_cursor_u32(&cursor);
    logfile->buffers_written = ek_cursor_u32(&cursor);
    ek_cursor_skip(&cursor, 4); /* StartBuffers */
    logfile->pointer_size = ek_cursor_u32(&cursor);
    logfile->events_lost = ek_cursor_u32(&cursor);
    logfile->cpu_mhz = ek_cursor_u32(&cursor);
    ek_cursor_skip(&cursor, 2 * pointer); /* name pointers, which hold other numbers */
    logfile->time_zone_bias = (int32_t)ek_cursor_u32(&cursor);
    ek_cursor_skip(&cursor, TIME_ZONE - 4 + 4); /* its rest, and padding */
    logfile->boot_time = (int64_t)ek_cursor_u64(&cursor);
    logfile->frequency = (int64_t)ek_cursor_u64(&cursor);
    logfile->start_time = (int64_t)ek_cursor_u64(&cursor);
    logfile->clock_type = ek_cursor_u32(&cursor);
    logfile->buffers_lost = ek_cursor_u32(&cursor);
    logfile->names = cursor.at;
    /* The names end with the event, where its size can be true. */
    size_t size = ek_load16(event + 4), fixed = HEADER + ek_cursor_position(&cursor);
    logfile->names_size = size > fixed && size <= have ? size - fixed : ek_cursor_left(&cursor);
    if (logfile->pointer_size != 4 && logfile->pointer_size != 8)
        logfile->pointer_size = (uint32_t)pointer;
    return !cursor.failed;
}

const char *ek_logfile_clock(const ek_logfile *logfile, ek_clock *clock, etwkit_clock *type) {
    bool ticks = logfile->frequency > 0;
    const char *phrase = NULL;
    uint32_t wanted = logfile->clock_type;
    if (wanted == CLOCK_UNSET)
        wanted = logfile->major >= MAJOR_VISTA && ticks ? ETWKIT_CLOCK_QPC : ETWKIT_CLOCK_SYSTEM;
    if (wanted > ETWKIT_CLOCK_CPU) {
        phrase = "the header event names an unknown clock (its times are taken as performance counter ticks)";
        wanted = ETWKIT_CLOCK_QPC;
    }
    *type = (etwkit_clock)wanted;
    *clock = (ek_clock){.start_ticks = logfile->ticks, .start_time = logfile->start_time};
    if (wanted == ETWKIT_CLOCK_QPC && ticks)
        clock->frequency = (uint64_t)logfile->frequency;
    else if (wanted == ETWKIT_CLOCK_CPU)
        clock->frequency = (uint64_t)logfile->cpu_mhz * CPU_CYCLES_PER_MHZ;
    if (wanted != ETWKIT_CLOCK_SYSTEM && clock->frequency == 0)
        phrase = "the header event gives its clock no frequency (its ticks are taken as 100 ns since 1601)";
    return phrase;
}

/* One name as UTF-8 in the arena; *at moves behind it. */
static const char *take_name(const ek_logfile *logfile, size_t *at, ek_arena *arena) {
    bool terminated;
    const uint8_t *name = logfile->names + *at;
    size_t size = ek_utf16_length(name, logfile->names_size - *at, &terminated);
    *at += terminated ? size + 2 : size;
    return ek_utf16_copy(arena, name, size);
}

bool ek_logfile_info(const ek_logfile *logfile, etwkit_trace_info *info, ek_arena *arena) {
    size_t at = 0;
    ek_clock clock;
    info->session_name = take_name(logfile, &at, arena);
    info->log_file_name = take_name(logfile, &at, arena);
    ek_logfile_clock(logfile, &clock, &info->clock);
    info->frequency = clock.frequency ? clock.frequency : FILETIME_SECOND;
    info->os_major = logfile->major;
    info->os_minor = logfile->minor;
    info->os_build = logfile->build;
    info->processor_count = logfile->processors;
    info->pointer_size = logfile->pointer_size;
    info->start_time = logfile->start_time;
    info->end_time = logfile->end_time;
    info->boot_time = logfile->boot_time;
    info->time_zone_bias = logfile->time_zone_bias;
    info->timer_resolution = logfile->timer_resolution;
    info->cpu_mhz = logfile->cpu_mhz;
    info->log_file_mode = logfile->mode;
    info->maximum_file_size = logfile->maximum_file_size;
    info->buffer_size = logfile->buffer_size;
    info->buffers_written = logfile->buffers_written;
    info->events_lost = logfile->events_lost;
    info->buffers_lost = logfile->buffers_lost;
    info->closed = logfile->end_time != 0;
    return info->session_name && info->log_file_name;
}
