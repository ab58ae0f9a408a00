/* SPDX-License-Identifier: MIT */
/* Reads a buffer's header (docs/format/buffers.md). Knows no events, and judges nothing: its readers do. */
#include "etl/buffer.h"

#include "base/bytes.h"

/* Offsets in WMI_BUFFER_HEADER. SavedOffset (4) and CurrentOffset (8) are stale in real files, the rest is not needed.
 */
enum {
    AT_SIZE = 0x00,
    AT_TIME = 0x10,
    AT_SEQUENCE = 0x18,
    AT_PROCESSOR = 0x28,
    AT_LOGGER = 0x2A,
    AT_FILLED = 0x30,
    AT_FLAGS = 0x34,
    AT_TYPE = 0x36
};

#define PROCESSOR_MASK 0x07FF

void ek_buffer_header_read(ek_buffer_header *header, const uint8_t bytes[EK_BUFFER_HEADER_SIZE]) {
    header->size = ek_load32(bytes + AT_SIZE);
    header->filled = ek_load32(bytes + AT_FILLED);
    header->time = ek_load_i64(bytes + AT_TIME);
    header->sequence = ek_load_i64(bytes + AT_SEQUENCE);
    header->logger = ek_load16(bytes + AT_LOGGER);
    header->flags = ek_load16(bytes + AT_FLAGS);
    header->type = ek_load16(bytes + AT_TYPE);
    /* Without the flag the second byte is the alignment: 0x080F would be processor 2063 instead of 15. */
    bool wide = header->flags & EK_BUFFER_PROCESSOR_INDEX;
    header->processor = wide ? ek_load16(bytes + AT_PROCESSOR) & PROCESSOR_MASK : bytes[AT_PROCESSOR];
}
