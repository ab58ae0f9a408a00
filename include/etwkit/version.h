/* SPDX-License-Identifier: MIT */
/* The version of the headers and of the library that is loaded. */
#ifndef ETWKIT_VERSION_H
#define ETWKIT_VERSION_H

#include <etwkit/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ETWKIT_VERSION_MAJOR 0
#define ETWKIT_VERSION_MINOR 1
#define ETWKIT_VERSION_PATCH 0
#define ETWKIT_VERSION "0.1.0"

/* The version of the library itself, "MAJOR.MINOR.PATCH". Static storage, any thread. */
ETWKIT_API const char *etwkit_version(void);

#ifdef __cplusplus
}
#endif
#endif
