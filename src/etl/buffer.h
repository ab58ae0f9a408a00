/* SPDX-License-Identifier: MIT */
/* A buffer's header (WMI_BUFFER_HEADER, FORMATS 1). Knows no events. */
#ifndef EK_ETL_BUFFER_H
#define EK_ETL_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#define EK_BUFFER_HEADER_SIZE 0x48u
/* No inflated buffer may be larger (ETW's own limit is 16 MiB). */
#define EK_BUFFER_MAX (16u << 20)

enum {
    EK_BUFFER_FLUSH_MARKER = 0x01,
    EK_BUFFER_EVENTS_LOST = 0x02,
    EK_BUFFER_BUFFER_LOST = 0x04,
    EK_BUFFER_PROCESSOR_INDEX = 0x20,
    EK_BUFFER_COMPRESSED = 0x40
};
enum {
    EK_BUFFER_GENERIC = 0,
    EK_BUFFER_RUNDOWN = 1,
    EK_BUFFER_CTX_SWAP = 2,
    EK_BUFFER_REFTIME = 3,
    EK_BUFFER_HEADER = 4,
    EK_BUFFER_BATCHED = 5,
    EK_BUFFER_EMPTY_MARKER = 6,
    EK_BUFFER_DBG_INFO = 7
};

typedef struct ek_buffer_header {
    uint32_t size;   /* in the file, header included */
    uint32_t filled; /* valid bytes once inflated, header included */
    int64_t time;    /* of the flush; unit differs (FORMATS trap 6) */
    int64_t sequence;
    uint16_t processor;
    uint16_t logger;
    uint16_t flags;
    uint16_t type;
} ek_buffer_header;

void ek_buffer_header_read(ek_buffer_header *header, const uint8_t bytes[EK_BUFFER_HEADER_SIZE]);

#endif
