/* SPDX-License-Identifier: MIT */
/* Packets as a pcapng file: what the front of the sinks asks of this one format. */
#ifndef EK_SINK_PCAPNG_H
#define EK_SINK_PCAPNG_H

#include "sink/sink.h"

/* etwkit_sink_get_packets() and etwkit_sink_name_interfaces() of a pcapng sink. */
etwkit_packet_counts ek_pcapng_counts(const etwkit_sink *sink);
bool ek_pcapng_learn(etwkit_sink *sink, const etwkit_record *record); /* false: memory ran out */

#endif
