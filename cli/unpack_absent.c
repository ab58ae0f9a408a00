/* SPDX-License-Identifier: MIT */
/* The command without libarchive: it can tell an archive, and not more. */
#include "unpack.h"

unpack_status unpack_open(unpack **opened, const unpack_settings *settings, char *why, size_t capacity) {
    (void)settings;
    if (capacity)
        *why = 0;
    *opened = NULL;
    return UNPACK_ABSENT;
}

void unpack_close(unpack **opened) {
    *opened = NULL;
}

unpack_status unpack_next(unpack *of, const char **name) {
    (void)of;
    *name = NULL;
    return UNPACK_ABSENT;
}

unpack_status unpack_read(unpack *of, void *data, size_t size, size_t *got) {
    (void)of;
    (void)data;
    (void)size;
    *got = 0;
    return UNPACK_ABSENT;
}

unpack_status unpack_skip(unpack *of) {
    (void)of;
    return UNPACK_ABSENT;
}

const char *unpack_why(const unpack *of) {
    (void)of;
    return "";
}

uint64_t unpack_position(const unpack *of) {
    (void)of;
    return 0;
}
