/* SPDX-License-Identifier: MIT */
/* The double's one state: who holds which lock, what a session is, and how the files call each other. */
#ifndef SIM_H
#define SIM_H

#include "sim_types.h"

/*
 * One lock guards all of the state below. Callbacks of the program are called without it. `changed` wakes whoever waits
 * for buffers, room, or an end.
 */
extern SRWLOCK sim_lock;
extern CONDITION_VARIABLE sim_changed;

typedef struct sim_filter {
    ULONG type, size;
    BYTE *data;
} sim_filter;

/* One provider enabled to one session. */
typedef struct sim_enable {
    struct sim_enable *next;
    GUID provider, source;
    ULONGLONG any, all;
    ULONG property;
    UCHAR level;
    unsigned filter_count;
    sim_filter filters[SIM_MAX_FILTERS];
} sim_enable;

/* A session's buffer, with events one after another as sim_event. */
typedef struct sim_buffer {
    struct sim_buffer *next;
    ULONGLONG begun; /* GetTickCount64() at its first event */
    ULONG filled, events;
    ULONG lost_events, lost_buffers; /* since the buffer before: told to the consumer ahead of this one */
    BYTE *bytes;
} sim_buffer;

typedef struct sim_queue {
    sim_buffer *first, *last;
    ULONG count;
} sim_queue;

typedef struct sim_session {
    struct sim_session *next;
    WCHAR name[1025], file[1025];
    GUID guid;
    USHORT id;
    bool foreign, needs_system, is_system, is_private, stopped, consumed, file_full;
    unsigned references; /* the list of sessions, and each open trace */
    ULONG rundown_told;  /* pieces of what comes after the stop */
    ULONG mode, clock, buffer_kb, minimum, maximum, maximum_file_size, flush_timer;
    ULONG group_masks[8]; /* the first are the EnableFlags */
    CLASSIC_EVENT_ID stacks[256];
    ULONG stack_count;
    LONGLONG start_time, start_raw, last_raw;
    sim_enable *enables;
    /* The pool: free buffers, the one that is being filled, those that wait for the consumer, those of a ring. */
    sim_queue free, ready, kept;
    sim_buffer *current;
    ULONG buffers, taken, buffers_written, events_lost, log_buffers_lost, rt_buffers_lost;
    ULONG untold_events, untold_buffers; /* lost, and no buffer has told it yet */
    struct etwkit_writer *writer;
    ULONGLONG file_bytes;
    unsigned file_number;
} sim_session;

/* An event on its way to sessions; nothing in it is owned. */
typedef struct sim_item {
    USHORT type, size;
    const void *data;
} sim_item;

enum {
    SIM_MAX_ITEMS = 32
};

typedef struct sim_draft {
    EVENT_HEADER header; /* TimeStamp is raw where `stamped`, else put there by the session's clock */
    USHORT processor;
    BYTE kind; /* etwkit_header_kind */
    bool stamped;
    ULONG late; /* ticks by which it seems to have come too late */
    bool own;   /* written by this process: private sessions have no others */
    unsigned item_count;
    sim_item items[SIM_MAX_ITEMS];
    const void *payload;
    ULONG payload_size;
} sim_draft;

/* An event as it lies in a buffer: this, the items (each a sim_stored_item and its data, padded), the payload. */
typedef struct sim_event {
    ULONG size; /* of all of it; a multiple of 8 */
    ULONG items_size;
    USHORT payload_size, processor, item_count;
    BYTE kind, padding;
    EVENT_HEADER header;
} sim_event;

typedef struct sim_stored_item {
    USHORT type, size;
    ULONG padding;
} sim_stored_item;

/* ---- sim_script.c: what the file named by ETWSIM says (README.md) */

typedef enum sim_rights {
    SIM_RIGHTS_ADMIN,
    SIM_RIGHTS_LOG_USERS,
    SIM_RIGHTS_NONE,
    SIM_RIGHTS_SYSTEM
} sim_rights;

typedef enum sim_after {
    SIM_AFTER_SCRIBBLE,
    SIM_AFTER_PROTECT,
    SIM_AFTER_KEEP
} sim_after;

typedef struct sim_options {
    sim_rights rights;
    sim_after after;
    ULONG build, processors, max_sessions, max_private, rt_queue, flush_ms, stop_delay, capture_state;
    ULONG rundown_start, rundown_end, rundown_pieces, rundown_pause, after_stop, begin_enables;
    bool header_event, filters_honoured, ms_flush, profile_privilege, profile_missing, open_missing_fails,
        begin_started, begin_processing;
    char log[MAX_PATH];
} sim_options;

extern sim_options sim_script;

/* Reads the script, once; each exported function begins with it. */
void sim_begin(void);
/* One line of the script, cut into words; false: the key is not known there. */
typedef struct sim_line {
    char *words[40];
    unsigned count, number;
} sim_line;
ULONGLONG sim_number(const char *text);
bool sim_guid(const char *text, GUID *guid);
/* The value behind a word of the line ("rate 5"); `fallback` where it is not there. */
const char *sim_word(const sim_line *line, const char *name, const char *fallback);
/* Says it in the log and on stderr, and ends the program: a test that steers wrongly has failed. */
_Noreturn void sim_fatal(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
bool sim_foreign_line(const sim_line *line);
bool sim_feed_line(const sim_line *line);
bool sim_tdh_line(const sim_line *line);
bool sim_call_line(const sim_line *line);

/* ---- sim_log.c: the log of calls, and the calls that are told to fail */

void sim_log(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
/* Counts the call. Not 0: it shall fail with that error, before anything else happens. */
ULONG sim_called(const char *call);
const char *sim_guid_text(const GUID *guid, char text[40]);
/* UTF-8 of a UTF-16 name, "" for NULL. */
const char *sim_text(const WCHAR *wide, char text[1024]);

/* ---- sim_session.c: which sessions there are */

extern sim_session *sim_sessions;

sim_session *sim_find_name(const WCHAR *name);
sim_session *sim_find_handle(sim_handle handle);
bool sim_was_handle(sim_handle handle);
sim_session *sim_new_session(const WCHAR *name);
void sim_start_session(sim_session *session);
/* One of others, in real time. */
sim_session *sim_new_foreign(const char *name);
/* Flushes, adds what comes after the end, and takes it out of the list. */
void sim_stop_session(sim_session *session);
void sim_release(sim_session *session);
/* Whether the caller may control (or read) sessions, those of the kernel, this one (NULL: there is none). */
ULONG sim_may_control(bool is_system);
ULONG sim_may_touch(const sim_session *session);

/* ---- sim_properties.c: EVENT_TRACE_PROPERTIES in and out */

ULONG sim_check_properties(const EVENT_TRACE_PROPERTIES *properties);
ULONG sim_check_modes(const EVENT_TRACE_PROPERTIES *properties, const WCHAR *file);
/* The log file's name in it; "" where there is none. */
const WCHAR *sim_file_name(const EVENT_TRACE_PROPERTIES *properties);
ULONG sim_tell_properties(const sim_session *session, EVENT_TRACE_PROPERTIES *properties);

/* ---- sim_buffers.c: a session's pool */

void sim_pool_start(sim_session *session);
void sim_pool_free(sim_session *session);
/* ERROR_SUCCESS, or what EventWriteTransfer says of a session that has no room for it. */
ULONG sim_pool_room(const sim_session *session, const sim_draft *draft);
/* false: there was no room, and the loss is counted. */
bool sim_put(sim_session *session, const sim_draft *draft);
void sim_flush(sim_session *session);
void sim_queue_push(sim_queue *queue, sim_buffer *buffer);
sim_buffer *sim_queue_pop(sim_queue *queue);
ULONG sim_pool_free_count(const sim_session *session);
ULONG sim_flush_ms(const sim_session *session);

/* ---- sim_clock.c */

LONGLONG sim_now(const sim_session *session);
LONGLONG sim_filetime_now(void);
LONGLONG sim_filetime(const sim_session *session, LONGLONG raw);
LONGLONG sim_frequency(void);
/* Sessions live in a recorded trace's time from here on. */
void sim_set_clock(LONGLONG frequency, LONGLONG raw, LONGLONG time);

/* ---- sim_route.c: which sessions an event goes to */

/* The error of a session without EVENT_TRACE_INDEPENDENT_SESSION_MODE that had no room. `wait`: room is waited for. */
ULONG sim_route(const sim_draft *draft, bool wait);
bool sim_owner_line(const sim_line *line);
sim_enable *sim_find_enable(const sim_session *session, const GUID *provider);
bool sim_level_and_keywords(const sim_enable *enable, const EVENT_DESCRIPTOR *descriptor);

/* ---- sim_filter.c: kernel-side filters */

ULONG sim_check_filters(const EVENT_FILTER_DESCRIPTOR *filters, ULONG count);
void sim_take_filters(sim_enable *enable, const EVENT_FILTER_DESCRIPTOR *filters, ULONG count);
void sim_drop_filters(sim_enable *enable);
bool sim_filters_let(const sim_enable *enable, const sim_draft *draft);
bool sim_filters_want_stack(const sim_enable *enable, const sim_draft *draft);
bool sim_scope_lets(const sim_enable *enable, ULONG process_id);
bool sim_process_line(const sim_line *line);

/* ---- sim_payload.c: payload filters */

bool sim_payload_lets(const sim_filter *filter, const sim_draft *draft);

/* ---- sim_kernel.c: system loggers */

extern const GUID sim_system_trace_guid, sim_event_trace_guid, sim_stack_walk_class;
bool sim_kernel_wants(const sim_session *session, const sim_draft *draft);
bool sim_is_kernel_kind(BYTE kind);
/* Flags that a system provider's keywords stand for; false: it is no system provider, or the build has none. */
bool sim_is_system_provider(const GUID *provider);
void sim_enable_system_provider(sim_session *session, const GUID *provider, ULONGLONG keywords, bool enable);
void sim_rundown(sim_session *session);
/* The next piece of what comes after the stop; false: there is none. */
bool sim_rundown_end(sim_session *session);

/* ---- sim_provider.c: providers of this process */

void sim_tell_providers(const GUID *provider, ULONG code, const GUID *source);
unsigned sim_registrations(const GUID *provider, GUID *all, unsigned capacity);
ULONG sim_foreign_users(const GUID *provider);
bool sim_provider_line(const sim_line *line);
bool sim_is_registered(const GUID *provider);

/* ---- sim_feed.c: events that come from elsewhere */

typedef enum sim_moment {
    SIM_SESSION_STARTED,
    SIM_PROVIDER_ENABLED,
    SIM_PROCESSING
} sim_moment;

/* Makes the thread that feeds, when the script's time has come. */
void sim_feed_start(sim_moment moment);
void sim_synthetic(sim_draft *draft, const GUID *provider, ULONG id, ULONGLONG number);

/* ---- sim_file.c: sessions that write files */

ULONG sim_file_open(sim_session *session);
void sim_file_buffer(sim_session *session, sim_buffer *buffer);
void sim_file_close(sim_session *session);
/* A ring is written as it is now. */
ULONG sim_file_snapshot(sim_session *session, const WCHAR *file);

/* ---- sim_deliver.c: one buffer to the consumer's callback */

typedef struct sim_delivery {
    PEVENT_RECORD_CALLBACK callback;
    void *context;
    ULONG mode; /* PROCESS_TRACE_MODE_* */
    BYTE *region;
} sim_delivery;

void sim_delivery_open(sim_delivery *delivery);
void sim_delivery_close(sim_delivery *delivery);
void sim_deliver_header(sim_delivery *delivery, const sim_session *session);
void sim_deliver_buffer(sim_delivery *delivery, const sim_session *session, const sim_buffer *buffer);
void sim_logfile_header(const sim_session *session, TRACE_LOGFILE_HEADER *header);

/* ---- sim_lookup.c: what GetProcAddress answers */

FARPROC sim_own_function(const char *name);
bool sim_lookup_line(const sim_line *line);

#endif
