/* SPDX-License-Identifier: MIT */
/* Walks the buffers' headers, and finds the way again where one is damaged. Knows of events their first one's time. */
#include "base/bytes.h"
#include "base/error.h"
#include "etl/etl_inside.h"
#include "etl/event.h"
#include "etl/inflate.h"
#include "etl/logfile.h"

enum {
    /* A buffer's header and enough behind it for the time of its first event, also where that is compressed. */
    LOOK = EK_BUFFER_HEADER_SIZE + EK_EVENT_PEEK + 16,
    FLAGS_KNOWN = 0x7F,
    /* How far the next buffer is searched behind a damaged one: places a stride apart, or bytes. */
    PROBES = 4096,
    SCAN = 64 << 20
};

/* What a look at a place shows. It does not point into the window. */
typedef struct sight {
    uint64_t place;
    size_t have; /* bytes there, at most LOOK */
    ek_buffer_header header;
    bool zero;            /* nothing but zeros */
    bool is_header_event; /* begins with one */
    const char *fault;    /* of the first event, or NULL */
    ek_event_head first;
} sight;

static bool all_zero(const uint8_t *bytes, size_t size) {
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++)
        any |= bytes[i];
    return any == 0;
}

/* The first event's header, inflated just that far where it is compressed. */
static void look_at_event(sight *seen, const uint8_t *bytes) {
    uint8_t plain[EK_EVENT_PEEK];
    const uint8_t *event = bytes + EK_BUFFER_HEADER_SIZE;
    size_t have = seen->have - EK_BUFFER_HEADER_SIZE;
    size_t left = seen->header.filled > EK_BUFFER_HEADER_SIZE ? seen->header.filled - EK_BUFFER_HEADER_SIZE : 0;
    if (seen->header.flags & EK_BUFFER_COMPRESSED) {
        have = ek_inflate(event, have, plain, left < sizeof plain ? left : sizeof plain);
        event = plain;
    }
    seen->fault = ek_event_peek(&seen->first, event, left, have);
    seen->is_header_event = ek_logfile_is(event, have);
}

static etwkit_status look(ek_etl *etl, uint64_t place, sight *seen, etwkit_error *error) {
    const uint8_t *bytes;
    *seen = (sight){.place = place};
    etwkit_status status = ek_etl_view(etl, place, LOOK, &bytes, &seen->have, error);
    if (status)
        return status;
    if (seen->have < EK_BUFFER_HEADER_SIZE) {
        seen->zero = all_zero(bytes, seen->have);
        return ETWKIT_OK;
    }
    seen->zero = all_zero(bytes, EK_BUFFER_HEADER_SIZE);
    ek_buffer_header_read(&seen->header, bytes);
    look_at_event(seen, bytes);
    return ETWKIT_OK;
}

/* Does nothing in the header contradict the format, its size apart? */
static bool plausible_but_size(const ek_buffer_header *header) {
    return header->filled >= EK_BUFFER_HEADER_SIZE && header->filled <= EK_BUFFER_MAX && header->flags <= FLAGS_KNOWN &&
           header->type <= EK_BUFFER_DBG_INFO;
}

static bool plausible_size(const ek_buffer_header *header) {
    return header->size >= EK_BUFFER_HEADER_SIZE && header->size <= EK_BUFFER_MAX;
}

static bool plausible(const ek_buffer_header *header) {
    return plausible_but_size(header) && plausible_size(header) &&
           (header->flags & EK_BUFFER_COMPRESSED || header->filled <= header->size);
}

/* Plain, and of the size that all plain buffers of the file have? */
static bool is_usual(const ek_etl *etl, const ek_buffer_header *header) {
    return !(header->flags & EK_BUFFER_COMPRESSED) && header->size == etl->stride && etl->stride;
}

/* Does another buffer, or the file's end, stand where this header says? */
static etwkit_status leads_on(ek_etl *etl, uint64_t place, const ek_buffer_header *header, bool *leads,
                              etwkit_error *error) {
    uint64_t behind = place + header->size;
    sight next = {0};
    *leads = behind == etl->size;
    if (behind >= etl->size)
        return ETWKIT_OK;
    etwkit_status status = look(etl, behind, &next, error);
    *leads = next.zero || (next.have >= EK_BUFFER_HEADER_SIZE && plausible_but_size(&next.header));
    return status;
}

/*
 * Is there a buffer at a place where none was announced? Strict, since any place may come here; and what passes here
 * passes is_sound() too, so that the search always leads on.
 */
static etwkit_status begins_at(ek_etl *etl, uint64_t place, bool *begins, etwkit_error *error) {
    sight seen;
    *begins = false;
    etwkit_status status = look(etl, place, &seen, error);
    if (status || seen.have < EK_BUFFER_HEADER_SIZE || !plausible(&seen.header))
        return status;
    if (is_usual(etl, &seen.header) && !seen.fault) {
        *begins = true;
        return ETWKIT_OK;
    }
    if (!(seen.header.flags & EK_BUFFER_COMPRESSED) && etl->stride && seen.header.size > etl->stride)
        return ETWKIT_OK;
    return leads_on(etl, place, &seen.header, begins, error);
}

/* Whether to take the header's word for where the next buffer begins. */
static etwkit_status is_sound(ek_etl *etl, const sight *seen, bool *sound, etwkit_error *error) {
    const ek_buffer_header *header = &seen->header;
    bool compressed = header->flags & EK_BUFFER_COMPRESSED, another = false;
    /* As nearly all; or compressed, where the next look tells. */
    *sound = is_usual(etl, header) || (compressed && plausible(header) && header->size <= etl->size - seen->place);
    if (*sound || !plausible_size(header))
        return ETWKIT_OK;
    if (!compressed && etl->stride && header->size > etl->stride) {
        etwkit_status status = begins_at(etl, seen->place + etl->stride, &another, error);
        if (status || another)
            return status; /* it would lead over another buffer */
    }
    return leads_on(etl, seen->place, header, sound, error);
}

/* Plain files: the next buffer stands a multiple of the stride behind the last. */
static etwkit_status search_strides(ek_etl *etl, uint64_t from, uint64_t *found, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    bool begins = false;
    uint64_t place = from;
    for (int probe = 0; probe < PROBES && !status && place < etl->size; probe++, place += etl->stride) {
        if (place == etl->next)
            continue;
        status = begins_at(etl, place, &begins, error);
        if (begins) {
            *found = place;
            break;
        }
    }
    return status;
}

/* Compressed files: it may stand anywhere. */
static etwkit_status search_bytes(ek_etl *etl, uint64_t from, uint64_t *found, etwkit_error *error) {
    const uint64_t end = etl->size - from < SCAN ? etl->size : from + SCAN;
    for (uint64_t at = from; at + EK_BUFFER_HEADER_SIZE <= end;) {
        const uint8_t *bytes;
        size_t have, i = 0;
        etwkit_status status = ek_etl_view(etl, at, EK_ETL_WINDOW, &bytes, &have, error);
        if (status || have < EK_BUFFER_HEADER_SIZE)
            return status;
        ek_buffer_header header;
        bool candidate = false;
        for (; !candidate && i + EK_BUFFER_HEADER_SIZE <= have; i++) {
            ek_buffer_header_read(&header, bytes + i);
            candidate = plausible(&header) && at + i != etl->next;
        }
        at += i; /* behind the candidate: where it is none, on from there with a fresh view */
        if (!candidate)
            continue;
        bool begins;
        status = begins_at(etl, at - 1, &begins, error);
        if (status)
            return status;
        if (begins) {
            *found = at - 1;
            return ETWKIT_OK;
        }
    }
    return ETWKIT_OK;
}

/* The next buffer behind the last one that was good; *found is the file's end where there is none. */
static etwkit_status search(ek_etl *etl, const sight *seen, uint64_t *found, etwkit_error *error) {
    uint64_t last = etl->count ? etl->entries[etl->count - 1].place : 0;
    bool compressed = etl->info.buffers_compressed > 0;
    etwkit_status status = ETWKIT_OK;
    *found = etl->size;
    if (etl->stride && !compressed)
        status = search_strides(etl, last + etl->stride, found, error);
    if (status || *found < etl->size)
        return status;
    /* Behind the first buffer it is not known yet whether the others are compressed. */
    if ((compressed || etl->count < 2) && !seen->zero)
        status = search_bytes(etl, last + EK_BUFFER_HEADER_SIZE, found, error);
    return status;
}

/* A flush time in raw ticks, as the kernel writes it, is not before the trace's begin and not behind its end; one in
 * FILETIME, as merging writes it, is far behind. */
static bool is_raw_time(const ek_etl *etl, uint64_t place, int64_t time) {
    const int64_t hour = INT64_C(36000000000);
    const ek_clock *clock = ek_etl_clock(etl, place);
    int64_t end = etl->info.end_time;
    return time >= clock->start_ticks &&
           (end <= 0 || end > INT64_MAX - hour || ek_clock_filetime(clock, time) <= end + hour);
}

/* When a buffer begins. Where its first event does not tell, the buffer before it: too early does no harm. */
static int64_t first_time(const ek_etl *etl, const sight *seen) {
    int64_t before = etl->count ? etl->entries[etl->count - 1].time : etl->clocks[0].clock->start_ticks;
    if (seen->header.type == EK_BUFFER_EMPTY_MARKER || seen->fault)
        return before;
    if (seen->first.has_time)
        return seen->first.time;
    return is_raw_time(etl, seen->place, seen->header.time) ? seen->header.time : before;
}

/*
 * The time of a buffer whose first event has none (WPP messages may, obsolete kinds do): that of the first event that
 * has one, but no later than what the header says. Such buffers are read whole for it; they are rare.
 */
static int64_t time_inside(ek_etl *etl, const ek_etl_entry *entry) {
    ek_run run = {.keeps_damage = true}; /* what is wrong with it is told when it is read for its events */
    int64_t time = entry->time;
    if (ek_etl_load(etl, entry, &run, NULL) == ETWKIT_OK && run.count && run.events[0].time < time)
        time = run.events[0].time;
    ek_run_free(&run, &etl->settings.allocator);
    return time;
}

/* The second header event of an appended file brings a clock of its own. */
static etwkit_status take_clock(ek_etl *etl, uint64_t place, etwkit_error *error) {
    const uint8_t *bytes;
    size_t have;
    ek_logfile logfile;
    ek_clock clock;
    etwkit_clock type;
    etwkit_status status = ek_etl_view(etl, place + EK_BUFFER_HEADER_SIZE, EK_LOGFILE_FIXED, &bytes, &have, error);
    if (status || !ek_logfile_read(&logfile, bytes, have))
        return status;
    const char *phrase = ek_logfile_clock(&logfile, &clock, &type);
    status = ek_etl_add_clock(etl, place, &clock, error);
    if (status || !phrase)
        return status;
    ek_etl_place where = {(uint32_t)etl->count, EK_BUFFER_HEADER_SIZE, place, place + EK_BUFFER_HEADER_SIZE};
    return ek_etl_damage(etl, &where, 0, phrase, error);
}

/* Adds the buffer; the next one begins at `behind`. */
static etwkit_status add(ek_etl *etl, const sight *seen, uint64_t behind, etwkit_error *error) {
    void *entries = etl->entries;
    bool compressed = seen->header.flags & EK_BUFFER_COMPRESSED;
    if (etl->count >= ETWKIT_NO_NUMBER)
        return ek_fail(error, ETWKIT_E_LIMIT, "%s: too many buffers", etl->name);
    if (!ek_grow(&etl->settings.allocator, &entries, &etl->capacity, etl->count + 1, sizeof *etl->entries))
        return ek_fail_memory(error);
    etl->entries = entries;
    if (seen->header.type == EK_BUFFER_HEADER && seen->is_header_event && !compressed && etl->count) {
        etwkit_status status = take_clock(etl, seen->place, error);
        if (status)
            return status;
    }
    etl->entries[etl->count] = (ek_etl_entry){first_time(etl, seen), seen->place};
    etl->info.buffers = ++etl->count;
    etl->info.buffers_compressed += compressed;
    etl->next = behind < etl->size ? behind : etl->size;
    etl->cut = behind > etl->size;
    etl->bytes += etl->next - seen->place;
    if (!seen->fault && !seen->first.has_time && seen->header.type != EK_BUFFER_EMPTY_MARKER)
        etl->entries[etl->count - 1].time = time_inside(etl, &etl->entries[etl->count - 1]);
    return ETWKIT_OK;
}

static etwkit_status report(ek_etl *etl, const sight *seen, uint64_t bytes, const char *what, etwkit_error *error) {
    ek_etl_place where = {(uint32_t)etl->count, ETWKIT_NO_NUMBER, seen->place, seen->place};
    return ek_etl_damage(etl, &where, bytes, what, error);
}

/* A zeroed tail is what a session leaves that never closed its file, or that made it larger than it needed. */
static bool is_unused_tail(const ek_etl *etl, const sight *seen) {
    return seen->zero && (!etl->info.closed || etl->count >= etl->info.buffers_written);
}

/* No buffer behind this place: reports the bytes left unread, if that is a fault. */
static etwkit_status stop(ek_etl *etl, const sight *seen, bool *more, etwkit_error *error) {
    char what[128];
    uint64_t left = etl->size - seen->place;
    *more = false;
    if (etl->settings.growing || is_unused_tail(etl, seen))
        return ETWKIT_OK;
    if (seen->have < EK_BUFFER_HEADER_SIZE)
        ek_format(what, sizeof what, "the file ends inside its header");
    else
        ek_format(what, sizeof what,
                  "size %u leads to no other buffer, %llu bytes to the end of the file are left unread",
                  seen->header.size, (unsigned long long)left);
    etl->stopped = true;
    return report(etl, seen, left, what, error);
}

/* The buffer before led too far: `found` comes earlier than what was seen where it led to. */
static etwkit_status step_back(ek_etl *etl, uint64_t found, etwkit_error *error) {
    char what[128];
    uint64_t place = etl->entries[etl->count - 1].place;
    ek_etl_place where = {(uint32_t)(etl->count - 1), ETWKIT_NO_NUMBER, place, place};
    ek_format(what, sizeof what, "its size is wrong, the next buffer begins at 0x%llX", (unsigned long long)found);
    etl->bytes -= etl->next - found;
    etl->next = found;
    return ek_etl_damage(etl, &where, 0, what, error);
}

/* The header is not sound: go on at the next one, with or without this buffer. */
static etwkit_status go_on(ek_etl *etl, const sight *seen, bool *more, etwkit_error *error) {
    char what[128];
    uint64_t found;
    const ek_buffer_header *header = &seen->header;
    bool compressed = etl->info.buffers_compressed > 0;
    if (is_unused_tail(etl, seen) && compressed)
        return stop(etl, seen, more, error); /* only in plain files it is known where to look behind zeros */
    etwkit_status status = search(etl, seen, &found, error);
    if (status)
        return status;
    if (found < seen->place)
        return step_back(etl, found, error);
    bool usable = plausible_but_size(header) || etl->count == 0; /* the first buffer's header event was read */
    if (found == etl->size) {
        bool plain = etl->stride && !compressed && !(header->flags & EK_BUFFER_COMPRESSED);
        bool fits = plain && etl->stride <= etl->size - seen->place;
        if (plausible(header) && !fits) /* the last, cut off: loading it reports what is missing */
            return add(etl, seen, seen->place + header->size, error);
        if (!usable)
            return stop(etl, seen, more, error);
        if (fits)
            found = seen->place + etl->stride;
    }
    ek_format(what, sizeof what, "size %u makes no sense, the buffer is taken to end at 0x%llX", header->size,
              (unsigned long long)found);
    status = report(etl, seen, usable ? 0 : found - seen->place, what, error);
    if (!status && usable)
        return add(etl, seen, found, error);
    etl->next = found;
    return status;
}

static etwkit_status index_one(ek_etl *etl, bool *more, etwkit_error *error) {
    sight seen;
    bool sound = false;
    etwkit_status status = look(etl, etl->next, &seen, error);
    if (status)
        return status;
    bool incomplete = seen.zero || seen.header.size > etl->size - seen.place;
    if (seen.have < EK_BUFFER_HEADER_SIZE || (etl->settings.growing && incomplete))
        return stop(etl, &seen, more, error);
    status = is_sound(etl, &seen, &sound, error);
    if (status)
        return status;
    return sound ? add(etl, &seen, seen.place + seen.header.size, error) : go_on(etl, &seen, more, error);
}

etwkit_status ek_etl_index(ek_etl *etl, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    bool more = !etl->stopped;
    while (!status && more && etl->next < etl->size)
        status = index_one(etl, &more, error);
    return status;
}
