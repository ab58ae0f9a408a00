/* SPDX-License-Identifier: MIT */
/* The heads of buffers as they are written (WMI_BUFFER_HEADER, FORMATS 1). Knows no events and no files. */
#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/writer.h"

enum {
    STATE_FLUSH = 3,   /* WMI_BUFFER_HEADER.State, as sessions leave it */
    LOGGER_ID = 32,    /* sessions started by programs have numbers of this size; merged files 0 */
    OLD_ALIGNMENT = 8, /* stands beside the processor where that is one byte */
    AT_ALIGNMENT = 0x29
};

void ek_buffer_head_write(uint8_t *bytes, const ek_writer_settings *settings, const ek_buffer_head *head) {
    memset(bytes, 0, EK_BUFFER_HEADER_SIZE);
    ek_store32(bytes, head->size);
    ek_store32(bytes + 0x04, head->saved);
    ek_store32(bytes + 0x08, head->current);
    ek_store64(bytes + 0x10, (uint64_t)head->time);
    ek_store64(bytes + 0x18, (uint64_t)head->sequence);
    ek_store16(bytes + 0x28, head->processor);
    if (!settings->processor_index)
        bytes[AT_ALIGNMENT] = OLD_ALIGNMENT;
    ek_store16(bytes + 0x2A, settings->options.compress ? 0 : LOGGER_ID); /* compressed files are merged ones */
    ek_store32(bytes + 0x2C, STATE_FLUSH);
    ek_store32(bytes + 0x30, head->filled);
    ek_store16(bytes + EK_BUFFER_FLAGS_AT, head->flags);
    ek_store16(bytes + 0x36, head->type);
}

/* It says how far it is filled in three ways, by what wrote it: Windows 7, 8 and later, merging tools. */
void ek_header_head_write(uint8_t *bytes, const ek_writer_settings *settings, size_t event_size) {
    uint32_t filled = EK_BUFFER_HEADER_SIZE + (uint32_t)event_size;
    bool merged = settings->options.compress;
    bool session = settings->processor_index && !merged;
    const ek_buffer_head head = {
        .size = settings->header_size,
        .saved = settings->processor_index ? filled : 0,
        .current = merged ? 0 : filled,
        .filled = filled,
        .flags = EK_BUFFER_FLUSH_MARKER | (session ? EK_BUFFER_PROCESSOR_INDEX : 0),
        .type = EK_BUFFER_HEADER,
    };
    ek_buffer_head_write(bytes, settings, &head);
}
