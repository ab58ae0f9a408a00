/* SPDX-License-Identifier: MIT */
/* The sample's tools: dice, clock, payloads, records. The same seed gives the same bytes everywhere: so integers only,
 * and never two throws of the dice in one expression, whose order C leaves open. */
#include "sample.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

/* splitmix64 (public domain, Sebastiano Vigna). */
uint64_t sample_random(sample_trace *sample) {
    uint64_t z = sample->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint32_t sample_dice(sample_trace *sample, uint32_t limit) {
    return (uint32_t)((sample_random(sample) >> 32) * limit >> 32);
}

void sample_wait(sample_trace *sample, uint32_t microseconds) {
    sample->elapsed += (uint64_t)sample_dice(sample, microseconds * 10) * 100 + 100;
}

uint64_t sample_filetime(const sample_trace *sample) {
    return (uint64_t)SAMPLE_START_TIME + sample->elapsed / 100;
}

int64_t sample_ticks(const sample_trace *sample) {
    uint64_t seconds = sample->elapsed / SECOND, rest = sample->elapsed % SECOND;
    return sample->start_ticks + (int64_t)(seconds * sample->frequency + rest * sample->frequency / SECOND);
}

etwkit_guid sample_guid(sample_trace *sample) {
    etwkit_guid guid;
    for (size_t i = 0; i < sizeof guid.bytes; i++)
        guid.bytes[i] = (uint8_t)sample_dice(sample, 256);
    guid.bytes[7] = (uint8_t)((guid.bytes[7] & 0x0F) | 0x40); /* version 4, */
    guid.bytes[8] = (uint8_t)((guid.bytes[8] & 0x3F) | 0x80); /* variant 1 */
    return guid;
}

etwkit_guid sample_parse_guid(const char *text) {
    etwkit_guid guid = {{0}};
    (void)etwkit_guid_parse(&guid, text); /* our own constants */
    return guid;
}

/* Payloads. */

void sample_begin(sample_trace *sample) {
    sample->size = 0;
}

void sample_put(sample_trace *sample, const void *data, size_t size) {
    if (size > sizeof sample->payload - sample->size)
        return; /* cannot happen: no event of the sample is that big */
    if (size)
        memcpy(sample->payload + sample->size, data, size);
    sample->size += size;
}

void sample_u8(sample_trace *sample, uint32_t value) {
    uint8_t byte = (uint8_t)value;
    sample_put(sample, &byte, 1);
}

void sample_u16(sample_trace *sample, uint32_t value) {
    sample_u8(sample, value);
    sample_u8(sample, value >> 8);
}

void sample_u16_be(sample_trace *sample, uint32_t value) {
    sample_u8(sample, value >> 8);
    sample_u8(sample, value);
}

void sample_u32(sample_trace *sample, uint32_t value) {
    sample_u16(sample, value);
    sample_u16(sample, value >> 16);
}

void sample_u64(sample_trace *sample, uint64_t value) {
    sample_u32(sample, (uint32_t)value);
    sample_u32(sample, (uint32_t)(value >> 32));
}

void sample_pointer(sample_trace *sample, uint64_t value) {
    if (sample->pointer_size == 8)
        sample_u64(sample, value);
    else
        sample_u32(sample, (uint32_t)value);
}

void sample_zeros(sample_trace *sample, size_t size) {
    for (size_t i = 0; i < size; i++)
        sample_u8(sample, 0);
}

void sample_ansi(sample_trace *sample, const char *text) {
    sample_put(sample, text, strlen(text) + 1);
}

/* One character of well-formed UTF-8. */
static const uint8_t *next_character(const uint8_t *text, uint32_t *character) {
    unsigned more = *text < 0x80 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
    *character = more ? *text & (0x3Fu >> more) : *text;
    for (text++; more; more--, text++)
        *character = *character << 6 | (*text & 0x3F);
    return text;
}

size_t sample_utf16(const char *text, uint8_t *out, size_t capacity) {
    size_t size = 0;
    for (const uint8_t *at = (const uint8_t *)text; *at;) {
        uint32_t character;
        at = next_character(at, &character);
        uint16_t units[2] = {(uint16_t)character, 0};
        size_t count = 1;
        if (character > 0xFFFF) {
            units[0] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + (character & 0x3FF));
            count = 2;
        }
        if (size + 2 * count > capacity)
            break;
        for (size_t i = 0; i < count; i++) {
            out[size++] = (uint8_t)units[i];
            out[size++] = (uint8_t)(units[i] >> 8);
        }
    }
    return size;
}

void sample_wide(sample_trace *sample, const char *text) {
    uint8_t wide[1024];
    sample_put(sample, wide, sample_utf16(text, wide, sizeof wide));
    sample_zeros(sample, 2);
}

void sample_wide_fixed(sample_trace *sample, const char *text, size_t units) {
    uint8_t wide[1024] = {0};
    (void)sample_utf16(text, wide, 2 * units - 2);
    sample_put(sample, wide, 2 * units);
}

/* Records. */

static const char *const class_guids[] = {
    [SAMPLE_EVENT_TRACE] = "68fdd900-4a3e-11d1-84f4-0000f80464e3",
    [SAMPLE_DISK_IO] = "3d6fa8d4-fe05-11d0-9dda-00c04fd7ba7c",
    [SAMPLE_PAGE_FAULT] = "3d6fa8d3-fe05-11d0-9dda-00c04fd7ba7c",
    [SAMPLE_PROCESS] = "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c",
    [SAMPLE_FILE_IO] = "90cbdc39-4a3e-11d1-84f4-0000f80464e3",
    [SAMPLE_THREAD] = "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c",
    [SAMPLE_TCP_IP] = "9a280ac0-c8e0-11d1-84e2-00c04fb998a2",
    [SAMPLE_UDP_IP] = "bf3a50c5-a9c9-4988-a005-2df0b7c80f80",
    [SAMPLE_SYSTEM_CONFIG] = "01853a65-418f-4f36-aefc-dc0f1d2fd235",
    [SAMPLE_PERF_INFO] = "ce1dbfb4-137e-4da6-87b0-3f59aa102cbc",
    [SAMPLE_IMAGE] = "2cb15d1d-5fc1-11d2-abe1-00a0c911f518",
    [SAMPLE_STACK_WALK] = "def2fe46-7bd6-4b80-bd94-f57fe20d0ce3",
};

etwkit_record sample_kernel(const sample_trace *sample, sample_class class, uint8_t opcode, uint8_t version,
                            uint32_t process, uint32_t thread) {
    bool wide = sample->pointer_size == 8;
    bool ids = process != ETWKIT_NO_ID || thread != ETWKIT_NO_ID;
    etwkit_header_kind kind = wide ? ETWKIT_HEADER_PERFINFO64 : ETWKIT_HEADER_PERFINFO32;
    if (ids)
        kind = wide ? ETWKIT_HEADER_SYSTEM64 : ETWKIT_HEADER_SYSTEM32;
    return (etwkit_record){.header_kind = (uint8_t)kind,
                           .provider_id = sample_parse_guid(class_guids[class]),
                           .opcode = opcode,
                           .version = version,
                           .process_id = process,
                           .thread_id = thread};
}

etwkit_record sample_classic(const sample_trace *sample, const etwkit_guid *class, uint8_t opcode, uint8_t version,
                             const sample_process *process) {
    bool wide = sample->pointer_size == 8;
    return (etwkit_record){.header_kind = (uint8_t)(wide ? ETWKIT_HEADER_FULL64 : ETWKIT_HEADER_FULL32),
                           .provider_id = *class,
                           .opcode = opcode,
                           .version = version,
                           .process_id = process->id,
                           .thread_id = process->threads[0]};
}

void sample_write(sample_trace *sample, etwkit_record *record, const etwkit_item *items, size_t count) {
    record->raw_timestamp = sample_ticks(sample);
    record->processor = sample->processor;
    record->payload = sample->payload;
    record->payload_size = (uint32_t)sample->size;
    if (sample->status)
        return;
    sample->status = etwkit_writer_record(sample->writer, record, items, count, &sample->error);
    sample->events++;
}
