/* SPDX-License-Identifier: MIT */
/* The command without libarchive: it can tell an archive, and not more. */
#include "unpack.h"

unpack_status unpack_open(unpack **opened, const unpack_settings *settings, char *why, size_t capacity) {
    (void)settings;
    (void)why;
    (void)capacity;
    *opened = NULL;
    return UNPACK_ABSENT;
}

void unpack_close(unpack **opened) {
    *opened = NULL;
}

unpack_status unpack_next(unpack *opened, const char **name) {
    (void)opened;
    *name = NULL;
    return UNPACK_ABSENT;
}

unpack_status unpack_read(unpack *opened, void *data, size_t size, size_t *got) {
    (void)opened;
    (void)data;
    (void)size;
    *got = 0;
    return UNPACK_ABSENT;
}

unpack_status unpack_skip(unpack *opened) {
    (void)opened;
    return UNPACK_ABSENT;
}

const char *unpack_why(const unpack *opened) {
    (void)opened;
    return "";
}

uint64_t unpack_position(const unpack *opened) {
    (void)opened;
    return 0;
}
