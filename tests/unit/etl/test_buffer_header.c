/* SPDX-License-Identifier: MIT */
/* A buffer's header, read from bytes as they stand in real traces. */
#include "etl/buffer.h"
#include "handmade.h"
#include "test.h"

static uint8_t bytes[EK_BUFFER_HEADER_SIZE];
static ek_buffer_header header;

TEST(fields_stand_at_their_places) {
    hand32(bytes, 0x2000);
    hand32(bytes + 0x04, 0x11111111); /* SavedOffset, CurrentOffset: stale */
    hand32(bytes + 0x08, 0x22222222);
    hand64(bytes + 0x10, UINT64_C(0x8877665544332211));
    hand64(bytes + 0x18, 42);
    hand16(bytes + 0x2A, 7);
    hand32(bytes + 0x30, 0x1234);
    hand16(bytes + 0x34, 0x61);
    hand16(bytes + 0x36, 4);
    ek_buffer_header_read(&header, bytes);
    CHECK_EQ_UINT(header.size, 0x2000);
    CHECK_EQ_UINT(header.filled, 0x1234);
    CHECK_EQ_UINT(header.time, UINT64_C(0x8877665544332211));
    CHECK_EQ_INT(header.sequence, 42);
    CHECK_EQ_UINT(header.logger, 7);
    CHECK_EQ_UINT(header.flags, EK_BUFFER_FLUSH_MARKER | EK_BUFFER_PROCESSOR_INDEX | EK_BUFFER_COMPRESSED);
    CHECK_EQ_UINT(header.type, EK_BUFFER_HEADER);
}

TEST(the_processor_is_one_byte_or_two) {
    hand16(bytes + 0x28, 0x080F);
    hand16(bytes + 0x34, 0x01);
    ek_buffer_header_read(&header, bytes);
    CHECK_EQ_UINT(header.processor, 15); /* the 8 is the alignment */
    hand16(bytes + 0x34, 0x21);
    hand16(bytes + 0x28, 0xF901);
    ek_buffer_header_read(&header, bytes);
    CHECK_EQ_UINT(header.processor, 0x101);
}

TEST_MAIN(CASE(fields_stand_at_their_places), CASE(the_processor_is_one_byte_or_two))
