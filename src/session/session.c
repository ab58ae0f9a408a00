/* SPDX-License-Identifier: MIT */
/* A session's life: made, started, stopped, freed; and what may be asked of it meanwhile. */
#include "base/error.h"
#include "base/machine.h"
#include "session/inside.h"

enum {
    NAME_MAX_BYTES = 256,
    BUFFER_STEP = 1024,
    BUFFER_LEAST = 4096,
    BUFFER_DEFAULT = 65536,
    BUFFERS_DEFAULT = 64,
    FLUSH_DEFAULT = 1000, /* milliseconds */
    PATIENCE_LEAST = 100,
    CHANNEL_EVENTS_DEFAULT = 1000000,
    PARCEL_EVENTS_MAX = 4096
};
#define CHANNEL_BYTES_DEFAULT (UINT64_C(256) << 20)

/* Options. */

static void settle_options(etwkit_session_options *options, const etwkit_session_options *given) {
    *options = (etwkit_session_options)ETWKIT_SESSION_OPTIONS;
    size_t size = given ? given->struct_size : 0;
    if (size)
        memcpy(options, given, size < sizeof *options ? size : sizeof *options);
    uint32_t least = 2 * ek_processor_count();
    if (options->buffer_size == 0)
        options->buffer_size = BUFFER_DEFAULT;
    if (options->minimum_buffers == 0)
        options->minimum_buffers = least > BUFFERS_DEFAULT ? least : BUFFERS_DEFAULT;
    if (options->minimum_buffers > EK_RING_BUFFERS)
        options->minimum_buffers = EK_RING_BUFFERS;
    if (options->maximum_buffers == 0)
        options->maximum_buffers =
            options->minimum_buffers < EK_RING_BUFFERS / 4 ? 4 * options->minimum_buffers : EK_RING_BUFFERS;
    if (options->flush_ms == 0)
        options->flush_ms = FLUSH_DEFAULT;
    if (options->clock == 0)
        options->clock = ETWKIT_CLOCK_QPC;
    if (options->channel_events == 0)
        options->channel_events = CHANNEL_EVENTS_DEFAULT;
    if (options->channel_bytes == 0)
        options->channel_bytes = CHANNEL_BYTES_DEFAULT;
}

static etwkit_status check(const char *name, const etwkit_session_options *options, etwkit_error *error) {
    if (!name || !name[0] || strlen(name) > NAME_MAX_BYTES)
        return ek_fail(error, ETWKIT_E_INVALID, "a session's name has 1 to %d bytes", NAME_MAX_BYTES);
    if (options->buffer_size < BUFFER_LEAST || options->buffer_size > EK_RING_BUFFER_MAX ||
        options->buffer_size % BUFFER_STEP)
        return ek_fail(error, ETWKIT_E_INVALID,
                       "session %s: a buffer size is a multiple of 1,024 from 4,096 to 1,048,576, not %u", name,
                       options->buffer_size);
    if (options->maximum_buffers < options->minimum_buffers || options->maximum_buffers > EK_RING_BUFFERS)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: at most %d buffers, and no fewer than the minimum of %u",
                       name, EK_RING_BUFFERS, options->minimum_buffers);
    if (options->clock != ETWKIT_CLOCK_QPC && options->clock != ETWKIT_CLOCK_SYSTEM)
        return ek_fail(error, ETWKIT_E_UNSUPPORTED,
                       "session %s: its clock can be ETWKIT_CLOCK_QPC or ETWKIT_CLOCK_SYSTEM", name);
    if (options->scope != ETWKIT_SCOPE_PROCESS && options->scope != ETWKIT_SCOPE_SYSTEM)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: there is no scope %d", name, (int)options->scope);
    return ETWKIT_OK;
}

static const ek_outlet *outlet_of(etwkit_session_mode mode) {
    switch (mode) {
    case ETWKIT_SESSION_REAL_TIME: return &ek_outlet_real_time;
    case ETWKIT_SESSION_FILE:
    case ETWKIT_SESSION_CIRCULAR:
    case ETWKIT_SESSION_NEW_FILE: return &ek_outlet_file;
    case ETWKIT_SESSION_FLIGHT_RECORDER: return &ek_outlet_flight;
    }
    return NULL;
}

/* Making. */

static void left_behind(ek_member *member) {
    etwkit_session *session = (etwkit_session *)(void *)((char *)member - offsetof(etwkit_session, member));
    session->has_ring = false;
    if (session->state != EK_SESSION_NEW && session->state != EK_SESSION_STOPPED)
        session->state = EK_SESSION_LEFT;
    ek_condition_init(&session->work);
    ek_condition_init(&session->progress);
    ek_channel_forked(&session->channel, session->state == EK_SESSION_NEW);
}

static char *copy_text(const etwkit_allocator *allocator, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = ek_alloc(allocator, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

etwkit_status etwkit_session_new(etwkit_session **session, const char *name, const etwkit_session_options *given,
                                 etwkit_error *error) {
    *session = NULL;
    etwkit_session_options options;
    settle_options(&options, given);
    etwkit_status status = check(name, &options, error);
    if (status)
        return status;
    const ek_outlet *outlet = outlet_of(options.mode);
    if (!outlet)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: there is no mode %d", name, (int)options.mode);
    status = outlet->check ? outlet->check(name, &options, error) : ETWKIT_OK;
    if (status)
        return status;
    etwkit_allocator allocator = ek_allocator_or_default(options.allocator);
    etwkit_session *made = ek_new(&allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->allocator = allocator;
    made->options = options;
    made->outlet = outlet;
    ek_lock_init(&made->lock);
    ek_condition_init(&made->work);
    ek_condition_init(&made->progress);
    ek_channel_init(&made->channel, &made->lock, &made->progress, &options, &allocator);
    made->name = copy_text(&allocator, name);
    made->path = options.path ? copy_text(&allocator, options.path) : NULL;
    made->member.name = made->name;
    made->member.lock = &made->lock;
    made->member.forked = left_behind;
    if (!made->name || (options.path && !made->path) || !ek_process_know(&made->member)) {
        etwkit_session_free(&made);
        return ek_fail_memory(error);
    }
    if (options.scope == ETWKIT_SCOPE_SYSTEM)
        status = ek_system_open(made, options.system, error);
    made->options.system = NULL; /* the caller's */
    if (status)
        etwkit_session_free(&made);
    *session = made;
    return status;
}

void etwkit_session_free(etwkit_session **session) {
    etwkit_session *ending = *session;
    if (!ending)
        return;
    (void)etwkit_session_stop(ending, NULL);
    if (ending->backend)
        ending->backend->free(ending);
    ek_process_forget(&ending->member);
    const etwkit_allocator allocator = ending->allocator;
    if (ending->reading.parcel)
        ek_channel_recycle(&ending->channel, ending->reading.parcel);
    ek_channel_free(&ending->channel);
    ek_gather_free(&ending->gather);
    /* In the child of a fork, the session's thread may have been in the midst of its files: nobody knows how they are.
     */
    if (ending->state != EK_SESSION_LEFT)
        ek_replay_free(ending->replay, &allocator);
    ek_event_ids_free(&ending->ids, &allocator);
    ek_event_ids_free(&ending->used_ids, &allocator);
    ek_condition_free(&ending->work);
    ek_condition_free(&ending->progress);
    ek_lock_free(&ending->lock);
    ek_release(&allocator, ending->name);
    ek_release(&allocator, ending->path);
    ek_release(&allocator, ending);
    *session = NULL;
}

/* Providers. */

static bool asks_for_the_system(const etwkit_enable *wanted) {
    return wanted->additions || wanted->process_id_count || wanted->program_count || wanted->event_name_count ||
           wanted->stack_id_count || wanted->payload_filter_count;
}

static etwkit_status set_ids(etwkit_session *session, const etwkit_guid *provider, const etwkit_enable *wanted,
                             etwkit_error *error) {
    ek_lock_take(&session->lock);
    bool set = ek_event_ids_set(&session->ids, &session->allocator, provider, wanted->event_ids, wanted->event_id_count,
                                wanted->exclude_event_ids);
    session->ids_changed = true;
    ek_lock_leave(&session->lock);
    return set ? ETWKIT_OK : ek_fail_memory(error);
}

etwkit_status etwkit_session_enable(etwkit_session *session, const etwkit_guid *provider, const etwkit_enable *given,
                                    etwkit_error *error) {
    etwkit_enable wanted = ETWKIT_ENABLE;
    if (given)
        memcpy(&wanted, given, given->struct_size < sizeof wanted ? given->struct_size : sizeof wanted);
    if (session->backend)
        return session->backend->enable(session, provider, &wanted, error);
    if (asks_for_the_system(&wanted))
        return ek_fail(
            error, ETWKIT_E_UNSUPPORTED,
            "session %s: additions, and choice by processes, programs, names, payloads and stacks are Windows'; here "
            "level, keywords and ids choose, and the filter of the trace",
            session->name);
    if (!provider && wanted.event_id_count)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: event ids are those of one provider, and none was named",
                       session->name);
    static const etwkit_guid none;
    const ek_wish wish = {.provider = provider ? *provider : none,
                          .every = !provider,
                          .level = wanted.level,
                          .ignore_keyword_0 = wanted.ignore_keyword_0,
                          .any = wanted.keywords_any,
                          .all = wanted.keywords_all};
    etwkit_status status = provider ? set_ids(session, provider, &wanted, error) : ETWKIT_OK;
    return status ? status : ek_process_enable(&session->member, &wish, error);
}

etwkit_status etwkit_session_disable(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error) {
    if (session->backend)
        return session->backend->disable(session, provider, error);
    return ek_process_disable(&session->member, provider, error);
}

etwkit_status etwkit_session_capture_state(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error) {
    if (!etwkit_session_is_running(session))
        return ek_fail(error, ETWKIT_E_CLOSED, "session %s: it does not run: nobody would get what a provider writes",
                       session->name);
    if (session->backend)
        return session->backend->capture_state(session, provider, error);
    return ek_process_capture_state(&session->member, provider, error);
}

/* Start and stop. */

static etwkit_status prepare(etwkit_session *session, etwkit_error *error) {
    const etwkit_session_options *options = &session->options;
    ek_ring *ring = session->member.ring;
    int64_t ticks = ek_ticks_now(), time = ek_filetime_now();
    session->start_ticks = ticks;
    session->clock = (ek_clock){.start_ticks = ticks, .start_time = time, .frequency = ek_ticks_frequency()};
    if (options->clock == ETWKIT_CLOCK_SYSTEM)
        session->clock.frequency = 0;
    const ek_ring_settings settings = {options->buffer_size, options->clock, ticks, time};
    ek_ring_prepare(ring, &settings, session->member.serial);
    int64_t patience = 2 * (int64_t)options->flush_ms;
    patience = (patience > PATIENCE_LEAST ? patience : PATIENCE_LEAST) * (int64_t)(ek_ticks_frequency() / 1000);
    ek_gather_free(&session->gather);
    if (!ek_gather_init(&session->gather, ring, &session->allocator, patience) ||
        (!session->replay &&
         ek_ring_add_buffers(ring, &session->allocator, options->minimum_buffers) < options->minimum_buffers))
        return ek_fail_memory(error);
    uint32_t events = options->channel_events / 4 < PARCEL_EVENTS_MAX ? options->channel_events / 4 : PARCEL_EVENTS_MAX;
    session->delivery = (ek_delivery){.gather = &session->gather,
                                      .channel = &session->channel,
                                      .ids = &session->used_ids,
                                      .on_ready = options->on_ready,
                                      .on_ready_context = options->on_ready_context,
                                      .parcel_events = events ? events : 1};
    return session->outlet->open ? session->outlet->open(session, error) : ETWKIT_OK;
}

static etwkit_status begin(etwkit_session *session, etwkit_error *error) {
    etwkit_status status = ek_process_join(&session->member, error);
    if (status)
        return status;
    status = prepare(session, error);
    if (status == ETWKIT_OK) {
        if (!session->replay)
            ek_ring_open(session->member.ring);
        ek_lock_take(&session->lock);
        session->has_ring = true;
        session->is_between_passes = !session->replay;
        ek_lock_leave(&session->lock);
        if (!ek_thread_start(&session->thread, ek_session_drain, session)) {
            ek_span span;
            session->has_ring = false;
            for (uint32_t lane = 0; lane < session->member.ring->lane_count; lane++)
                ek_ring_close(session->member.ring, lane, &span);
            if (session->outlet->close)
                session->outlet->close(session);
            status = ek_fail(error, ETWKIT_E_LIMIT, "session %s: the system gives it no thread", session->name);
        }
    }
    if (status)
        ek_process_leave(&session->member, ek_ring_release_buffers(session->member.ring, &session->allocator));
    return status;
}

etwkit_status etwkit_session_start(etwkit_session *session, etwkit_error *error) {
    ek_lock_take(&session->lock);
    bool is_new = session->state == EK_SESSION_NEW;
    if (is_new)
        session->state = EK_SESSION_STARTING;
    ek_lock_leave(&session->lock);
    if (!is_new)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: it was started before; make a new one", session->name);
    etwkit_status status = session->backend ? session->backend->start(session, error) : begin(session, error);
    ek_lock_take(&session->lock);
    session->state = status ? EK_SESSION_NEW : EK_SESSION_RUNNING;
    ek_condition_wake_all(&session->progress);
    ek_lock_leave(&session->lock);
    if (status == ETWKIT_OK && !session->backend)
        ek_process_enable_all(&session->member);
    return status;
}

/* true: the caller has to end the session; the others wait until that is done. */
static bool begin_stop(etwkit_session *session) {
    ek_lock_take(&session->lock);
    while (session->state == EK_SESSION_STOPPING || session->state == EK_SESSION_STARTING)
        ek_condition_wait(&session->progress, &session->lock);
    bool first = session->state == EK_SESSION_RUNNING;
    if (first)
        session->state = EK_SESSION_STOPPING;
    ek_lock_leave(&session->lock);
    return first;
}

/* Only this thread is left, as where a DLL of ours ends with its process on Windows: nobody holds a lock any more, or
 * waits. What the session's thread had still to do is done here; unless it was in the midst of it, then the file is as
 * that of a process that was killed. */
static void begin_alone(etwkit_session *session) {
    ek_lock_init(&session->lock);
    ek_condition_init(&session->work);
    ek_condition_init(&session->progress);
    bool is_whole = session->state == EK_SESSION_NEW || session->state == EK_SESSION_STOPPED;
    if (!is_whole && !(session->state == EK_SESSION_RUNNING && session->is_between_passes))
        left_behind(&session->member);
}

static void stop_engine(etwkit_session *session) {
    ek_process_disable_all(&session->member);
    if (ek_machine_is_alone() && session->is_between_passes) /* only then is it nobody else's to write */
        ek_session_drain(session);
    ek_lock_take(&session->lock);
    ek_condition_wake_all(&session->work);
    ek_lock_leave(&session->lock);
    ek_thread_join(&session->thread);
}

etwkit_status etwkit_session_stop(etwkit_session *session, etwkit_error *error) {
    if (!session->backend && ek_machine_is_alone())
        begin_alone(session);
    if (begin_stop(session)) {
        ek_channel_close(&session->channel);
        if (session->backend)
            session->backend->stop(session);
        else
            stop_engine(session);
        ek_lock_take(&session->lock);
        session->state = EK_SESSION_STOPPED;
        session->end_ticks = ek_ticks_now();
        ek_condition_wake_all(&session->progress);
        ek_lock_leave(&session->lock);
    }
    if (session->fault.status && error)
        *error = session->fault;
    return session->fault.status;
}

bool etwkit_session_is_running(const etwkit_session *session) {
    etwkit_session *it = (etwkit_session *)session; /* only its lock is touched */
    ek_lock_take(&it->lock);
    bool running = it->state == EK_SESSION_RUNNING;
    ek_lock_leave(&it->lock);
    return running;
}

const char *etwkit_session_name(const etwkit_session *session) {
    return session->name;
}

size_t etwkit_session_notes(const etwkit_session *session, char *text, size_t capacity) {
    if (session->backend)
        return session->backend->notes((etwkit_session *)session, text, capacity); /* only its lock is touched */
    if (capacity)
        text[0] = 0;
    return 0;
}

etwkit_status etwkit_session_flush(etwkit_session *session, etwkit_error *error) {
    if (session->backend)
        return session->backend->flush(session, error);
    ek_lock_take(&session->lock);
    etwkit_status status = ETWKIT_OK;
    if (session->replay) {
        status = ETWKIT_OK; /* nothing is written to it */
    } else if (session->state == EK_SESSION_RUNNING) {
        uint64_t wanted = ++session->flushes_wanted;
        ek_condition_wake_all(&session->work);
        while (session->flushes_done < wanted && session->state == EK_SESSION_RUNNING && !session->channel.is_stuck)
            ek_condition_wait(&session->progress, &session->lock);
        if (session->flushes_done < wanted && session->state == EK_SESSION_RUNNING)
            status = ek_fail(error, ETWKIT_E_FULL, "session %s: its channel is full, and has to be read first",
                             session->name);
    } else if (session->state == EK_SESSION_NEW || session->state == EK_SESSION_LEFT) {
        status = ek_fail(error, ETWKIT_E_CLOSED, "session %s: it does not run", session->name);
    }
    ek_lock_leave(&session->lock);
    return status;
}
