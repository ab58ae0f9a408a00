/* SPDX-License-Identifier: MIT */
/* The header event (TRACE_LOGFILE_HEADER, FORMATS 4) and the options that it tells. Knows no buffers and no files. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/utf.h"
#include "etl/buffer.h"
#include "etl/writer.h"

#include <inttypes.h>

enum {
    EVENT_HEADER_SIZE = 0x20,
    EVENT_VERSION = 2,
    MARK = 0xC0,
    ZONE_SIZE = 172, /* TIME_ZONE_INFORMATION */
    ZONE_NAME = 32,  /* characters */
    MODE_SEQUENTIAL = 0x00000001,
    MODE_RELOG = 0x00010000,
    MODE_COMPRESSED = 0x04000000,
    DEFAULT_BUFFER_SIZE = 65536,
    SECTOR = 0x200, /* header buffers of compressed files are a multiple of it */
    DAY = 24 * 60,  /* minutes */
    FILETIME_SECOND = 10000000,
    MEGAHERTZ = 1000000
};

/* Past it the conversion to FILETIME would no longer be exact in 64 bits (FORMATS 4.1). */
#define FREQUENCY_MAX UINT64_C(1000000000000)

/* Where the fields stand in the payload; those behind the pointer-sized slots by pointer size. */
enum {
    END_TIME = 0x10,
    BUFFERS_WRITTEN = 0x24,
    EVENTS_LOST = 0x30,
    POINTER_SLOTS = 0x38
};

static size_t zone_at(unsigned pointer_size) {
    return POINTER_SLOTS + 2 * (size_t)pointer_size;
}
static size_t times_at(unsigned pointer_size) {
    return zone_at(pointer_size) + ZONE_SIZE + 4;
}
static size_t names_at(unsigned pointer_size) {
    return times_at(pointer_size) + 0x20;
}

static etwkit_status settle_clock(ek_writer_settings *settings, etwkit_error *error) {
    etwkit_writer_options *options = &settings->options;
    settings->performance_frequency = FILETIME_SECOND;
    switch (options->clock) {
    case ETWKIT_CLOCK_QPC:
        if (options->frequency == 0)
            options->frequency = FILETIME_SECOND;
        settings->performance_frequency = options->frequency;
        break;
    case ETWKIT_CLOCK_SYSTEM:
        if (options->frequency != 0 && options->frequency != FILETIME_SECOND)
            return ek_fail(error, ETWKIT_E_INVALID, "writer: the system clock has a frequency of 10,000,000, not %llu",
                           (unsigned long long)options->frequency);
        options->start_ticks = options->start_time;
        options->frequency = FILETIME_SECOND;
        break;
    case ETWKIT_CLOCK_CPU:
        /* The file tells this clock's frequency by the processor's speed, in whole megahertz. */
        if (options->frequency == 0)
            options->frequency = (uint64_t)(options->cpu_mhz ? options->cpu_mhz : 10) * MEGAHERTZ;
        if (options->frequency % MEGAHERTZ != 0)
            return ek_fail(error, ETWKIT_E_INVALID,
                           "writer: the frequency of a processor clock is a multiple of 1,000,000, not %llu",
                           (unsigned long long)options->frequency);
        if (options->cpu_mhz != 0 && options->cpu_mhz != options->frequency / MEGAHERTZ)
            return ek_fail(error, ETWKIT_E_INVALID,
                           "writer: cpu_mhz (%u) and frequency (%llu) contradict each other; give one of them",
                           options->cpu_mhz, (unsigned long long)options->frequency);
        options->cpu_mhz = (uint32_t)(options->frequency / MEGAHERTZ);
        break;
    default: return ek_fail(error, ETWKIT_E_INVALID, "writer: there is no clock %d", (int)options->clock);
    }
    if (options->frequency > FREQUENCY_MAX)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: the frequency is over 10^12");
    settings->clock = (ek_clock){
        .start_ticks = options->start_ticks, .start_time = options->start_time, .frequency = options->frequency};
    return ETWKIT_OK;
}

static void settle_defaults(etwkit_writer_options *options) {
    if (options->buffer_size == 0)
        options->buffer_size = DEFAULT_BUFFER_SIZE;
    if (options->processor_count == 0)
        options->processor_count = 1;
    if (options->pointer_size == 0)
        options->pointer_size = 8;
    if (options->clock == 0)
        options->clock = ETWKIT_CLOCK_QPC;
    if (options->os_major == 0 && options->os_minor == 0 && options->os_build == 0) {
        options->os_major = 10;
        options->os_build = 19041;
    }
    if (options->log_file_mode == 0)
        options->log_file_mode = MODE_SEQUENTIAL;
    /* Compressed files of the corpus were all written by Windows' merging tools, which say so. */
    if (options->compress)
        options->log_file_mode |= MODE_COMPRESSED | MODE_RELOG;
    if (options->timer_resolution == 0)
        options->timer_resolution = 156250;
    if (!options->session_name)
        options->session_name = "etwkit";
}

static etwkit_status check(const etwkit_writer_options *options, bool processor_index, etwkit_error *error) {
    if (options->buffer_size < 1024 || options->buffer_size > EK_BUFFER_MAX || options->buffer_size % 1024 != 0)
        return ek_fail(error, ETWKIT_E_INVALID,
                       "writer: a buffer size is a multiple of 1,024 from 1,024 to 16,777,216, not %u",
                       options->buffer_size);
    if (options->pointer_size != 4 && options->pointer_size != 8)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: a pointer size is 4 or 8, not %u", options->pointer_size);
    unsigned processors = processor_index ? 2048 : 256;
    if (options->processor_count > processors)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: traces of this Windows have at most %u processors, not %u",
                       processors, options->processor_count);
    if (options->os_major < 6 || options->os_major > UINT8_MAX || options->os_minor > UINT8_MAX)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: there is no form of trace for Windows %u.%u",
                       options->os_major, options->os_minor);
    if (options->time_zone_bias < -DAY || options->time_zone_bias > DAY)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: a time zone of %d minutes is over a day",
                       options->time_zone_bias);
    if (options->compress && !processor_index)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: Windows %u.%u has no compressed traces, 6.2 and later have",
                       options->os_major, options->os_minor);
    return ETWKIT_OK;
}

etwkit_status ek_writer_settle(ek_writer_settings *settings, const etwkit_writer_options *options,
                               etwkit_error *error) {
    *settings = (ek_writer_settings){0};
    if (options && options->struct_size == 0)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: set struct_size to sizeof(etwkit_writer_options)");
    /* Only the members that the caller's version of the struct has. */
    if (options)
        memcpy(&settings->options, options,
               options->struct_size < sizeof *options ? options->struct_size : sizeof *options);
    settle_defaults(&settings->options);
    uint32_t major = settings->options.os_major;
    settings->processor_index = major > 6 || (major == 6 && settings->options.os_minor >= 2);
    etwkit_status status = check(&settings->options, settings->processor_index, error);
    return status ? status : settle_clock(settings, error);
}

/* "UTC-05:00" for a bias of 300, in both places for a name: a zone without daylight saving. */
static void put_zone(uint8_t *zone, int32_t bias) {
    char name[ZONE_NAME];
    uint32_t minutes = bias < 0 ? 0u - (uint32_t)bias : (uint32_t)bias;
    int length = ek_format(name, sizeof name, "UTC%c%02u:%02u", bias < 0 ? '+' : '-', minutes / 60, minutes % 60);
    if (bias == 0)
        length = 3;
    ek_store32(zone, (uint32_t)bias);
    for (int i = 0; i < length; i++) {
        zone[4 + 2 * i] = (uint8_t)name[i];
        zone[88 + 2 * i] = (uint8_t)name[i];
    }
}

static void put_payload(uint8_t *payload, const ek_writer_settings *settings) {
    const etwkit_writer_options *options = &settings->options;
    ek_store32(payload, options->buffer_size);
    payload[4] = (uint8_t)options->os_major;
    payload[5] = (uint8_t)options->os_minor;
    payload[6] = options->compress ? 2 : 1;
    payload[7] = options->compress ? 0 : 5;
    ek_store32(payload + 0x08, options->os_build);
    ek_store32(payload + 0x0C, options->processor_count);
    ek_store32(payload + 0x18, options->timer_resolution);
    ek_store32(payload + 0x1C, options->maximum_file_size);
    ek_store32(payload + 0x20, options->log_file_mode);
    ek_store32(payload + 0x28, 1); /* StartBuffers: the header buffer */
    ek_store32(payload + 0x2C, options->pointer_size);
    ek_store32(payload + 0x34, options->cpu_mhz);
    put_zone(payload + zone_at(options->pointer_size), options->time_zone_bias);
    uint8_t *times = payload + times_at(options->pointer_size);
    ek_store64(times, (uint64_t)options->boot_time);
    ek_store64(times + 0x08, settings->performance_frequency);
    ek_store64(times + 0x10, (uint64_t)options->start_time);
    ek_store32(times + 0x18, (uint32_t)options->clock);
}

void ek_header_append(ek_buf *out, const ek_writer_settings *settings, const char *log_file_name) {
    const etwkit_writer_options *options = &settings->options;
    size_t start = out->size;
    size_t fixed = EVENT_HEADER_SIZE + names_at(options->pointer_size);
    uint8_t *event = ek_buf_reserve(out, fixed);
    if (!event)
        return;
    memset(event, 0, fixed);
    ek_store16(event, EVENT_VERSION);
    event[2] = options->pointer_size == 8 ? ETWKIT_HEADER_SYSTEM64 : ETWKIT_HEADER_SYSTEM32;
    event[3] = MARK;
    ek_store32(event + 0x08, options->thread_id);
    ek_store32(event + 0x0C, options->process_id);
    ek_store64(event + 0x10, (uint64_t)options->start_ticks);
    put_payload(event + EVENT_HEADER_SIZE, settings);
    out->size += fixed;
    ek_utf8_to_utf16(out, options->session_name, strlen(options->session_name));
    ek_buf_append(out, "\0", 2);
    ek_utf8_to_utf16(out, log_file_name, strlen(log_file_name));
    ek_buf_append(out, "\0", 2);
    size_t size = out->size - start;
    static const uint8_t zeros[8];
    ek_buf_append(out, zeros, (8 - size % 8) % 8);
    if (!out->failed)
        ek_store16(out->data + start + 4, size > EK_EVENT_MAX ? 0 : (uint16_t)size);
}

void ek_header_complete(uint8_t *event, const ek_writer_settings *settings, const ek_header_totals *totals) {
    uint8_t *payload = event + EVENT_HEADER_SIZE;
    ek_store64(payload + END_TIME, (uint64_t)totals->end_time);
    ek_store32(payload + BUFFERS_WRITTEN, totals->buffers);
    ek_store32(payload + EVENTS_LOST, totals->events_lost);
    ek_store32(payload + times_at(settings->options.pointer_size) + 0x1C, totals->buffers_lost);
}
