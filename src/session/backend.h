/* SPDX-License-Identifier: MIT */
/* Who serves a session that is not of the process: the seam between the session and the operating system's. */
#ifndef EK_SESSION_BACKEND_H
#define EK_SESSION_BACKEND_H

#include "trace/filter.h"

#include <etwkit/system.h>

/* Of a session that has been checked; its own functions see to its state and its locks. All but wants() and count() may
 * be called by any thread, without the session's lock, and guard what is theirs. */
typedef struct ek_backend {
    etwkit_status (*enable)(etwkit_session *session, const etwkit_guid *provider, const etwkit_enable *wanted,
                            etwkit_error *error);
    etwkit_status (*disable)(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error);
    etwkit_status (*capture_state)(etwkit_session *session, const etwkit_guid *provider, etwkit_error *error);
    /* Once, and on failure again. From here on parcels of events come into the channel. */
    etwkit_status (*start)(etwkit_session *session, etwkit_error *error);
    /* Once after a start; when it returns, the channel has ended. session->fault is set where something was lost. */
    void (*stop)(etwkit_session *session);
    etwkit_status (*flush)(etwkit_session *session, etwkit_error *error);
    etwkit_status (*snapshot)(etwkit_session *session, const char *path, etwkit_error *error);
    /* What the system counts since the start: the members of stats that it knows. */
    void (*count)(etwkit_session *session, etwkit_session_stats *stats);
    /* By the reader: is the event one that was asked for? */
    bool (*wants)(etwkit_session *session, const etwkit_record *record, const ek_filter_names *names);
    size_t (*notes)(etwkit_session *session, char *text, size_t capacity);
    void (*free)(etwkit_session *session);
} ek_backend;

/* Sets session->backend and its state. Where there are no sessions of the system: ETWKIT_E_UNSUPPORTED. */
etwkit_status ek_system_open(etwkit_session *session, const etwkit_system_options *options, etwkit_error *error);

#endif
