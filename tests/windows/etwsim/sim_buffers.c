/* SPDX-License-Identifier: MIT */
/* A session's pool of buffers: events go into the current one, full ones to the consumer, the file, or a ring. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

void sim_queue_push(sim_queue *queue, sim_buffer *buffer) {
    buffer->next = NULL;
    if (queue->last)
        queue->last->next = buffer;
    else
        queue->first = buffer;
    queue->last = buffer;
    queue->count++;
}

sim_buffer *sim_queue_pop(sim_queue *queue) {
    sim_buffer *buffer = queue->first;
    if (!buffer)
        return NULL;
    queue->first = buffer->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return buffer;
}

static sim_buffer *new_buffer(const sim_session *session) {
    sim_buffer *buffer = calloc(1, sizeof *buffer);
    if (buffer)
        buffer->bytes = malloc((size_t)session->buffer_kb * 1024);
    if (!buffer || !buffer->bytes)
        sim_fatal("no memory for a buffer");
    return buffer;
}

/* At least two buffers for each processor, or two: MinimumBuffers in
 * https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties */
void sim_pool_start(sim_session *session) {
    const ULONG least = session->mode & EVENT_TRACE_NO_PER_PROCESSOR_BUFFERING ? 2 : 2 * sim_script.processors;
    if (session->buffer_kb < 4)
        session->buffer_kb = session->buffer_kb ? 4 : 64;
    if (session->buffer_kb > 16384)
        session->buffer_kb = 16384;
    if (session->minimum < least)
        session->minimum = least;
    if (session->maximum < session->minimum || (session->mode & EVENT_TRACE_BUFFERING_MODE))
        session->maximum = session->minimum;
    for (; session->buffers < session->minimum; session->buffers++)
        sim_queue_push(&session->free, new_buffer(session));
}

static void free_queue(sim_queue *queue) {
    sim_buffer *buffer;
    while ((buffer = sim_queue_pop(queue))) {
        free(buffer->bytes);
        free(buffer);
    }
}

void sim_pool_free(sim_session *session) {
    if (session->current)
        sim_queue_push(&session->free, session->current);
    session->current = NULL;
    free_queue(&session->free);
    free_queue(&session->ready);
    free_queue(&session->kept);
}

ULONG sim_pool_free_count(const sim_session *session) {
    return session->free.count;
}

/* Real time: 0 is 1 s, and the least; files: 0 is never. EVENT_TRACE_PROPERTIES.FlushTimer, same page. */
ULONG sim_flush_ms(const sim_session *session) {
    const bool realtime = (session->mode & EVENT_TRACE_REAL_TIME_MODE) != 0;
    if (sim_script.flush_ms)
        return sim_script.flush_ms;
    if (!session->flush_timer)
        return realtime ? 1000 : 0;
    return session->mode & SIM_MODE_MS_FLUSH_TIMER ? session->flush_timer : session->flush_timer * 1000;
}

static ULONG event_bytes(const sim_draft *draft) {
    ULONG size = sizeof(sim_event) + ((draft->payload_size + 7) & ~7u);
    for (unsigned i = 0; i < draft->item_count; i++)
        size += (ULONG)sizeof(sim_stored_item) + ((draft->items[i].size + 7u) & ~7u);
    return size;
}

/* A free buffer, or one more of the pool; NULL: MaximumBuffers is reached, and events are discarded until one is free
 * (remarks of the same page). A ring takes its oldest. */
static sim_buffer *take_free(sim_session *session) {
    sim_buffer *buffer = sim_queue_pop(&session->free);
    if (!buffer && (session->mode & EVENT_TRACE_BUFFERING_MODE))
        buffer = sim_queue_pop(&session->kept);
    if (!buffer && session->buffers < session->maximum) {
        buffer = new_buffer(session);
        session->buffers++;
    }
    if (buffer) {
        buffer->filled = buffer->events = 0;
        buffer->begun = GetTickCount64();
        buffer->lost_events = session->untold_events;
        buffer->lost_buffers = session->untold_buffers;
        session->untold_events = session->untold_buffers = 0;
    }
    return buffer;
}

/* To the consumer, unless as many wait for it as the script allows: then the buffer is lost. */
static void hand_over(sim_session *session, sim_buffer *buffer) {
    if (sim_script.rt_queue && session->ready.count >= sim_script.rt_queue) {
        session->rt_buffers_lost++;
        session->untold_buffers += buffer->lost_buffers + 1;
        session->untold_events += buffer->lost_events;
        sim_queue_push(&session->free, buffer);
        return;
    }
    sim_queue_push(&session->ready, buffer);
    WakeAllConditionVariable(&sim_changed);
}

void sim_flush(sim_session *session) {
    sim_buffer *buffer = session->current;
    if (!buffer || (!buffer->events && !buffer->lost_events && !buffer->lost_buffers))
        return;
    session->current = NULL;
    if (session->mode & EVENT_TRACE_BUFFERING_MODE) {
        sim_queue_push(&session->kept, buffer);
        return;
    }
    session->buffers_written++;
    if (session->file[0])
        sim_file_buffer(session, buffer);
    if (session->mode & EVENT_TRACE_REAL_TIME_MODE)
        hand_over(session, buffer);
    else
        sim_queue_push(&session->free, buffer);
}

/* https://learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventwritetransfer: too big for a buffer, nobody
 * reads in real time, or no buffer is free. */
ULONG sim_pool_room(const sim_session *session, const sim_draft *draft) {
    const ULONG capacity = session->buffer_kb * 1024, size = event_bytes(draft);
    const bool realtime = (session->mode & EVENT_TRACE_REAL_TIME_MODE) != 0;
    if (size > capacity)
        return ERROR_MORE_DATA;
    if ((session->current && size <= capacity - session->current->filled) || session->free.first ||
        session->buffers < session->maximum || !realtime ||
        (sim_script.rt_queue && session->ready.count >= sim_script.rt_queue))
        return ERROR_SUCCESS;
    return session->consumed ? ERROR_NOT_ENOUGH_MEMORY : (ULONG)STATUS_LOG_FILE_FULL;
}

static void write_event(sim_session *session, const sim_draft *draft, ULONG size) {
    sim_buffer *buffer = session->current;
    BYTE *at = buffer->bytes + buffer->filled;
    sim_event *event = (sim_event *)(void *)at;
    memset(at, 0, size);
    event->size = size;
    event->kind = draft->kind;
    event->processor = draft->processor;
    event->item_count = (USHORT)draft->item_count;
    event->payload_size = (USHORT)draft->payload_size;
    event->header = draft->header;
    if (!draft->stamped)
        event->header.TimeStamp.QuadPart = sim_now(session);
    if (event->header.TimeStamp.QuadPart < session->last_raw)
        event->header.TimeStamp.QuadPart = session->last_raw;
    session->last_raw = event->header.TimeStamp.QuadPart;
    event->header.TimeStamp.QuadPart -= draft->late;
    at += sizeof *event;
    for (unsigned i = 0; i < draft->item_count; i++) {
        const sim_item *item = &draft->items[i];
        const sim_stored_item stored = {item->type, item->size, 0};
        memcpy(at, &stored, sizeof stored);
        memcpy(at + sizeof stored, item->data, item->size);
        at += sizeof stored + ((item->size + 7u) & ~7u);
    }
    event->items_size = (ULONG)(at - (BYTE *)(event + 1));
    if (draft->payload_size)
        memcpy(at, draft->payload, draft->payload_size);
    buffer->filled += size;
    buffer->events++;
}

bool sim_put(sim_session *session, const sim_draft *draft) {
    const ULONG capacity = session->buffer_kb * 1024, size = event_bytes(draft);
    if (session->file_full)
        return false; /* the file has its maximum size, and the session has ended */
    if (session->current &&
        (size > capacity - session->current->filled ||
         (sim_flush_ms(session) && GetTickCount64() - session->current->begun >= sim_flush_ms(session))))
        sim_flush(session);
    if (!session->current && size <= capacity)
        session->current = take_free(session);
    if (!session->current || size > capacity) {
        session->events_lost++;
        session->untold_events++;
        return false;
    }
    write_event(session, draft, size);
    return true;
}
