/* SPDX-License-Identifier: MIT */
/* What the files of the sample trace share: the world that they tell of, its clock, its dice. Knows no command line. */
#ifndef ETWKIT_CLI_SAMPLE_H
#define ETWKIT_CLI_SAMPLE_H

#include <etwkit/etwkit.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SAMPLE_PROCESSES = 64, /* that the world remembers at most */
    SAMPLE_THREADS = 4,    /* of a process at most */
    SAMPLE_IMAGES = 6,
    SAMPLE_PAYLOAD = 60000
};

/* A Friday morning: 2024-05-17 09:30 UTC. */
#define SAMPLE_START_TIME INT64_C(133604118000000000)

/* The kernel's groups that the sample writes; index into a table of class GUIDs. */
typedef enum sample_class {
    SAMPLE_EVENT_TRACE,
    SAMPLE_DISK_IO,
    SAMPLE_PAGE_FAULT,
    SAMPLE_PROCESS,
    SAMPLE_FILE_IO,
    SAMPLE_THREAD,
    SAMPLE_TCP_IP,
    SAMPLE_UDP_IP,
    SAMPLE_SYSTEM_CONFIG,
    SAMPLE_PERF_INFO,
    SAMPLE_IMAGE,
    SAMPLE_STACK_WALK
} sample_class;

typedef struct sample_process {
    uint32_t id;
    uint32_t parent;
    uint32_t session;
    uint32_t user; /* of sample_sid() */
    uint64_t key;
    const char *image_name;   /* as the kernel tells it: 8-bit, of a code page */
    const char *command_line; /* UTF-8 */
    uint32_t threads[SAMPLE_THREADS];
    unsigned thread_count;
    uint64_t images[SAMPLE_IMAGES]; /* where each is loaded; 0: not */
    bool narrow;                    /* a 32-bit process in a 64-bit system */
    bool alive;
} sample_process;

typedef struct sample_trace {
    etwkit_writer *writer;
    etwkit_event_builder *builder;
    etwkit_error error; /* the first one; nothing is written after it */
    etwkit_status status;
    uint64_t events;
    uint64_t random;  /* state of the dice */
    uint64_t elapsed; /* nanoseconds since the start */
    int64_t start_ticks;
    uint64_t frequency;
    uint16_t processor; /* where the next event happens */
    uint16_t processor_count;
    uint8_t pointer_size;
    bool described; /* the manifest provider's metadata is written */
    sample_process processes[SAMPLE_PROCESSES];
    size_t process_count;
    uint32_t next_id;
    size_t size; /* of the payload being made */
    uint8_t payload[SAMPLE_PAYLOAD];
} sample_trace;

/* sample_tools.c: dice, clock, payloads, records */

uint64_t sample_random(sample_trace *sample);
/* From 0 to `limit` - 1. */
uint32_t sample_dice(sample_trace *sample, uint32_t limit);
/* Lets up to `microseconds` pass. */
void sample_wait(sample_trace *sample, uint32_t microseconds);
/* The time now, as FILETIME and as the raw clock has it. */
uint64_t sample_filetime(const sample_trace *sample);
int64_t sample_ticks(const sample_trace *sample);
/* A GUID of the dice. */
etwkit_guid sample_guid(sample_trace *sample);
etwkit_guid sample_parse_guid(const char *text);

void sample_begin(sample_trace *sample); /* an empty payload */
void sample_put(sample_trace *sample, const void *data, size_t size);
void sample_u8(sample_trace *sample, uint32_t value);
void sample_u16(sample_trace *sample, uint32_t value);
void sample_u16_be(sample_trace *sample, uint32_t value);
void sample_u32(sample_trace *sample, uint32_t value);
void sample_u64(sample_trace *sample, uint64_t value);
void sample_pointer(sample_trace *sample, uint64_t value);
void sample_zeros(sample_trace *sample, size_t size);
void sample_ansi(sample_trace *sample, const char *text);                     /* NUL-terminated */
void sample_wide(sample_trace *sample, const char *text);                     /* UTF-16, NUL-terminated */
void sample_wide_fixed(sample_trace *sample, const char *text, size_t units); /* UTF-16, filled with NULs */
/* UTF-8 to UTF-16LE; at most `capacity` bytes; returns how many. */
size_t sample_utf16(const char *text, uint8_t *out, size_t capacity);

/* A record of a kernel class on this system, its payload the one that was made. Ids of ETWKIT_NO_ID: a PERFINFO header.
 */
etwkit_record sample_kernel(const sample_trace *sample, sample_class class, uint8_t opcode, uint8_t version,
                            uint32_t process, uint32_t thread);
/* The same of a classic provider (FULL header). */
etwkit_record sample_classic(const sample_trace *sample, const etwkit_guid *class, uint8_t opcode, uint8_t version,
                             const sample_process *process);
/* Writes the record here and now. */
void sample_write(sample_trace *sample, etwkit_record *record, const etwkit_item *items, size_t count);

/* sample_world.c: processes come and go */

void sample_world_begin(sample_trace *sample); /* who is there when the trace begins */
void sample_world_end(sample_trace *sample);   /* and when it ends */
void sample_process_start(sample_trace *sample);
void sample_process_end(sample_trace *sample);
void sample_image_come_and_go(sample_trace *sample);
const sample_process *sample_any_process(sample_trace *sample);
uint32_t sample_any_thread(sample_trace *sample, const sample_process *process);
/* A SID of a user known to the sample; *size of its bytes. */
const uint8_t *sample_sid(uint32_t user, size_t *size);
/* An address in code that the process has loaded, or in the kernel. */
uint64_t sample_address(sample_trace *sample, const sample_process *process, bool kernel);
/* A call stack, innermost first; returns its depth, at most `capacity`. */
size_t sample_stack(sample_trace *sample, const sample_process *process, uint64_t *frames, size_t capacity);

/* sample_kernel.c, sample_config.c: what the kernel tells */

void sample_config(sample_trace *sample);
void sample_files(sample_trace *sample, uint8_t opcode); /* names of all files: 0, or 36 at the end */
void sample_disk(sample_trace *sample);
void sample_file(sample_trace *sample);
void sample_network(sample_trace *sample);
void sample_profile(sample_trace *sample);
void sample_schedule(sample_trace *sample);
void sample_fault(sample_trace *sample);

/* sample_app.c, sample_types.c: what programs tell by TraceLogging */

/* Writes what the builder made, as an event of the provider. */
typedef struct sample_event {
    const char *provider;
    const char *group; /* GUID of the provider's group, or NULL */
    uint8_t level;
    uint8_t opcode;
    uint64_t keywords;
    const etwkit_guid *activity, *related; /* may be NULL */
    bool stack;
    bool user;               /* with the user's SID and session */
    const etwkit_item *more; /* items in front of the others */
    size_t more_count;
    int surplus; /* bytes behind the last field; below 0: that many are missing */
} sample_event;
void sample_tracelogging(sample_trace *sample, const sample_event *event, const sample_process *process);
void sample_shop(sample_trace *sample);
void sample_cache(sample_trace *sample);
void sample_sensors(sample_trace *sample);
void sample_types(sample_trace *sample, unsigned turn); /* one of each kind, in turn */

/* sample_manifest.c: a provider whose metadata the trace embeds, as merging tools do; and providers nobody describes */

void sample_orders(sample_trace *sample);
void sample_orders_describe(sample_trace *sample);
void sample_legacy(sample_trace *sample);

#endif
