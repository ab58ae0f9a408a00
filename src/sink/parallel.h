/* SPDX-License-Identifier: MIT */
/* A batch's events written by several threads, with the bytes of one. */
#ifndef EK_SINK_PARALLEL_H
#define EK_SINK_PARALLEL_H

#include "sink/sink.h"

typedef struct ek_sink_parallel ek_sink_parallel;

/* `threads` sinks like this one, to write parts of a batch each. */
etwkit_status ek_sink_parallel_new(ek_sink_parallel **parallel, const etwkit_sink *like, unsigned threads,
                                   etwkit_error *error);
void ek_sink_parallel_free(ek_sink_parallel **parallel);

/* Appends the events, in their order, to what was handed over so far. */
etwkit_status ek_sink_parallel_append(ek_sink_parallel *parallel, etwkit_sink *sink, const ek_sink_event *events,
                                      size_t count, etwkit_error *error);

#endif
