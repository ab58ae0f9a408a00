/* SPDX-License-Identifier: MIT */
/* Fuzz target: one buffer behind a good header buffer, read by src/etl alone.
 *
 * Input: u8 how (1: strict, 2: growing, 4: the sizes in the header are mended, 8: the events are compressed here), then
 * the buffer, header first.
 */
#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/etl.h"
#include "etl/inflate.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "fuzz_trace_mutator.h"

#include <etwkit/writer.h>

#include <stdlib.h>
#include <string.h>

enum {
    STRICT = 1,
    GROWING = 2,
    MEND = 4,
    COMPRESS = 8,
    HEADER = EK_BUFFER_HEADER_SIZE,
    PLAIN_BUFFER = 16384
};

/* What damage() is told. */
typedef struct damages {
    bool strict;
    uint64_t count;
} damages;

static etwkit_status take_damage(void *context, const etwkit_error *damage, uint64_t bytes) {
    damages *all = context;
    (void)bytes;
    FUZZ_CHECK(damage->status != ETWKIT_OK && damage->message[0] != 0);
    all->count++;
    return all->strict ? damage->status : ETWKIT_OK;
}

/* The header buffer of a trace without events. */
static uint8_t *begin_file(size_t *size) {
    etwkit_writer *writer;
    etwkit_writer_options how = {.struct_size = sizeof how, .buffer_size = PLAIN_BUFFER, .frequency = 10000000};
    FUZZ_CHECK(etwkit_writer_open_memory(&writer, &how, NULL) == ETWKIT_OK);
    FUZZ_CHECK(etwkit_writer_finish(writer, 1, NULL) == ETWKIT_OK);
    const void *written = etwkit_writer_memory(writer, size);
    uint8_t *copy = fuzz_copy(written, *size);
    etwkit_writer_close(&writer);
    return copy;
}

static void read_run(ek_run *run) {
    etwkit_record record;
    const char *phrase = NULL;
    int64_t time = INT64_MIN;
    uint32_t count = 0;
    for (; ek_run_read(run, &record, &phrase) == ETWKIT_OK; count++) {
        FUZZ_CHECK(record.raw_timestamp >= time);
        FUZZ_CHECK(record.data >= run->data + HEADER && record.data_size <= run->filled);
        FUZZ_CHECK(record.data + record.data_size <= run->data + run->filled);
        FUZZ_CHECK(record.buffer_position == (size_t)(record.data - run->data) && record.buffer_position % 8 == 0);
        time = record.raw_timestamp;
        fuzz_show_record(&record);
    }
    FUZZ_CHECK(count == run->count);
}

static void read_file(const uint8_t *file, size_t size, unsigned how) {
    fuzz_memory memory = {0};
    damages found = {.strict = how & STRICT};
    ek_etl_input input = {.data = file, .size = size, .name = "fuzz"};
    ek_etl_settings settings = {.allocator = fuzz_allocator(&memory),
                                .damage = take_damage,
                                .context = &found,
                                .growing = (how & GROWING) != 0};
    ek_etl *etl = NULL;
    ek_run run = {0};
    size_t added = 0;
    if (ek_etl_open(&etl, &input, &settings, NULL) == ETWKIT_OK) {
        FUZZ_CHECK(ek_etl_bytes(etl) <= size);
        (void)ek_etl_extend(etl, &added, NULL);
        for (size_t i = 0; i < ek_etl_count(etl); i++)
            if (ek_etl_load(etl, &ek_etl_entries(etl)[i], &run, NULL) == ETWKIT_OK)
                read_run(&run);
        ek_run_free(&run, &settings.allocator);
        ek_etl_close(&etl);
    }
    FUZZ_CHECK(etl == NULL && memory.live == 0);
}

/* Appends the buffer with its events compressed; the new size of the file. */
static size_t append_compressed(uint8_t *file, size_t at, const uint8_t *buffer, size_t size, size_t capacity) {
    uint32_t *table = (uint32_t *)(void *)fuzz_block(EK_DEFLATE_TABLE * sizeof *table);
    memcpy(file + at, buffer, HEADER);
    size_t packed = ek_deflate(buffer + HEADER, size - HEADER, file + at + HEADER, capacity - at - HEADER, table);
    free(table);
    FUZZ_CHECK(packed != 0);
    ek_store32(file + at, (uint32_t)(HEADER + packed));
    file[at + 0x34] |= EK_BUFFER_COMPRESSED;
    return at + HEADER + packed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    unsigned how = fuzz_u8(&input);
    size_t begun, capacity, end;
    uint8_t *start = begin_file(&begun);
    capacity = begun + 2 * input.left + 64;
    uint8_t *file = fuzz_block(capacity);
    memcpy(file, start, begun);
    if (how & COMPRESS && input.left > HEADER)
        end = append_compressed(file, begun, input.at, input.left, capacity);
    else {
        memcpy(file + begun, input.at, input.left);
        end = begun + input.left;
    }
    if (how & MEND && input.left > HEADER) {
        ek_store32(file + begun, (uint32_t)(end - begun));
        ek_store32(file + begun + 0x30, (uint32_t)input.left);
    }
    uint8_t *exact = fuzz_copy(file, end);
    read_file(exact, end, how);
    free(exact);
    free(file);
    free(start);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    if (size < 2 || capacity < size || fuzz_dice(&dice, 10) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    if (fuzz_dice(&dice, 10) == 0) {
        data[0] ^= (uint8_t)(1u << fuzz_dice(&dice, 4));
        return size;
    }
    return 1 + fuzz_mutate_buffer(data + 1, size - 1, capacity - 1, &dice);
}
