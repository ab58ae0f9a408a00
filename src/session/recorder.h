/* SPDX-License-Identifier: MIT */
/* What the modes that write files have in common: the recording, and how a session tells of its faults and its end. */
#ifndef EK_SESSION_RECORDER_H
#define EK_SESSION_RECORDER_H

#include "session/inside.h"
#include "session/recording.h"

/* Keeps the first error of a session's files, for its stop. */
void ek_recorder_fault(etwkit_session *session, const etwkit_error *error);
/* Completes and closes the recording with the session's counts so far. */
etwkit_status ek_recorder_finish(etwkit_session *session, ek_recording *recording, etwkit_error *error);

#endif
