/* SPDX-License-Identifier: MIT */
/* Traces with stacks, keys and images, made in memory. */
#ifndef EK_TEST_MADE_STACKS_H
#define EK_TEST_MADE_STACKS_H

#include "base/guid.h"
#include "test.h"

#include <etwkit/trace.h>
#include <etwkit/writer.h>

#define START 1000
#define KERNEL UINT64_C(0xfffff80000000000)

static const etwkit_guid stack_class =
    EK_GUID(0xdef2fe46, 0x7bd6, 0x4b80, 0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3);
static const etwkit_guid image_class =
    EK_GUID(0x2cb15d1d, 0x5fc1, 0x11d2, 0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18);
static const etwkit_guid process_class =
    EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid perf_class =
    EK_GUID(0xce1dbfb4, 0x137e, 0x4da6, 0x87, 0xb0, 0x3f, 0x59, 0xaa, 0x10, 0x2c, 0xbc);

typedef struct made {
    etwkit_writer *writer;
    uint8_t payload[4096];
    size_t size;
    uint8_t width;      /* of pointers: 8, or 4 */
    uint16_t processor; /* of what comes next */
    bool failed, finished;
} made;

static inline made begin_made(uint8_t width, uint32_t buffer_size, const etwkit_allocator *allocator) {
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .allocator = allocator,
                                     .buffer_size = buffer_size,
                                     .processor_count = 2,
                                     .pointer_size = width,
                                     .start_time = INT64_C(133604118000000000),
                                     .start_ticks = START};
    made to = {.width = width};
    to.failed = etwkit_writer_open_memory(&to.writer, &options, NULL) != ETWKIT_OK;
    return to;
}

static inline void put(made *to, const void *data, size_t size) {
    memcpy(to->payload + to->size, data, size);
    to->size += size;
}

static inline void put_u32(made *to, uint32_t value) {
    put(to, &value, sizeof value);
}

static inline void put_u64(made *to, uint64_t value) {
    put(to, &value, sizeof value);
}

static inline void put_pointer(made *to, uint64_t value) {
    put(to, &value, to->width); /* little-endian */
}

static inline void write_event(made *to, const etwkit_guid *class, uint8_t opcode, uint8_t version, int64_t time) {
    etwkit_record record = {.header_kind = to->width == 8 ? ETWKIT_HEADER_PERFINFO64 : ETWKIT_HEADER_PERFINFO32,
                            .provider_id = *class,
                            .opcode = opcode,
                            .version = version,
                            .raw_timestamp = START + time,
                            .process_id = ETWKIT_NO_ID,
                            .thread_id = ETWKIT_NO_ID,
                            .processor = to->processor,
                            .payload = to->payload,
                            .payload_size = (uint32_t)to->size};
    to->failed |= to->failed || etwkit_writer_record(to->writer, &record, NULL, 0, NULL) != ETWKIT_OK;
    to->size = 0;
}

static inline void write_sample(made *to, uint32_t thread, int64_t time) {
    put_pointer(to, 0x1234);
    put_u32(to, thread);
    put_u32(to, 1);
    write_event(to, &perf_class, 46, 2, time);
}

/* `owner`: time of the event that it belongs to. `count` frames: first, first + 0x10, ... */
static inline void write_stack(made *to, int64_t owner, uint32_t thread, uint64_t first, unsigned count, int64_t time) {
    put_u64(to, (uint64_t)(START + owner));
    put_u32(to, 77);
    put_u32(to, thread);
    for (unsigned i = 0; i < count; i++)
        put_pointer(to, first + i * 0x10u);
    write_event(to, &stack_class, 32, 2, time);
}

static inline void write_key(made *to, bool kernel, int64_t owner, uint32_t thread, uint64_t key, int64_t time) {
    put_u64(to, (uint64_t)(START + owner));
    put_u32(to, 77);
    put_u32(to, thread);
    put_pointer(to, key);
    write_event(to, &stack_class, kernel ? 37 : 38, 2, time);
}

/* 34: created, 35: deleted, 36: found at the end. */
static inline void write_definition(made *to, uint8_t opcode, uint64_t key, uint64_t first, unsigned count,
                                    int64_t time) {
    put_pointer(to, key);
    for (unsigned i = 0; i < count; i++)
        put_pointer(to, first + i * 0x10u);
    write_event(to, &stack_class, opcode, 2, time);
}

/* 10: loaded, 2: unloaded, 3 and 4: found. */
static inline void write_image(made *to, uint8_t opcode, uint32_t process, uint64_t base, uint32_t size,
                               const char *path, int64_t time) {
    put_pointer(to, base);
    put_pointer(to, size);
    put_u32(to, process);
    for (unsigned i = 0; i < 3; i++)
        put_u32(to, 0);
    put_pointer(to, base);
    for (unsigned i = 0; i < 4; i++)
        put_u32(to, 0);
    for (size_t i = 0; i <= strlen(path); i++) {
        const uint8_t letter[2] = {(uint8_t)path[i], 0};
        put(to, letter, sizeof letter);
    }
    write_event(to, &image_class, opcode, 2, time);
}

static inline void write_process_start(made *to, uint32_t process, int64_t time) {
    put_pointer(to, 0);
    put_u32(to, process);
    write_event(to, &process_class, 1, 4, time);
}

/* The trace with stacks joined; borrows from the writer. NULL: it could not be made. */
static inline etwkit_trace *read_made(made *from, const etwkit_trace_options *given) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    size_t size;
    if (given)
        options = *given;
    options.stacks = true;
    if (!from->finished)
        from->failed |= etwkit_writer_finish(from->writer, START + 1000000, NULL) != ETWKIT_OK;
    from->finished = true;
    if (from->failed)
        return NULL;
    const void *file = etwkit_writer_memory(from->writer, &size);
    (void)etwkit_trace_open_memory(&trace, file, size, "made", &options, NULL);
    return trace;
}

/* All events but the header as "opcode@time:frame,frame;", frames as module+offset or address. */
static inline void tell(etwkit_trace *trace, char *text, size_t capacity) {
    const etwkit_batch *batch;
    size_t at = 0;
    text[0] = 0;
#define TELL(...) (at += (size_t)snprintf(text + at, at < capacity ? capacity - at : 0, __VA_ARGS__))
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            const uint64_t *frames;
            size_t count;
            if (record->raw_timestamp == START)
                continue;
            TELL("%u@%d", record->opcode, (int)(record->raw_timestamp - START));
            if (etwkit_trace_stack(trace, record, &frames, &count) != ETWKIT_OK)
                count = 0;
            for (size_t f = 0; f < count; f++) {
                const char *module;
                uint64_t offset;
                if (etwkit_trace_frame(trace, record, frames[f], &module, &offset) == ETWKIT_OK)
                    TELL("%c%s+%x", f ? ',' : ':', module, (unsigned)offset);
                else
                    TELL("%c%llx", f ? ',' : ':', (unsigned long long)frames[f]);
            }
            TELL(";");
        }
#undef TELL
}

/* Reads to the end and closes. */
static inline void check_told(made *from, const etwkit_trace_options *options, const char *want,
                              etwkit_stack_stats *stats) {
    char text[4096];
    etwkit_trace *trace = read_made(from, options);
    CHECK(trace != NULL);
    if (trace) {
        tell(trace, text, sizeof text);
        CHECK_EQ_STR(text, want);
        if (stats)
            *stats = etwkit_trace_get_stack_stats(trace);
    }
    etwkit_trace_close(&trace);
    etwkit_writer_close(&from->writer);
}

#endif
