/* SPDX-License-Identifier: MIT */
/* What dump says and asks for packets: names of interfaces before they are needed, and what became of the events. */
#ifndef CLI_PACKETS_H
#define CLI_PACKETS_H

#include <etwkit/sink.h>

/* The sink's flags for --packets WHICH (may be NULL). */
unsigned packets_flags(const char *which);
/* Looks through the traces for what names capture interfaces. Damage is left for the reading to report. */
etwkit_status packets_name_interfaces(etwkit_sink *sink, const etwkit_input *traces, size_t count, etwkit_error *error);
/* One or two sentences on standard error. */
void packets_report(const etwkit_sink *sink, const char *which);

#endif
