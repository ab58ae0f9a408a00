/* SPDX-License-Identifier: MIT */
/* Whether the events of traces are of one kind, for output that has a column for each of its fields. */
#ifndef ETWKIT_CLI_ONE_KIND_H
#define ETWKIT_CLI_ONE_KIND_H

#include "inputs.h"

/*
 * Opens and reads the traces, up to the first event of another kind. false also where there is no event, and where they
 * cannot be read: the caller finds that out again.
 */
bool cli_is_one_kind(const inputs *traces, const etwkit_trace_options *options);

#endif
