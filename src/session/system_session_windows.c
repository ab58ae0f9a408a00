/* SPDX-License-Identifier: MIT */
/* Sessions of Windows behind the session API: what is asked for is checked, kept, and told to Windows in its order. */
#include "base/error.h"
#include "base/machine.h"
#include "session/payload.h"
#include "session/system_windows.h"

enum {
    STACKS_MAX = 256,
    ADDITIONS = ETWKIT_ADD_SID | ETWKIT_ADD_SESSION_ID | ETWKIT_ADD_STACK | ETWKIT_ADD_PROCESS_START_KEY
};

/* Making. */

static etwkit_status check(const etwkit_session *session, const etwkit_system_options *options, etwkit_error *error) {
    const char *name = session->name;
    const bool real_time = session->options.mode == ETWKIT_SESSION_REAL_TIME;
    const bool kernel = options->kind == ETWKIT_SYSTEM_KERNEL || options->kind == ETWKIT_SYSTEM_NT_KERNEL_LOGGER;
    if ((unsigned)options->kind > ETWKIT_SYSTEM_ATTACH || (unsigned)options->existing > ETWKIT_EXISTING_REPLACE)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: there is no kind %d, or no way %d with one that exists",
                       name, (int)options->kind, (int)options->existing);
    if (options->kind == ETWKIT_SYSTEM_PRIVATE && (real_time || session->options.mode == ETWKIT_SESSION_NEW_FILE))
        return ek_fail(
            error, ETWKIT_E_INVALID,
            "session %s: a private session writes one file, or is a flight recorder: Windows hands nothing on", name);
    if (options->kind == ETWKIT_SYSTEM_ATTACH && !real_time)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: what is attached to is read in real time", name);
    if (options->existing == ETWKIT_EXISTING_ADOPT && !real_time)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: only a real-time session can be adopted; replace it",
                       name);
    if (kernel && options->paged_memory)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: the kernel's events need memory that is not paged", name);
    if (!kernel && (options->stack_count || options->profile_interval))
        return ek_fail(error, ETWKIT_E_INVALID,
                       "session %s: stacks of kernel events and samples need ETWKIT_SYSTEM_KERNEL", name);
    if (options->stack_count > STACKS_MAX)
        return ek_fail(error, ETWKIT_E_LIMIT, "session %s: Windows takes stacks of %d kinds of kernel events, not %zu",
                       name, STACKS_MAX, options->stack_count);
    return ETWKIT_OK;
}

static bool copy_options(ek_system *system) {
    etwkit_system_options *options = &system->options;
    if (options->stack_count)
        options->stacks =
            ek_arena_copy(&system->arena, options->stacks, options->stack_count * sizeof *options->stacks);
    return !options->stack_count || options->stacks;
}

static const wchar_t *keep_text(ek_system *system, const wchar_t *text) {
    return ek_arena_copy(&system->arena, text, (wcslen(text) + 1) * sizeof *text);
}

static etwkit_status set_names(etwkit_session *session, ek_system *system, etwkit_error *error) {
    wchar_t name[EK_LOGGER_NAME_MAX + 1] = KERNEL_LOGGER_NAMEW, path[EK_LOGGER_NAME_MAX + 1];
    if ((system->options.kind != ETWKIT_SYSTEM_NT_KERNEL_LOGGER && !ek_wide(name, session->name)) ||
        (session->path && !ek_wide_path(path, session->path)))
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: its name or its path is no UTF-8, or longer than 1,024",
                       session->name);
    const bool is_recorder = session->options.mode == ETWKIT_SESSION_FLIGHT_RECORDER;
    const wchar_t **place = is_recorder ? &system->recorder : &system->path;
    system->name = keep_text(system, name);
    *place = session->path ? keep_text(system, path) : NULL;
    return system->name && (!session->path || *place) ? ETWKIT_OK : ek_fail_memory(error);
}

/* Enabling. */

static etwkit_status check_payloads(const etwkit_session *session, const etwkit_enable *wanted, etwkit_error *error) {
    for (size_t i = 0; i < wanted->payload_filter_count; i++) {
        const etwkit_payload_filter *filter = &wanted->payload_filters[i];
        const etwkit_payload_predicate *it = filter->predicates, *end = it + filter->predicate_count;
        if (it == end)
            return ek_fail(error, ETWKIT_E_INVALID, "session %s: a payload filter of event %u has no predicates",
                           session->name, filter->event_id);
        for (; it < end; it++)
            if (!ek_payload_is_good(it))
                return ek_fail(error, ETWKIT_E_INVALID,
                               "session %s: event %u: '%s' cannot be compared with '%s' by operator %d; numbers are "
                               "decimal, or hexadecimal behind 0x, and ranges have two with a comma",
                               session->name, filter->event_id, it->field ? it->field : "", it->value ? it->value : "",
                               (int)it->comparison);
    }
    return ETWKIT_OK;
}

static etwkit_status check_enable(const etwkit_session *session, const etwkit_guid *provider,
                                  const etwkit_enable *wanted, etwkit_error *error) {
    if (!provider)
        return ek_fail(error, ETWKIT_E_UNSUPPORTED,
                       "session %s: Windows enables providers one by one; `etwkit providers --installed` lists them",
                       session->name);
    if (ek_system_of(session)->options.kind == ETWKIT_SYSTEM_ATTACH)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: it is another's, which is only read; filter the trace",
                       session->name);
    if (wanted && (wanted->additions & ~(uint32_t)ADDITIONS))
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: no such addition: 0x%x", session->name,
                       wanted->additions & ~(uint32_t)ADDITIONS);
    if (wanted && wanted->stack_id_count > EK_FILTER_EVENT_IDS_MAX)
        return ek_fail(error, ETWKIT_E_LIMIT, "session %s: Windows takes stacks of %d event ids, not %zu",
                       session->name, EK_FILTER_EVENT_IDS_MAX, wanted->stack_id_count);
    return wanted ? check_payloads(session, wanted, error) : ETWKIT_OK;
}

/* From here on the reader may take it at any time. What was written before is still the old one's. */
static void publish(etwkit_session *session, ek_sieve *sieve) {
    ek_system *system = ek_system_of(session);
    ek_lock_take(&system->guard);
    ek_sieve *old = system->set;
    if (session->start_ticks && session->options.mode == ETWKIT_SESSION_REAL_TIME)
        old = ek_sieve_follow(sieve, old, system->used);
    system->set = sieve;
    ek_add(&system->set_version, 1);
    ek_lock_leave(&system->guard);
    ek_sieve_free(&old);
}

/* And not stopped by somebody else: what was told of it would be told of another one. */
static bool is_started(ek_system *system) {
    return system->stops && ek_logger_control(system, EVENT_TRACE_CONTROL_QUERY, NULL) != ERROR_WMI_INSTANCE_NOT_FOUND;
}

static etwkit_status enable_locked(etwkit_session *session, const etwkit_guid *provider, const etwkit_enable *wanted,
                                   etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    ek_sieve *sieve = ek_sieve_with(system->set, &session->allocator, provider, wanted);
    if (!sieve)
        return ek_fail_memory(error);
    etwkit_status status =
        is_started(system) ? ek_provider_enable(session, ek_sieve_find(sieve, provider), error) : ETWKIT_OK;
    if (status == ETWKIT_OK)
        publish(session, sieve);
    else
        ek_sieve_free(&sieve);
    return status;
}

static etwkit_status enable(etwkit_session *session, const etwkit_guid *provider, const etwkit_enable *wanted,
                            etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    etwkit_status status = check_enable(session, provider, wanted, error);
    if (status)
        return status;
    ek_lock_take(&system->control);
    status = enable_locked(session, provider, wanted, error);
    ek_lock_leave(&system->control);
    return status;
}

/* Of one that is enabled; with the control. */
static etwkit_status control_locked(etwkit_session *session, const etwkit_guid *provider, uint32_t code,
                                    etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    const ek_wanted *wanted = ek_sieve_find(system->set, provider);
    if (!wanted)
        return ek_fail(error, ETWKIT_E_NOT_FOUND, "session %s: it has not enabled this provider", session->name);
    const bool started = is_started(system);
    if (!started && code == EVENT_CONTROL_CODE_CAPTURE_STATE)
        return ek_fail(error, ETWKIT_E_CLOSED, "session %s: it does not run", session->name);
    etwkit_status status = started ? ek_provider_control(session, wanted, code, error) : ETWKIT_OK;
    if (status || code != EVENT_CONTROL_CODE_DISABLE_PROVIDER)
        return status;
    ek_sieve *sieve = ek_sieve_with(system->set, &session->allocator, provider, NULL);
    if (!sieve)
        return ek_fail_memory(error);
    publish(session, sieve);
    return ETWKIT_OK;
}

static etwkit_status control(etwkit_session *session, const etwkit_guid *provider, uint32_t code, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    etwkit_status status = check_enable(session, provider, NULL, error);
    if (status)
        return status;
    ek_lock_take(&system->control);
    status = control_locked(session, provider, code, error);
    ek_lock_leave(&system->control);
    return status;
}

static etwkit_status disable(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error) {
    return control(session, provider, EVENT_CONTROL_CODE_DISABLE_PROVIDER, error);
}

static etwkit_status capture_state(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error) {
    return control(session, provider, EVENT_CONTROL_CODE_CAPTURE_STATE, error);
}

/* Start and stop. */

static void close_all(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    ek_store(&system->is_stopping, 1);
    ek_consumer_close(session, ek_logger_close(session));
    ek_kernel_restore(system);
    ek_exit_remove(system); /* at last: the process may end meanwhile */
}

/* The kernel's settings come when the session is there. Windows keeps what comes before the consumer does. */
static etwkit_status open_all(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    etwkit_status status = ek_kernel_prepare(session, error);
    if (status == ETWKIT_OK)
        status = ek_logger_open(session, error);
    if (status)
        return status;
    ek_exit_add(system);
    status = ek_kernel_configure(session, error);
    for (size_t i = 0; status == ETWKIT_OK && system->set && i < system->set->count; i++)
        status = ek_provider_enable(session, &system->set->list[i], error);
    if (status == ETWKIT_OK && session->options.mode == ETWKIT_SESSION_REAL_TIME)
        status = ek_consumer_open(session, error);
    if (status) {
        if (system->was_there)
            ek_logger_leave(system);
        close_all(session);
    }
    return status;
}

static etwkit_status start(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    ek_lock_take(&system->control);
    ek_store(&system->is_stopping, 0);
    session->start_ticks = ek_ticks_now();
    etwkit_status status = open_all(session, error);
    ek_lock_leave(&system->control);
    return status;
}

static void stop(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    ek_lock_take(&system->control);
    close_all(session);
    ek_channel_end(&session->channel);
    ek_lock_leave(&system->control);
}

/* What became of a flush. */
static etwkit_status flushed(const etwkit_session *session, uint32_t code, etwkit_error *error) {
    if (code == ERROR_WMI_INSTANCE_NOT_FOUND)
        return ek_fail(error, ETWKIT_E_CLOSED, "session %s: it does not run", session->name);
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, "ControlTraceW", code);
}

static etwkit_status flush(etwkit_session *session, etwkit_error *error) {
    return flushed(session, ek_logger_control(ek_system_of(session), EVENT_TRACE_CONTROL_FLUSH, NULL), error);
}

static etwkit_status snapshot(etwkit_session *session, const char *path, etwkit_error *error) {
    wchar_t wide[EK_LOGGER_NAME_MAX + 1];
    if (!ek_wide_path(wide, path))
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: the path %s is no UTF-8, or longer than 1,024",
                       session->name, path);
    return flushed(session, ek_logger_control(ek_system_of(session), EVENT_TRACE_CONTROL_FLUSH, wide), error);
}

/* Asking. */

static void count(etwkit_session *session, etwkit_session_stats *stats) {
    ek_system *system = ek_system_of(session);
    (void)ek_logger_control(system, EVENT_TRACE_CONTROL_QUERY, NULL);
    ek_lock_take(&system->guard);
    const EVENT_TRACE_PROPERTIES *told = &system->last.properties;
    stats->windows_events_lost = told->EventsLost - system->before.events;
    stats->windows_log_buffers_lost = told->LogBuffersLost - system->before.log_buffers;
    stats->windows_real_time_buffers_lost = told->RealTimeBuffersLost - system->before.real_time_buffers;
    stats->buffers_read = told->BuffersWritten;
    stats->buffers_allocated = told->NumberOfBuffers;
    stats->buffers_free = told->FreeBuffers;
    stats->buffer_size_kb = told->BufferSize;
    ek_lock_leave(&system->guard);
    stats->events_lost_buffer = stats->windows_events_lost;
    stats->buffers_lost = stats->windows_log_buffers_lost + stats->windows_real_time_buffers_lost;
    stats->events_lost_oversize = ek_load(&system->too_big);
    stats->loss_records = ek_load(&system->losses);
}

static bool wants(etwkit_session *session, const etwkit_record *record, const ek_filter_names *names) {
    ek_system *system = ek_system_of(session);
    uint32_t version = ek_load(&system->set_version);
    if (version != system->used_version) {
        ek_lock_take(&system->guard);
        system->used = system->set;
        system->used_version = ek_load(&system->set_version);
        ek_sieve *done = ek_sieve_cut(system->used, record, &session->clock); /* events come nearly in order */
        ek_lock_leave(&system->guard);
        ek_sieve_free(&done);
    }
    const ek_sieve *sieve = ek_sieve_at(system->used, record, &session->clock);
    return ek_sieve_passes(sieve, record, names, ek_process_runs, system);
}

static size_t notes(etwkit_session *session, char *text, size_t capacity) {
    ek_system *system = ek_system_of(session);
    ek_lock_take(&system->guard);
    size_t size = system->notes.size;
    size_t room = capacity ? capacity - 1 : 0;
    if (size && capacity)
        memcpy(text, system->notes.data, size < room ? size : room);
    if (capacity)
        text[size < room ? size : room] = 0;
    ek_lock_leave(&system->guard);
    return size;
}

static void free_system(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    ek_sieve_free(&system->set);
    if (system->parcel)
        ek_channel_recycle(&session->channel, system->parcel);
    ek_programs_free(system);
    ek_buf_free(&system->notes);
    ek_arena_free(&system->arena);
    ek_lock_free(&system->control);
    ek_lock_free(&system->guard);
    ek_release(&session->allocator, system);
    session->backend = NULL;
    session->backend_state = NULL;
}

static const ek_backend windows = {.enable = enable,
                                   .disable = disable,
                                   .capture_state = capture_state,
                                   .start = start,
                                   .stop = stop,
                                   .flush = flush,
                                   .snapshot = snapshot,
                                   .count = count,
                                   .wants = wants,
                                   .notes = notes,
                                   .free = free_system};

etwkit_status ek_system_open(etwkit_session *session, const etwkit_system_options *options, etwkit_error *error) {
    etwkit_system_options wanted = ETWKIT_SYSTEM_OPTIONS;
    if (options)
        memcpy(&wanted, options, options->struct_size < sizeof wanted ? options->struct_size : sizeof wanted);
    etwkit_status status = check(session, &wanted, error);
    if (status)
        return status;
    ek_system *system = ek_new(&session->allocator, sizeof *system);
    if (!system)
        return ek_fail_memory(error);
    system->options = wanted;
    ek_arena_init(&system->arena, &session->allocator);
    ek_buf_init(&system->notes, &session->allocator);
    ek_lock_init(&system->control);
    ek_lock_init(&system->guard);
    session->backend_state = system;
    session->backend = &windows;
    if (!copy_options(system))
        return ek_fail_memory(error);
    return set_names(session, system, error);
}
