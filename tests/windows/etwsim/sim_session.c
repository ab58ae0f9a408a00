/* SPDX-License-Identifier: MIT */
/* Which sessions there are: by name and handle, from start to stop, those of others too. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

SRWLOCK sim_lock = SRWLOCK_INIT;
CONDITION_VARIABLE sim_changed = CONDITION_VARIABLE_INIT;
sim_session *sim_sessions;

static USHORT highest_id;

/* Names are case-insensitive: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-starttracew */
sim_session *sim_find_name(const WCHAR *name) {
    for (sim_session *session = sim_sessions; session; session = session->next)
        if (_wcsicmp(session->name, name) == 0)
            return session;
    return NULL;
}

sim_session *sim_find_handle(sim_handle handle) {
    for (sim_session *session = sim_sessions; session; session = session->next)
        if (session->id == handle)
            return session;
    return NULL;
}

bool sim_was_handle(sim_handle handle) {
    return handle && handle <= highest_id;
}

/* Administrators and services may control all sessions, Performance Log Users those that are not the kernel's:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-controltracew */
ULONG sim_may_control(bool is_system) {
    if (sim_script.rights == SIM_RIGHTS_NONE || (sim_script.rights == SIM_RIGHTS_LOG_USERS && is_system))
        return ERROR_ACCESS_DENIED;
    return ERROR_SUCCESS;
}

/* Some sessions, as that of the security log, are the system's alone. */
ULONG sim_may_touch(const sim_session *session) {
    if (session && session->is_private)
        return ERROR_SUCCESS;
    if (session && session->needs_system && sim_script.rights != SIM_RIGHTS_SYSTEM)
        return ERROR_ACCESS_DENIED;
    return sim_may_control(session && session->is_system);
}

/* The lowest number that no session has: a handle may so become that of another session. */
static USHORT free_id(void) {
    USHORT id = 1;
    while (sim_find_handle(id))
        id++;
    if (id > highest_id)
        highest_id = id;
    return id;
}

/* With a GUID of its own: https://learn.microsoft.com/windows/win32/etw/wnode-header */
sim_session *sim_new_session(const WCHAR *name) {
    static ULONG made;
    sim_session *session = calloc(1, sizeof *session);
    if (!session)
        sim_fatal("no memory for a session");
    (void)wcsncpy(session->name, name, sizeof session->name / sizeof *session->name - 1);
    session->references = 1;
    session->id = free_id();
    session->guid = (GUID){0x5e550000u + ++made, 0xe75, 0x4000, {0x80, 0, 0, 0, 0, 0, 0, 1}};
    session->clock = 1;
    session->start_time = sim_filetime_now();
    return session;
}

void sim_start_session(sim_session *session) {
    sim_session **end = &sim_sessions;
    while (*end)
        end = &(*end)->next;
    *end = session;
    session->start_raw = sim_now(session);
    session->start_time = sim_filetime_now();
    sim_pool_start(session);
    if (session->is_system && !session->foreign)
        sim_rundown(session);
}

static void drop_enables(sim_session *session) {
    while (session->enables) {
        sim_enable *gone = session->enables;
        session->enables = gone->next;
        sim_drop_filters(gone);
        free(gone);
    }
}

static void after_the_end(sim_session *session) {
    static const GUID provider = {0x7e570000, 0xaf7e, 0x0000, {0, 0, 0, 0, 0, 0, 0, 2}};
    for (ULONG i = 0; i < sim_script.after_stop; i++) {
        sim_draft draft;
        sim_synthetic(&draft, &provider, 2, i);
        (void)sim_put(session, &draft);
    }
}

void sim_stop_session(sim_session *session) {
    for (sim_session **at = &sim_sessions; *at; at = &(*at)->next)
        if (*at == session) {
            *at = session->next;
            break;
        }
    /* What the consumer still gets once the session cannot be found any more. */
    if (!session->foreign) {
        bool more = sim_rundown_end(session);
        while (more && !(session->mode & EVENT_TRACE_REAL_TIME_MODE)) /* else ProcessTrace sees to the other pieces */
            more = sim_rundown_end(session);
        after_the_end(session);
    }
    sim_flush(session);
    sim_file_close(session);
    session->stopped = true;
    drop_enables(session);
    WakeAllConditionVariable(&sim_changed);
    sim_release(session);
}

void sim_release(sim_session *session) {
    if (--session->references)
        return;
    drop_enables(session);
    sim_pool_free(session);
    free(session);
}

sim_session *sim_new_foreign(const char *name) {
    WCHAR wide[1025];
    if (!MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 1025))
        sim_fatal("the name %s is not UTF-8", name);
    sim_session *session = sim_new_session(wide);
    session->foreign = true;
    session->mode = EVENT_TRACE_REAL_TIME_MODE;
    session->buffer_kb = 64;
    session->minimum = 4;
    session->maximum = 24;
    session->is_system = _wcsicmp(wide, KERNEL_LOGGER_NAMEW) == 0;
    if (session->is_system)
        session->guid = sim_system_trace_guid;
    return session;
}

/* session NAME [mode N] [clock N] [guid G] [flags N] [lost N] [provider G] [needs system]: one that somebody else has
 * started. */
bool sim_foreign_line(const sim_line *line) {
    if (strcmp(line->words[0], "session") != 0 || line->count < 2)
        return false;
    sim_session *session = sim_new_foreign(line->words[1]);
    session->mode = (ULONG)sim_number(sim_word(line, "mode", "0x100"));
    session->is_system |= (session->mode & EVENT_TRACE_SYSTEM_LOGGER_MODE) != 0;
    session->clock = (ULONG)sim_number(sim_word(line, "clock", "1"));
    session->group_masks[0] = (ULONG)sim_number(sim_word(line, "flags", "0"));
    session->events_lost = (ULONG)sim_number(sim_word(line, "lost", "0"));
    session->needs_system = strcmp(sim_word(line, "needs", ""), "system") == 0;
    if (!MultiByteToWideChar(CP_UTF8, 0, sim_word(line, "file", ""), -1, session->file,
                             sizeof session->file / sizeof session->file[0]))
        sim_fatal("line %u of the script: the file is not UTF-8", line->number);
    const char *provider = sim_word(line, "provider", NULL);
    if (provider) {
        session->enables = calloc(1, sizeof *session->enables);
        if (!session->enables || !sim_guid(provider, &session->enables->provider))
            sim_fatal("line %u of the script: that is no GUID", line->number);
    }
    const char *guid = sim_word(line, "guid", NULL);
    if (guid && !sim_guid(guid, &session->guid))
        sim_fatal("line %u of the script: that is no GUID", line->number);
    sim_start_session(session);
    return true;
}
