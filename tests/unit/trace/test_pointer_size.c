/* SPDX-License-Identifier: MIT */
/* Copies of kernel events under FULL_HEADER32: the payload tells the size of their pointers (docs/decisions/0006). */
#include "base/bytes.h"
#include "base/guid.h"
#include "test.h"

#include <etwkit/etwkit.h>

static const etwkit_guid image = EK_GUID(0x2cb15d1d, 0x5fc1, 0x11d2, 0xab, 0xe1, 0x00, 0xa0, 0xc9, 0x11, 0xf5, 0x18);
static const etwkit_guid disk = EK_GUID(0x3d6fa8d4, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);

/* The pointer size of the one event behind the header event: 0 where something failed. */
static unsigned size_of(const etwkit_guid *provider, uint8_t opcode, uint8_t version, const void *payload,
                        size_t size) {
    const etwkit_writer_options options = {.struct_size = sizeof options, .pointer_size = 4};
    const etwkit_record record = {.header_kind = ETWKIT_HEADER_FULL32,
                                  .raw_timestamp = 5,
                                  .provider_id = *provider,
                                  .opcode = opcode,
                                  .version = version,
                                  .payload = payload,
                                  .payload_size = (uint32_t)size};
    etwkit_writer *writer = NULL;
    etwkit_trace *trace = NULL;
    unsigned found = 0;
    size_t bytes = 0;
    if (etwkit_writer_open_memory(&writer, &options, NULL) == ETWKIT_OK &&
        etwkit_writer_record(writer, &record, NULL, 0, NULL) == ETWKIT_OK &&
        etwkit_writer_finish(writer, 10, NULL) == ETWKIT_OK) {
        const void *file = etwkit_writer_memory(writer, &bytes);
        const etwkit_batch *batch;
        if (etwkit_trace_open_memory(&trace, file, bytes, NULL, NULL, NULL) == ETWKIT_OK &&
            etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK && etwkit_batch_count(batch) == 2)
            found = etwkit_batch_record(batch, 1)->pointer_size;
    }
    etwkit_trace_close(&trace);
    etwkit_writer_close(&writer);
    return found;
}

/* An image load of version 1: ImageBase, ImageSize, ProcessId, FileName. */
static size_t image_load(uint8_t *payload, unsigned pointer_size) {
    memset(payload, 0, 64);
    payload[1] = payload[pointer_size + 2] = 7;
    payload[2 * pointer_size] = 77;
    payload[2 * pointer_size + 4] = 'a';
    return 2 * (size_t)pointer_size + 4 + 4;
}

TEST(the_payload_decides_where_the_header_cannot) {
    uint8_t payload[64];
    size_t size = image_load(payload, 8);
    CHECK_EQ_UINT(size_of(&image, 10, 1, payload, size), 8);
    size = image_load(payload, 4);
    CHECK_EQ_UINT(size_of(&image, 10, 1, payload, size), 4);
}

TEST(what_fits_neither_stays) {
    uint8_t payload[64];
    size_t size = image_load(payload, 8);
    CHECK_EQ_UINT(size_of(&image, 10, 1, payload, size + 10), 4);
    CHECK_EQ_UINT(size_of(&image, 10, 1, payload, 5), 4);
    CHECK_EQ_UINT(size_of(&image, 200, 1, payload, size), 4); /* no such event */
}

TEST(other_classes_are_not_asked) {
    const uint8_t payload[12] = {1};
    CHECK_EQ_UINT(size_of(&disk, 12, 3, payload, sizeof payload), 4); /* Irp, thread: exact with 8 */
}

TEST_MAIN(CASE(the_payload_decides_where_the_header_cannot), CASE(what_fits_neither_stays),
          CASE(other_classes_are_not_asked))
