/* SPDX-License-Identifier: MIT */
/* One .etl file that a session writes: its header buffer first, then whole buffers. Knows not which, nor when. */
#ifndef EK_SESSION_RECORDING_H
#define EK_SESSION_RECORDING_H

#include "base/file.h"
#include "etl/writer.h"

#include <etwkit/session.h>

typedef struct ek_recording {
    ek_file *file; /* NULL: none is open */
    ek_writer_settings settings;
    ek_buf header;  /* the header event */
    uint64_t place; /* where the next buffer goes */
    uint64_t end;   /* of what is written */
    uint64_t last;  /* place of the buffer that was written last; 0: none */
    int64_t sequence;
    uint32_t buffers; /* the header buffer is one */
    bool torn;        /* a write failed: something may stand behind `end` */
} ek_recording;

/* What the end of a recording tells. */
typedef struct ek_recording_end {
    int64_t time; /* FILETIME */
    uint64_t events_lost, buffers_lost;
} ek_recording_end;

/*
 * Creates the file and writes its header buffer: from here on it is a trace. `scratch` has room for a buffer, and is
 * not needed afterwards. On failure there is nothing to close.
 */
etwkit_status ek_recording_begin(ek_recording *recording, const etwkit_session *session, const char *path,
                                 uint8_t *scratch, etwkit_error *error);
/*
 * Writes a buffer at recording->place, which moves on behind it. `bytes` has room for a whole one: of these `filled`
 * are used, with events from EK_BUFFER_HEADER_SIZE on; what is behind is filled up. `now` is the raw time.
 */
etwkit_status ek_recording_put(ek_recording *recording, uint8_t *bytes, uint32_t filled, uint32_t processor,
                               int64_t now, etwkit_error *error);
/* Completes the header, and closes the file in every case. */
etwkit_status ek_recording_finish(ek_recording *recording, const ek_recording_end *end, etwkit_error *error);

#endif
