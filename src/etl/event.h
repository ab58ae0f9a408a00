/* SPDX-License-Identifier: MIT */
/* An event's header, of whatever kind, made equal: bytes to etwkit_record (FORMATS 2, 3). */
#ifndef EK_ETL_EVENT_H
#define EK_ETL_EVENT_H

#include <etwkit/record.h>

#include <stdbool.h>

/* What a first look at an event tells: enough to step to the next one and to put it in order. */
typedef struct ek_event_head {
    uint32_t size; /* of the whole event, not yet rounded up to 8 */
    uint8_t kind;  /* etwkit_header_kind */
    bool has_time; /* a WPP message may have none: it has the time of the event before it */
    int64_t time;  /* raw */
} ek_event_head;

/*
 * Looks at the event at data, of which `left` bytes (up to the buffer's filled end) are there. NULL: good. Otherwise a
 * static phrase of what is wrong, and head->size is what the event claims or 0. The phrase is a predicate: it stands
 * after "event size 9 " where a size is claimed, else after "event " ("event size 9 is smaller than its header").
 */
const char *ek_event_look(ek_event_head *head, const uint8_t *data, size_t left);
/* The same where only the first `have` of the `left` bytes can be read. EK_EVENT_PEEK of them do for any kind. */
#define EK_EVENT_PEEK 0x50u
const char *ek_event_peek(ek_event_head *head, const uint8_t *data, size_t left, size_t have);

/* The provider (pointing into data) and the id of an event that was looked at. false: its header has no GUID. */
bool ek_event_glance(const uint8_t *data, uint8_t kind, const etwkit_guid **provider, uint16_t *event_id);

/* The same for kernel events, too, whose class follows from their group. NULL: it has neither. *event_id is 0 where the
 * header has none. */
const etwkit_guid *ek_event_provider(const uint8_t *data, uint8_t kind, uint16_t *event_id);

/*
 * Fills everything of the record that the event itself tells; timestamp, processor, file and buffer members are the
 * caller's to set. `head` must come from a good ek_event_look(). A fault in the extended items or the counters gives a
 * phrase ("its extended items run past its end"); the record then has neither, and all behind the header as payload.
 */
const char *ek_event_read(etwkit_record *record, const ek_event_head *head, const uint8_t *data,
                          uint8_t default_pointer_size);

#endif
