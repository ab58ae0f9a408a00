/* SPDX-License-Identifier: MIT */
/* Loads a buffer, steps over its event headers, and gives its events as records. Knows one buffer at a time. */
#include "base/bytes.h"
#include "base/error.h"
#include "etl/etl_inside.h"
#include "etl/event.h"
#include "etl/inflate.h"

enum {
    AT_ONCE = 64 << 10,   /* buffers up to this size are read as they are, of larger ones only what is filled */
    FIRST_READ = 4 << 10, /* of those, with the header */
    RESYNC_LEAST = 4,     /* headers in a row that are taken for events behind a damaged one */
    KIND = 0x7F,          /* of size_and_kind */
    UNTIMED = 0x80,
    SIZE_SHIFT = 8
};

typedef struct loading {
    ek_etl *etl;
    ek_run *run;
    etwkit_error *error;
    ek_buffer_header header;
    int64_t begin;        /* time of the entry */
    uint64_t room;        /* bytes to the next buffer */
    bool last;            /* of the file */
    bool truncated;       /* the file ends before the buffer does */
    bool in_data;         /* the stored bytes are read into run->data, else into run->packed */
    const uint8_t *bytes; /* the stored bytes, as far as they have been read */
    size_t have;
    uint32_t limit; /* bytes of the inflated buffer that are there */
    uint32_t whole; /* where the last whole event ends */
    uint8_t *chain; /* made at the first damaged event */
} loading;

/* A damage that waits to be reported. */
typedef struct ek_run_damage {
    ek_etl_place where;
    uint64_t bytes;
    char what[128];
} ek_run_damage;

static etwkit_status keep_damage(loading *l, const ek_etl_place *where, uint64_t bytes, const char *what) {
    ek_run *run = l->run;
    void *damages = run->damages;
    if (!ek_grow(&l->etl->settings.allocator, &damages, &run->damage_capacity, run->damage_count + 1,
                 sizeof(ek_run_damage)))
        return ek_fail_memory(l->error);
    run->damages = damages;
    ek_run_damage *damage = &run->damages[run->damage_count++];
    *damage = (ek_run_damage){.where = *where, .bytes = bytes};
    ek_format(damage->what, sizeof damage->what, "%s", what);
    return ETWKIT_OK;
}

static etwkit_status report(loading *l, uint32_t record, uint64_t bytes, const char *what) {
    bool exact = record != ETWKIT_NO_NUMBER && !(l->header.flags & EK_BUFFER_COMPRESSED);
    ek_etl_place where = {l->run->number, record, l->run->place, l->run->place + (exact ? record : 0)};
    if (l->run->keeps_damage)
        return keep_damage(l, &where, bytes, what);
    return ek_etl_damage(l->etl, &where, bytes, what, l->error);
}

etwkit_status ek_run_report(ek_etl *etl, ek_run *run, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; i < run->damage_count && !status; i++) {
        const ek_run_damage *damage = &run->damages[i];
        status = ek_etl_damage(etl, &damage->where, damage->bytes, damage->what, error);
    }
    run->damage_count = 0;
    return status;
}

/* Room for `size` bytes whose old content does not matter. */
static bool reserve(const etwkit_allocator *allocator, uint8_t **block, size_t *capacity, size_t size) {
    if (size <= *capacity)
        return true;
    ek_release(allocator, *block);
    *capacity = 0;
    *block = ek_alloc(allocator, size);
    if (!*block)
        return false;
    *capacity = size;
    return true;
}

static void swap_blocks(ek_run *run) {
    uint8_t *data = run->data;
    size_t capacity = run->capacity;
    run->data = run->packed;
    run->capacity = run->packed_capacity;
    run->packed = data;
    run->packed_capacity = capacity;
}

/* Makes the first `want` stored bytes readable at l->bytes, or as many as the file still has: l->have. */
static etwkit_status fetch(loading *l, size_t want) {
    ek_etl *etl = l->etl;
    ek_run *run = l->run;
    if (ek_source_is_memory(&etl->source)) {
        l->bytes = etl->source.data + run->place;
        l->have = want;
        return ETWKIT_OK;
    }
    if (want <= l->have)
        return ETWKIT_OK;
    uint8_t **block = l->in_data ? &run->data : &run->packed;
    size_t *capacity = l->in_data ? &run->capacity : &run->packed_capacity, got;
    if (want > *capacity) {
        uint8_t *larger = ek_resize(&etl->settings.allocator, *block, want, 1);
        if (!larger)
            return ek_fail_memory(l->error);
        *block = larger;
        *capacity = want;
    }
    etwkit_status status =
        ek_source_read(&etl->source, run->place + l->have, *block + l->have, want - l->have, &got, l->error);
    l->bytes = *block;
    l->have += got;
    return status;
}

/* The first `limit` bytes of a plain buffer, in run->data. */
static etwkit_status take_plain(loading *l) {
    ek_run *run = l->run;
    etwkit_status status = fetch(l, l->limit);
    if (status)
        return status;
    if (l->have < l->limit) { /* the file became shorter since it was indexed */
        l->limit = (uint32_t)l->have;
        l->truncated = true;
    }
    if (!ek_source_is_memory(&l->etl->source)) {
        if (!l->in_data)
            swap_blocks(run);
        return ETWKIT_OK;
    }
    if (!reserve(&l->etl->settings.allocator, &run->data, &run->capacity, l->limit))
        return ek_fail_memory(l->error);
    memcpy(run->data, l->bytes, l->limit);
    return ETWKIT_OK;
}

/* A compressed buffer, inflated into run->data as far as its stream is good. */
static etwkit_status take_compressed(loading *l) {
    ek_run *run = l->run;
    etwkit_status status = fetch(l, (size_t)l->room);
    if (status)
        return status;
    l->truncated |= l->have < l->room;
    if (!ek_source_is_memory(&l->etl->source) && l->in_data) {
        swap_blocks(run);
        l->in_data = false;
    }
    if (!reserve(&l->etl->settings.allocator, &run->data, &run->capacity, l->header.filled))
        return ek_fail_memory(l->error);
    memcpy(run->data, l->bytes, EK_BUFFER_HEADER_SIZE);
    size_t inflated = ek_inflate(l->bytes + EK_BUFFER_HEADER_SIZE, l->have - EK_BUFFER_HEADER_SIZE,
                                 run->data + EK_BUFFER_HEADER_SIZE, l->header.filled - EK_BUFFER_HEADER_SIZE);
    l->limit = EK_BUFFER_HEADER_SIZE + (uint32_t)inflated;
    return ETWKIT_OK;
}

/* Unused bytes are ones; where events end in them, the filled size was too large. */
static bool is_slack(const loading *l, uint32_t at) {
    for (; at < l->limit; at++)
        if (l->run->data[at] != 0xFF)
            return false;
    return true;
}

/*
 * A damaged event at *at, which moves to where events go on. Either what stands there is damaged, or the event before
 * it says too large a size: then a chain of headers begins inside that one and leads to the end.
 */
static etwkit_status skip_damaged(loading *l, uint32_t *at, const ek_event_head *head, const char *fault) {
    ek_run *run = l->run;
    const ek_run_event *before = run->count ? &run->events[run->count - 1] : NULL;
    char what[128];
    uint32_t from = *at, to = 0;
    if (!l->chain)
        l->chain = ek_chain_new(&l->etl->settings.allocator, run->data, l->limit);
    if (!l->chain)
        return ek_fail_memory(l->error);
    if (head->size)
        ek_format(what, sizeof what, "event size %u %s", head->size, fault);
    else
        ek_format(what, sizeof what, "event %s", fault);
    if (before)
        to = ek_chain_find(l->chain, before->position + 8, *at, EK_CHAIN_END);
    if (to) {
        ek_format(what, sizeof what, "event size %u runs over the events behind it",
                  before->size_and_kind >> SIZE_SHIFT);
        from = before->position;
        run->count--;
    } else {
        to = ek_chain_find(l->chain, *at + 8, l->limit, RESYNC_LEAST);
    }
    *at = to ? to : l->limit;
    if (!to && l->limit < l->header.filled)
        return ETWKIT_OK; /* the last event of a buffer that is cut off: reported with the buffer */
    l->whole = *at;
    return report(l, from, *at - from, what);
}

/* One pass over the event headers. */
static etwkit_status walk(loading *l) {
    ek_run *run = l->run;
    int64_t last = l->begin;
    bool steps_back = false;
    uint32_t at = EK_BUFFER_HEADER_SIZE, whole = at;
    while (at < l->limit) {
        ek_event_head head;
        const char *fault = ek_event_look(&head, run->data + at, l->limit - at);
        if (fault) {
            /* Copies: what has its address taken would live in memory in the good case, too. */
            const ek_event_head damaged = head;
            uint32_t next = at;
            if (is_slack(l, at))
                break;
            l->whole = whole;
            etwkit_status status = skip_damaged(l, &next, &damaged, fault);
            if (status)
                return status;
            at = next;
            whole = l->whole;
            last = run->count ? run->events[run->count - 1].time : l->begin;
            continue;
        }
        if (run->count == run->event_capacity) {
            void *events = run->events;
            if (!ek_grow(&l->etl->settings.allocator, &events, &run->event_capacity, run->count + 512,
                         sizeof *run->events))
                return ek_fail_memory(l->error);
            run->events = events;
        }
        int64_t time = head.has_time ? head.time : last;
        steps_back |= time < last;
        last = time;
        run->events[run->count++] =
            (ek_run_event){time, at, head.size << SIZE_SHIFT | head.kind | (head.has_time ? 0u : UNTIMED)};
        at += ek_align8(head.size);
        whole = at;
    }
    l->whole = whole;
    /* Events without a time in front of all others have the buffer's, but none later than what follows them. */
    uint32_t untimed = 0;
    while (untimed < run->count && run->events[untimed].size_and_kind & UNTIMED)
        untimed++;
    if (untimed && untimed < run->count && run->events[untimed].time < l->begin)
        for (uint32_t i = 0; i < untimed; i++)
            run->events[i].time = run->events[untimed].time;
    if (steps_back)
        ek_run_sort(run->events, run->count);
    return ETWKIT_OK;
}

/* After the walk: what of the buffer was not there at all. */
static etwkit_status report_missing(loading *l) {
    char what[128];
    const ek_buffer_header *header = &l->header;
    uint64_t lost = l->limit < header->filled ? header->filled - l->whole : 0;
    if (l->truncated)
        ek_format(what, sizeof what, "the file ends inside it (%llu of %u bytes are there)",
                  (unsigned long long)l->room, header->size);
    else if (lost)
        ek_format(what, sizeof what, "its compressed data is damaged or cut off (%u of %u bytes came out)", l->limit,
                  header->filled);
    return l->truncated || lost ? report(l, ETWKIT_NO_NUMBER, lost, what) : ETWKIT_OK;
}

/* Reads the buffer's header and judges it. *worth: are there events to look for? */
static etwkit_status take_header(loading *l, bool *worth) {
    char what[128];
    ek_buffer_header *header = &l->header;
    ek_run *run = l->run;
    bool compressed;
    *worth = false;
    uint64_t gap = l->room;
    etwkit_status status = fetch(l, gap <= AT_ONCE ? (size_t)gap : FIRST_READ);
    if (status)
        return status;
    if (l->have < EK_BUFFER_HEADER_SIZE)
        return report(l, ETWKIT_NO_NUMBER, gap, "the file ends inside its header");
    ek_buffer_header_read(header, l->bytes);
    compressed = header->flags & EK_BUFFER_COMPRESSED;
    run->processor = header->processor;
    run->record_flags = header->flags & EK_BUFFER_PROCESSOR_INDEX ? ETWKIT_FLAG_PROCESSOR_INDEX : 0;
    /* The gap to the next buffer is the size but where the header's is damaged: then it is the better word. */
    if (!compressed && header->size >= EK_BUFFER_HEADER_SIZE && header->size >= header->filled && header->size < gap)
        l->room = header->size;
    bool whole = !compressed && l->etl->stride && gap >= l->etl->stride; /* then it is the size that is wrong */
    l->truncated = l->last && header->size > gap && !whole;
    if (l->room > EK_BUFFER_MAX)
        l->room = EK_BUFFER_MAX;
    if (header->type == EK_BUFFER_EMPTY_MARKER)
        return ETWKIT_OK;
    if (header->filled < EK_BUFFER_HEADER_SIZE)
        ek_format(what, sizeof what, "filled size %u is smaller than its header", header->filled);
    else if (compressed && header->filled > EK_BUFFER_MAX)
        ek_format(what, sizeof what, "filled size %u is larger than any buffer", header->filled);
    else
        *worth = true;
    return *worth ? ETWKIT_OK : report(l, ETWKIT_NO_NUMBER, l->room - EK_BUFFER_HEADER_SIZE, what);
}

static etwkit_status take_buffer(loading *l) {
    char what[128];
    ek_buffer_header *header = &l->header;
    if (header->flags & EK_BUFFER_COMPRESSED)
        return take_compressed(l);
    l->limit = header->filled < l->room ? header->filled : (uint32_t)l->room;
    if (l->limit < header->filled && !l->truncated) {
        ek_format(what, sizeof what, "filled size %u is larger than itself (%u)", header->filled, l->limit);
        etwkit_status status = report(l, ETWKIT_NO_NUMBER, 0, what);
        if (status)
            return status;
        header->filled = l->limit; /* nothing is missing, only misstated */
    }
    return take_plain(l);
}

/* Number of the buffer at a place, or SIZE_MAX. */
static size_t number_of(const ek_etl *etl, uint64_t place) {
    size_t first = 0, behind = etl->count;
    while (first < behind) {
        size_t middle = first + (behind - first) / 2;
        if (etl->entries[middle].place < place)
            first = middle + 1;
        else
            behind = middle;
    }
    return first < etl->count && etl->entries[first].place == place ? first : SIZE_MAX;
}

etwkit_status ek_etl_load(ek_etl *etl, const ek_etl_entry *entry, ek_run *run, etwkit_error *error) {
    size_t number = number_of(etl, entry->place);
    if (number == SIZE_MAX)
        return ek_fail(error, ETWKIT_E_INVALID, "%s has no buffer at 0x%llX", etl->name,
                       (unsigned long long)entry->place);
    bool last = number + 1 == etl->count, worth;
    loading l = {.etl = etl, .run = run, .error = error, .begin = entry->time, .last = last};
    l.room = (last ? etl->next : etl->entries[number + 1].place) - entry->place;
    l.in_data = etl->info.buffers_compressed == 0;
    run->count = run->next = run->filled = 0;
    run->damage_count = 0;
    run->number = (uint32_t)number;
    run->place = entry->place;
    run->stored_size = l.room;
    run->pointer_size = (uint8_t)etl->info.pointer_size;
    run->file = etl->number;
    run->clock = ek_etl_clock(etl, entry->place);
    etwkit_status status = take_header(&l, &worth);
    if (status || !worth)
        return status;
    status = take_buffer(&l);
    run->filled = l.limit;
    if (!status)
        status = walk(&l);
    if (!status)
        status = report_missing(&l);
    ek_release(&etl->settings.allocator, l.chain);
    return status;
}

void ek_run_free(ek_run *run, const etwkit_allocator *allocator) {
    ek_release(allocator, run->data);
    ek_release(allocator, run->packed);
    ek_release(allocator, run->events);
    ek_release(allocator, run->damages);
    *run = (ek_run){0};
}

bool ek_run_glance(const ek_run *run, const etwkit_guid **provider, uint16_t *event_id) {
    if (run->next == run->count)
        return false;
    const ek_run_event *event = &run->events[run->next];
    return ek_event_glance(run->data + event->position, event->size_and_kind & KIND, provider, event_id);
}

const etwkit_guid *ek_run_provider(const ek_run *run, uint16_t *event_id) {
    *event_id = 0;
    if (run->next == run->count)
        return NULL;
    const ek_run_event *event = &run->events[run->next];
    return ek_event_provider(run->data + event->position, event->size_and_kind & KIND, event_id);
}

etwkit_status ek_run_read(ek_run *run, etwkit_record *record, const char **phrase) {
    if (run->next == run->count)
        return ETWKIT_END;
    const ek_run_event *event = &run->events[run->next++];
    ek_event_head head = {.size = event->size_and_kind >> SIZE_SHIFT,
                          .kind = event->size_and_kind & KIND,
                          .has_time = true,
                          .time = event->time};
    *phrase = ek_event_read(record, &head, run->data + event->position, run->pointer_size);
    record->timestamp = ek_clock_filetime(run->clock, event->time);
    record->processor = run->processor;
    record->flags |= run->record_flags;
    record->file = run->file;
    record->buffer = run->number;
    record->buffer_position = event->position;
    record->buffer_offset = run->place;
    return ETWKIT_OK;
}
