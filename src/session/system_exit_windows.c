/* SPDX-License-Identifier: MIT */
/* Windows' sessions outlive the process that started them: these are stopped when it ends by itself, or by Ctrl-C. */
#include "base/machine.h"
#include "session/system_windows.h"

/* What the process has once (docs/decisions/0010): the end of a process asks for nobody's handle. */
static struct {
    ek_lock lock;
    ek_system *first;
    bool watches;
} exits = {.lock = EK_LOCK_INIT};

/* Who holds a lock of ours waits for nobody but Windows, and is waited for: what it does is not done twice. */
bool ek_exit_take(ek_lock *lock) {
    if (ek_machine_is_alone())
        return TryAcquireSRWLockExclusive(lock);
    ek_lock_take(lock);
    return true;
}

static void end(ek_system *system) {
    bool taken = ek_exit_take(&system->guard);
    if (system->stops && !system->is_over)
        (void)ek_logger_end(system);
    if (taken)
        ek_lock_leave(&system->guard);
    ek_kernel_restore(system);
}

static void end_all(bool interrupted) {
    bool taken = ek_exit_take(&exits.lock);
    for (ek_system *system = exits.first; system; system = system->next)
        if (!interrupted || !system->options.survives_interrupt)
            end(system);
    if (taken)
        ek_lock_leave(&exits.lock);
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
    ek_lock_take(&exits.lock);
    if (!exits.watches) {
        ek_machine_at_exit(at_exit);
        (void)SetConsoleCtrlHandler(on_console, TRUE);
        exits.watches = true;
    }
    system->next = exits.first;
    exits.first = system;
    ek_lock_leave(&exits.lock);
}

void ek_exit_remove(ek_system *system) {
    ek_lock_take(&exits.lock);
    for (ek_system **at = &exits.first; *at; at = &(*at)->next)
        if (*at == system) {
            *at = system->next;
            break;
        }
    ek_lock_leave(&exits.lock);
}
