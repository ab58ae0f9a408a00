/* SPDX-License-Identifier: MIT */
/* Names of what the kernel can be asked for: groups of events, and kinds of events that get a stack. */
#ifndef ETWKIT_CLI_KERNEL_NAMES_H
#define ETWKIT_CLI_KERNEL_NAMES_H

#include "cli.h"

/* "process,disk", also by xperf's names ("PROC_THREAD+LOADER") and as a number: adds their flags. false: *wrong is what
 * is none, up to the next ',' or '+'. */
bool kernel_groups_add(const char *names, uint32_t *flags, const char **wrong);
/* "cswitch,profile", by xperf's names, or CLASS/TYPE ("thread/36"): adds to *events, which free() frees. The same. */
bool kernel_stacks_add(const char *names, etwkit_classic_event **events, size_t *count, const char **wrong);

/* For messages and the help: "process, thread, ..." */
const char *kernel_group_names(void);

#endif
