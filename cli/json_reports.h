/* SPDX-License-Identifier: MIT */
/* What is said on standard error, as JSON: one object a line, for --json-errors. */
#ifndef ETWKIT_CLI_JSON_REPORTS_H
#define ETWKIT_CLI_JSON_REPORTS_H

#include "cli.h"

/* From here on all that is said is JSON. The paths are those that errors may be about; they must live on. */
void json_reports_begin(const cli_list *traces, const cli_list *lenders);
/* Other traces from here on. */
void json_reports_about(const cli_list *traces);
bool json_reports_wanted(void);
/* "damage" or "error". */
void json_report(const char *kind, const etwkit_error *error);
/* Adds what was read to the last report. */
void json_reports_add(const etwkit_trace_stats *stats);
/* The last report. Nothing where JSON is not wanted. */
void json_reports_end(int code);

#endif
