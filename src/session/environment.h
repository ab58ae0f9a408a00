/* SPDX-License-Identifier: MIT */
/* What the environment wants recorded: ETWKIT_RECORD, the session of a process that was not asked. */
#ifndef EK_SESSION_ENVIRONMENT_H
#define EK_SESSION_ENVIRONMENT_H

/* Starts the session that ETWKIT_RECORD describes (docs/sessions.md), if it does; it stops when the process exits. What
 * is wrong with it goes to standard error. Once in a process. */
void ek_environment_record(void);

#endif
