/* SPDX-License-Identifier: MIT */
/* A session that gives the events of traces instead of the process's own. */
#ifndef EK_SESSION_REPLAY_H
#define EK_SESSION_REPLAY_H

#include <etwkit/session.h>

typedef struct ek_replay {
    etwkit_trace *trace; /* NULL once it has been read */
    char **paths;
    size_t path_count;
    double speed;
    bool everything;
} ek_replay;

/* On the session's thread, until all is sent or the session stops. */
void ek_replay_run(etwkit_session *session);
void ek_replay_free(ek_replay *replay, const etwkit_allocator *allocator);

#endif
