/* SPDX-License-Identifier: MIT */
/* The version of the library that is running. */
#include <etwkit/version.h>

const char *etwkit_version(void) {
    return ETWKIT_VERSION;
}
