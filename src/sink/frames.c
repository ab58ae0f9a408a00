/* SPDX-License-Identifier: MIT */
/* Finds and writes an event's stack with the modules of its addresses. */
#include "sink/frames.h"

#include "trace/trace.h"

bool ek_sink_find_frames(etwkit_trace *trace, ek_sink_event *event) {
    const uint64_t *addresses;
    size_t count;
    etwkit_status status = etwkit_trace_stack(trace, event->record, &addresses, &count);
    if (status != ETWKIT_OK)
        return status == ETWKIT_ABSENT;
    ek_frame *frames = ek_arena_alloc(&trace->texts, count * sizeof *frames);
    if (!frames)
        return false;
    const ek_stack_modules modules = ek_trace_modules(trace, event->record);
    for (size_t i = 0; i < count; i++) {
        frames[i].address = addresses[i];
        frames[i].module = ek_stacks_module(&modules, addresses[i], &frames[i].offset);
    }
    event->frames = frames;
    event->frame_count = count;
    return true;
}

uint8_t *ek_json_addresses(etwkit_sink *sink, uint8_t *at, const ek_sink_event *event) {
    if (!(at = ek_sink_room(sink, at, event->frame_count * (EK_INTEGER_ROOM + 3) + EK_VALUE_ROOM)))
        return NULL;
    *at++ = '[';
    for (size_t i = 0; i < event->frame_count; i++) {
        *at++ = '"';
        at = ek_write_hex(at, event->frames[i].address);
        at = EK_PUT(at, "\",");
    }
    at -= at[-1] == ',';
    *at++ = ']';
    return at;
}

uint8_t *ek_put_frame(etwkit_sink *sink, uint8_t *at, const ek_frame *frame, ek_escape how) {
    size_t size = frame->module ? strlen(frame->module) : 0;
    if (!(at = ek_sink_room(sink, at, EK_ESCAPE_ROOM(size) + 2 * (size_t)EK_VALUE_ROOM)))
        return NULL;
    if (!frame->module)
        return ek_write_hex(at, frame->address);
    at = ek_escape_ansi(at, (const uint8_t *)frame->module, size, true, how);
    *at++ = '+';
    return ek_write_hex(at, frame->offset);
}

uint8_t *ek_json_frames(etwkit_sink *sink, uint8_t *at, const ek_sink_event *event) {
    *at++ = '[';
    for (size_t i = 0; i < event->frame_count; i++) {
        *at++ = '"';
        if (!(at = ek_put_frame(sink, at, &event->frames[i], EK_ESCAPE_JSON)))
            return NULL;
        at = EK_PUT(at, "\",");
    }
    at -= at[-1] == ',';
    *at++ = ']';
    return at;
}
