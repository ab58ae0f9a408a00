/* SPDX-License-Identifier: MIT */
/* Sessions of the system where there are none: says so, and what works instead. */
#include "base/error.h"
#include "session/inside.h"

static etwkit_status refuse(etwkit_error *error, const char *name, const char *instead) {
    return ek_fail(error, ETWKIT_E_UNSUPPORTED, "%s: sessions of the system are Windows' ETW; here %s", name, instead);
}

etwkit_status ek_system_open(etwkit_session *session, const etwkit_system_options *options, etwkit_error *error) {
    (void)options;
    return refuse(
        error, session->name,
        "a session of the process (ETWKIT_SCOPE_PROCESS) works, and reading traces that were recorded on Windows");
}

etwkit_status etwkit_system_sessions_open(etwkit_system_sessions **list, etwkit_error *error) {
    *list = NULL;
    return refuse(error, "list of sessions", "there are none to list");
}

size_t etwkit_system_sessions_count(const etwkit_system_sessions *list) {
    (void)list;
    return 0;
}

const etwkit_system_session *etwkit_system_sessions_at(const etwkit_system_sessions *list, size_t index) {
    (void)list;
    (void)index;
    return NULL;
}

void etwkit_system_sessions_close(etwkit_system_sessions **list) {
    *list = NULL;
}

etwkit_status etwkit_system_session_stop(const char *name, etwkit_error *error) {
    return refuse(error, name, "there are none to stop");
}
