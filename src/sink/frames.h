/* SPDX-License-Identifier: MIT */
/* An event's stack with the modules of its addresses, and how it is written. Knows no keys and no columns. */
#ifndef EK_SINK_FRAMES_H
#define EK_SINK_FRAMES_H

#include "sink/value_parts.h"

typedef struct ek_frame {
    uint64_t address, offset;
    const char *module; /* NULL: not known */
} ek_frame;

/* Puts the stack of the event into it, until the trace's next batch. false: memory ran out. */
bool ek_sink_find_frames(etwkit_trace *trace, ek_sink_event *event);

/* Each needs EK_VALUE_ROOM at `at`, leaves some of it, and returns NULL where memory ran out. */

/* ["0x7ffa00001a2b","0x1"] */
uint8_t *ek_json_addresses(etwkit_sink *sink, uint8_t *at, const ek_sink_event *event);
/* ["ntdll.dll+0x1a2b","0x1"] */
uint8_t *ek_json_frames(etwkit_sink *sink, uint8_t *at, const ek_sink_event *event);
/* ntdll.dll+0x1a2b, or the address */
uint8_t *ek_put_frame(etwkit_sink *sink, uint8_t *at, const ek_frame *frame, ek_escape how);

#endif
