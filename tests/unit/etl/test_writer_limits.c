/* SPDX-License-Identifier: MIT */
/* What the writer takes at the edge of its limits; what is past it stands in test_writer.c, too. */
#include "test.h"

#include <etwkit/event_builder.h>
#include <etwkit/writer.h>

#include <stdlib.h>

static etwkit_status open_with(const etwkit_writer_options *options) {
    etwkit_writer *writer;
    etwkit_status status = etwkit_writer_open_memory(&writer, options, NULL);
    etwkit_writer_close(&writer);
    return status;
}

#define OPENS(...)                                                                                   \
    do {                                                                                             \
        const etwkit_writer_options o = {.struct_size = sizeof(etwkit_writer_options), __VA_ARGS__}; \
        CHECK_EQ_INT(open_with(&o), ETWKIT_OK);                                                      \
    } while (0)
#define IS_REFUSED(...)                                                                              \
    do {                                                                                             \
        const etwkit_writer_options o = {.struct_size = sizeof(etwkit_writer_options), __VA_ARGS__}; \
        CHECK_EQ_INT(open_with(&o), ETWKIT_E_INVALID);                                               \
    } while (0)

TEST(options) {
    OPENS(.buffer_size = 1024);
    IS_REFUSED(.buffer_size = 1023);
    OPENS(.buffer_size = 16 << 20);
    IS_REFUSED(.buffer_size = (16 << 20) + 1024);
    OPENS(.processor_count = 2048, .buffer_size = 1024);
    IS_REFUSED(.processor_count = 2049, .buffer_size = 1024);
    OPENS(.processor_count = 256, .buffer_size = 1024, .os_major = 6, .os_minor = 1);
    IS_REFUSED(.processor_count = 257, .buffer_size = 1024, .os_major = 6, .os_minor = 1);
    OPENS(.frequency = UINT64_C(1000000000000));
    IS_REFUSED(.frequency = UINT64_C(1000000000001));
}

static etwkit_status write_event(uint32_t buffer_size, uint32_t payload_size) {
    static const uint8_t payload[1 << 16];
    const etwkit_writer_options options = {.struct_size = sizeof options, .buffer_size = buffer_size};
    etwkit_writer *writer = NULL;
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                            .flags = ETWKIT_FLAG_64_BIT,
                            .pointer_size = 8,
                            .payload = payload,
                            .payload_size = payload_size};
    etwkit_status status = etwkit_writer_open_memory(&writer, &options, NULL);
    if (!status)
        status = etwkit_writer_record(writer, &record, NULL, 0, NULL);
    etwkit_writer_close(&writer);
    return status;
}

TEST(the_largest_event) {
    enum {
        HEADER = 0x50,
        BUFFER = 72
    };
    CHECK_EQ_INT(write_event(1 << 20, 65535 - HEADER), ETWKIT_OK);
    CHECK_EQ_INT(write_event(1 << 20, 65536 - HEADER), ETWKIT_E_TOO_BIG);
    CHECK_EQ_INT(write_event(4096, 4096 - BUFFER - HEADER), ETWKIT_OK);
    CHECK_EQ_INT(write_event(4096, 4096 - BUFFER - HEADER + 1), ETWKIT_E_TOO_BIG);
}

static etwkit_status build_struct(uint8_t members) {
    etwkit_event_builder *builder = NULL;
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    uint8_t value = 1;
    if (etwkit_event_builder_new(&builder, NULL))
        return ETWKIT_E_NO_MEMORY;
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_struct(builder, "s", members);
    for (unsigned i = 0; i < members; i++)
        etwkit_event_builder_scalar(builder, "m", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, &value);
    etwkit_status status =
        etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, NULL);
    etwkit_event_builder_free(&builder);
    return status;
}

static etwkit_status build_bytes(size_t size) {
    etwkit_event_builder *builder = NULL;
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    uint8_t *data = calloc(1, size);
    etwkit_status status = data ? etwkit_event_builder_new(&builder, NULL) : ETWKIT_E_NO_MEMORY;
    if (!status) {
        etwkit_event_builder_begin(builder, "E", 0);
        etwkit_event_builder_bytes(builder, "b", ETWKIT_IN_COUNTED_BINARY, ETWKIT_OUT_NULL, data, size);
        status = etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, NULL);
    }
    etwkit_event_builder_free(&builder);
    free(data);
    return status;
}

TEST(built_events) {
    CHECK_EQ_INT(build_struct(127), ETWKIT_OK);
    CHECK_EQ_INT(build_struct(128), ETWKIT_E_INVALID);
    CHECK_EQ_INT(build_bytes(65535 - 2), ETWKIT_OK);
    CHECK_EQ_INT(build_bytes(65536 - 2), ETWKIT_E_TOO_BIG);
}

TEST_MAIN(CASE(options), CASE(the_largest_event), CASE(built_events))
