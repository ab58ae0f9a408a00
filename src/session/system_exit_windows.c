/* SPDX-License-Identifier: MIT */
/* Windows' sessions outlive the process that started them: these are stopped when it ends by itself, or by Ctrl-C. */
#include "base/machine.h"
#include "session/system_windows.h"

/* What the process has once (docs/decisions/0010): the end of a process asks for nobody's handle. */
static struct {
    SRWLOCK lock;
    ek_system *first;
    bool watches;
} exits = {.lock = SRWLOCK_INIT};

/* The threads that held locks may be gone, or may wait for the one that this runs on: what is locked is left locked. */
static void end(ek_system *system) {
    bool locked = TryAcquireSRWLockExclusive(&system->guard);
    ek_logger logger;
    ek_logger_clear(&logger);
    if (system->handle && system->stops) {
        logger.properties.Wnode.Guid = system->last.properties.Wnode.Guid;
        logger.properties.LogFileMode = ek_logger_kind(system);
        uint32_t code = ControlTraceW(system->handle, NULL, &logger.properties, EVENT_TRACE_CONTROL_STOP);
        if (code == ERROR_SUCCESS && locked) { /* the number may be another's from here on */
            system->last = logger;
            system->handle = 0;
        }
    }
    ek_kernel_restore(system);
    if (locked)
        ReleaseSRWLockExclusive(&system->guard);
}

static void end_all(bool interrupted) {
    bool locked = TryAcquireSRWLockExclusive(&exits.lock);
    for (ek_system *system = exits.first; system; system = system->next)
        if (!interrupted || !system->options.survives_interrupt)
            end(system);
    if (locked)
        ReleaseSRWLockExclusive(&exits.lock);
}

static void at_exit(void) {
    end_all(false);
}

/* Others decide whether the process ends: they are asked after this. Of a logoff only services are told, and of that of
 * any user: they go on. */
static BOOL WINAPI on_console(DWORD event) {
    if (event != CTRL_LOGOFF_EVENT)
        end_all(event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT);
    return FALSE;
}

void ek_exit_add(ek_system *system) {
    AcquireSRWLockExclusive(&exits.lock);
    if (!exits.watches) {
        ek_machine_at_exit(at_exit);
        (void)SetConsoleCtrlHandler(on_console, TRUE);
        exits.watches = true;
    }
    system->next = exits.first;
    exits.first = system;
    ReleaseSRWLockExclusive(&exits.lock);
}

void ek_exit_remove(ek_system *system) {
    AcquireSRWLockExclusive(&exits.lock);
    for (ek_system **at = &exits.first; *at; at = &(*at)->next)
        if (*at == system) {
            *at = system->next;
            break;
        }
    ReleaseSRWLockExclusive(&exits.lock);
}
