/* SPDX-License-Identifier: MIT */
/* The sessions that run on the system, whoever started them: QueryAllTracesW, and the end of one by its name. */
#include "base/ascii.h"
#include "base/error.h"
#include "base/utf.h"
#include "session/system_windows.h"

enum {
    FIRST_ROOM = 64, /* sessions, as many as there are unless the registry says otherwise */
    MOST = 4096
};

struct etwkit_system_sessions {
    etwkit_allocator allocator;
    ek_arena arena;
    size_t count;
    etwkit_system_session *list;
};

static bool begins_with_prefix(const char *name) {
    const char *prefix = ETWKIT_SESSION_PREFIX;
    while (*prefix && ek_ascii_lower(*name) == *prefix)
        name++, prefix++;
    return !*prefix;
}

static const char *narrow(ek_arena *arena, const wchar_t *text) {
    return ek_utf16_copy(arena, (const uint8_t *)text, wcslen(text) * sizeof *text);
}

static bool describe(ek_arena *arena, etwkit_system_session *to, const ek_logger *from) {
    const EVENT_TRACE_PROPERTIES *it = &from->properties;
    *to = (etwkit_system_session){.name = narrow(arena, from->name),
                                  .path = narrow(arena, from->path),
                                  .log_file_mode = it->LogFileMode,
                                  .buffer_size_kb = it->BufferSize,
                                  .minimum_buffers = it->MinimumBuffers,
                                  .maximum_buffers = it->MaximumBuffers,
                                  .buffers = it->NumberOfBuffers,
                                  .free_buffers = it->FreeBuffers,
                                  .buffers_written = it->BuffersWritten,
                                  .events_lost = it->EventsLost,
                                  .log_buffers_lost = it->LogBuffersLost,
                                  .real_time_buffers_lost = it->RealTimeBuffersLost};
    memcpy(&to->id, &it->Wnode.Guid, sizeof to->id);
    to->is_ours = to->name && begins_with_prefix(to->name);
    return to->name && to->path;
}

/* Asks for as many as there is room for. *there: how many there are. */
static uint32_t query(ek_logger *loggers, EVENT_TRACE_PROPERTIES **places, ULONG room, ULONG *there) {
    for (ULONG i = 0; i < room; i++) {
        ek_logger_clear(&loggers[i]);
        places[i] = &loggers[i].properties;
    }
    *there = 0;
    return QueryAllTracesW(places, room, there);
}

static etwkit_status fill(etwkit_system_sessions *made, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    ek_logger *loggers = NULL;
    EVENT_TRACE_PROPERTIES **places = NULL;
    ULONG room = FIRST_ROOM, there = 0;
    uint32_t code = ERROR_MORE_DATA;
    while (code == ERROR_MORE_DATA && room <= MOST) {
        ek_release(&made->allocator, loggers);
        ek_release(&made->allocator, places);
        loggers = ek_resize(&made->allocator, NULL, room, sizeof *loggers);
        places = ek_resize(&made->allocator, NULL, room, sizeof *places);
        code = loggers && places ? query(loggers, places, room, &there) : ERROR_NOT_ENOUGH_MEMORY;
        room = there > 2 * room ? there : 2 * room;
    }
    if (code != ERROR_SUCCESS)
        status = ek_etw_fail(error, "list", "QueryAllTracesW", code);
    made->list = status ? NULL : ek_arena_new(&made->arena, there * sizeof *made->list);
    for (; made->list && made->count < there; made->count++)
        if (!describe(&made->arena, &made->list[made->count], &loggers[made->count]))
            break;
    if (!status && (!made->list || made->count < there))
        status = ek_fail_memory(error);
    ek_release(&made->allocator, loggers);
    ek_release(&made->allocator, places);
    return status;
}

etwkit_status etwkit_system_sessions_open(etwkit_system_sessions **list, etwkit_error *error) {
    const etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_system_sessions *made = ek_new(&allocator, sizeof *made);
    *list = NULL;
    if (!made)
        return ek_fail_memory(error);
    made->allocator = allocator;
    ek_arena_init(&made->arena, &allocator);
    etwkit_status status = fill(made, error);
    if (status)
        etwkit_system_sessions_close(&made);
    *list = made;
    return status;
}

size_t etwkit_system_sessions_count(const etwkit_system_sessions *list) {
    return list ? list->count : 0;
}

const etwkit_system_session *etwkit_system_sessions_at(const etwkit_system_sessions *list, size_t index) {
    return list && index < list->count ? &list->list[index] : NULL;
}

void etwkit_system_sessions_close(etwkit_system_sessions **list) {
    etwkit_system_sessions *ending = *list;
    *list = NULL;
    if (!ending)
        return;
    const etwkit_allocator allocator = ending->allocator;
    ek_arena_free(&ending->arena);
    ek_release(&allocator, ending);
}

etwkit_status etwkit_system_session_stop(const char *name, etwkit_error *error) {
    wchar_t wide[EK_LOGGER_NAME_MAX + 1];
    ek_logger logger;
    ek_logger_clear(&logger);
    uint32_t code = ek_wide(wide, name) && wide[0]
                        ? ControlTraceW(0, wide, &logger.properties, EVENT_TRACE_CONTROL_STOP)
                        : (uint32_t)ERROR_INVALID_NAME;
    return code == ERROR_SUCCESS || code == ERROR_MORE_DATA ? ETWKIT_OK
                                                            : ek_etw_fail(error, name, "ControlTraceW", code);
}
