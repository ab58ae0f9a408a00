/* SPDX-License-Identifier: MIT */
/* A session of Windows, from its start to its end, as record and listen run it. */
#ifndef ETWKIT_CLI_SESSION_RUN_H
#define ETWKIT_CLI_SESSION_RUN_H

#include "session_options.h"
#include "show.h"

/* Until it is interrupted, its time is over, enough was shown, or somebody else has stopped it. The exit code. */
int session_listen(const session_settings *settings, const cli_list *providers, const show_options *shown);
/* Into a file; `ring`: how large it may become, 0: as large as it wants. */
int session_record(const session_settings *settings, const cli_list *providers, const char *path, uint64_t ring);

#endif
