/* SPDX-License-Identifier: MIT */
/* The header event, TRACE_LOGFILE_HEADER, in its 32- and 64-bit layout. Knows no buffers and reads no files. */
#ifndef EK_ETL_LOGFILE_H
#define EK_ETL_LOGFILE_H

#include "base/clock.h"
#include "base/memory.h"

#include <etwkit/trace.h>

#include <stddef.h>

/* Bytes of the event, header first, that hold all its numbers in either layout; the two names follow. */
#define EK_LOGFILE_FIXED 0x138u

/* What the event says, as stored. */
typedef struct ek_logfile {
    uint32_t buffer_size;
    uint8_t major, minor;
    uint32_t build;
    uint32_t processors;
    int64_t end_time;
    uint32_t timer_resolution;
    uint32_t maximum_file_size;
    uint32_t mode;
    uint32_t buffers_written;
    uint32_t pointer_size;
    uint32_t events_lost;
    uint32_t cpu_mhz;
    int32_t time_zone_bias;
    int64_t boot_time;
    int64_t frequency;
    int64_t start_time;
    uint32_t clock_type;
    uint32_t buffers_lost;
    int64_t ticks;        /* raw time of the event itself */
    const uint8_t *names; /* session name and log file name, UTF-16, each with its NUL: names_size bytes at most */
    size_t names_size;
} ek_logfile;

/* Is this the header event, kernel group 0 and opcode 0? Looks at 8 bytes. */
bool ek_logfile_is(const uint8_t *event, size_t have);

/* Reads the header event, of which `have` bytes are there. false: fewer than its numbers need. */
bool ek_logfile_read(ek_logfile *logfile, const uint8_t *event, size_t have);

/* The clock of the events behind it. NULL: good; otherwise what is wrong with it, a sentence's rest after "trace.etl:
 * ". */
const char *ek_logfile_clock(const ek_logfile *logfile, ek_clock *clock, etwkit_clock *type);

/* Fills all of info that the event tells; texts go into the arena. false: memory ran out. */
bool ek_logfile_info(const ek_logfile *logfile, etwkit_trace_info *info, ek_arena *arena);

#endif
