/* SPDX-License-Identifier: MIT */
/* Which sessions an event goes to, and what each of them adds to it. */
#include "sim.h"

#include <etwkit/record.h>

#include <string.h>

enum {
    WAIT_MS = 5000, /* for a consumer that does not come */
    OWNERS = 64
};

/* Classic and WPP events name a class or a message, not their provider ("owner CLASS PROVIDER"). */
static struct { GUID class, provider; } owners[OWNERS];
static unsigned owner_count;

bool sim_owner_line(const sim_line *line) {
    if (strcmp(line->words[0], "owner") != 0 || line->count != 3 || owner_count == OWNERS)
        return false;
    const unsigned i = owner_count++;
    return sim_guid(line->words[1], &owners[i].class) && sim_guid(line->words[2], &owners[i].provider);
}

static const GUID *owner_of(const GUID *class) {
    for (unsigned i = 0; i < owner_count; i++)
        if (memcmp(&owners[i].class, class, sizeof *class) == 0)
            return &owners[i].provider;
    return class;
}

sim_enable *sim_find_enable(const sim_session *session, const GUID *provider) {
    for (sim_enable *enable = session->enables; enable; enable = enable->next)
        if (memcmp(&enable->provider, provider, sizeof *provider) == 0)
            return enable;
    return NULL;
}

/* Level 0 events and sessions with level 0 take all; keyword 0 events pass all masks, unless the session ignores
 * them: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enabletraceex2 */
bool sim_level_and_keywords(const sim_enable *enable, const EVENT_DESCRIPTOR *descriptor) {
    if (enable->level && descriptor->Level > enable->level)
        return false;
    if (!descriptor->Keyword)
        return !(enable->property & SIM_PROPERTY_IGNORE_KEYWORD_0);
    return (!enable->any || (descriptor->Keyword & enable->any)) && (descriptor->Keyword & enable->all) == enable->all;
}

static bool wants(const sim_session *session, const sim_draft *draft, const sim_enable **by) {
    *by = NULL;
    if (session->stopped || (session->is_private && !draft->own))
        return false;
    if (sim_is_kernel_kind(draft->kind))
        return sim_kernel_wants(session, draft);
    const sim_enable *enable = sim_find_enable(session, owner_of(&draft->header.ProviderId));
    if (!enable)
        return false;
    /* Classic and WPP providers choose by themselves; ETW cannot filter their events (same page, remarks). */
    const bool modern = draft->kind == ETWKIT_HEADER_EVENT64 || draft->kind == ETWKIT_HEADER_EVENT32;
    if (modern && !sim_level_and_keywords(enable, &draft->header.EventDescriptor))
        return false;
    if (modern && sim_script.filters_honoured && !sim_filters_let(enable, draft))
        return false;
    *by = enable;
    return true;
}

static void add_item(sim_draft *draft, USHORT type, const void *data, size_t size) {
    for (unsigned i = 0; i < draft->item_count; i++)
        if (draft->items[i].type == type)
            return; /* a fed event has it already */
    if (draft->item_count < SIM_MAX_ITEMS)
        draft->items[draft->item_count++] = (sim_item){type, (USHORT)size, data};
}

/* What EnableProperty asks for:
 * https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-enable_trace_parameters */
static void decorate(sim_draft *draft, const sim_enable *enable) {
    static const BYTE local_system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const ULONGLONG stack[] = {0, 0xfffff80000001000, 0x00007ff600002000, 0x00007ff600003000};
    static const ULONG terminal_session = 1;
    static const ULONGLONG start_key = 0x0001000000000042;
    static ULONGLONG event_key;
    if (!enable)
        return;
    if (enable->property & SIM_PROPERTY_SID)
        add_item(draft, SIM_ITEM_SID, local_system, sizeof local_system);
    if (enable->property & SIM_PROPERTY_TS_ID)
        add_item(draft, SIM_ITEM_TS_ID, &terminal_session, sizeof terminal_session);
    if (enable->property & SIM_PROPERTY_PROCESS_START_KEY)
        add_item(draft, SIM_ITEM_PROCESS_START_KEY, &start_key, sizeof start_key);
    if (enable->property & SIM_PROPERTY_EVENT_KEY) {
        event_key++;
        add_item(draft, SIM_ITEM_EVENT_KEY, &event_key, sizeof event_key);
    }
    if ((enable->property & SIM_PROPERTY_STACK_TRACE) && sim_filters_want_stack(enable, draft))
        add_item(draft, SIM_ITEM_STACK_TRACE64, stack, sizeof stack);
}

/* Room comes while a consumer takes buffers, or while it may still come to. Others' sessions are not waited for. */
static void wait_for_room(const sim_session *session, const sim_draft *draft) {
    const ULONGLONG begun = GetTickCount64();
    ULONG room;
    while (!session->stopped && (room = sim_pool_room(session, draft)) != ERROR_SUCCESS && room != ERROR_MORE_DATA &&
           (session->consumed || (!session->foreign && GetTickCount64() - begun < WAIT_MS)))
        (void)SleepConditionVariableSRW(&sim_changed, &sim_lock, 50, 0);
}

ULONG sim_route(const sim_draft *draft, bool wait) {
    ULONG error = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&sim_lock);
    /* Without INDEPENDENT_SESSION_MODE an event that one session has no room for goes to none:
     * https://learn.microsoft.com/windows/win32/etw/logging-mode-constants */
    const sim_enable *enable;
    for (sim_session *session = sim_sessions; session && !wait; session = session->next)
        if (wants(session, draft, &enable) && !(session->mode & EVENT_TRACE_INDEPENDENT_SESSION_MODE) && !error)
            error = sim_pool_room(session, draft);
    for (sim_session *session = sim_sessions; session;) {
        sim_draft mine = *draft;
        session->references++;
        if (wants(session, draft, &enable)) {
            decorate(&mine, enable);
            if (session->is_private)
                mine.header.Flags |= EVENT_HEADER_FLAG_PRIVATE_SESSION;
            if (wait)
                wait_for_room(session, &mine);
            if (error && !(session->mode & EVENT_TRACE_INDEPENDENT_SESSION_MODE)) {
                session->events_lost++;
                session->untold_events++;
            } else if (!session->stopped) {
                (void)sim_put(session, &mine);
            }
        }
        sim_session *next = session->next;
        sim_release(session);
        session = next;
    }
    ReleaseSRWLockExclusive(&sim_lock);
    return error;
}
