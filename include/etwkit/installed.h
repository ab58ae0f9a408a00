/* SPDX-License-Identifier: MIT */
/* The providers that are installed on this Windows: those that have registered a manifest or a MOF class. */
#ifndef ETWKIT_INSTALLED_H
#define ETWKIT_INSTALLED_H

#include <etwkit/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A list as it was when it was opened. Used by one thread at a time; all that it gives lives until it is closed. */
typedef struct etwkit_installed etwkit_installed;

typedef struct etwkit_installed_provider {
    etwkit_guid id;
    const char *name; /* UTF-8; may be "" */
    bool is_classic;  /* by a MOF class: its events cannot be listed */
} etwkit_installed_provider;

/* *list is NULL on failure: ETWKIT_E_UNSUPPORTED on other systems, and in Wine; _IO with the call of Windows that
 * failed and its code; _LIMIT: its answer has more than 64 MiB; _NO_MEMORY. */
ETWKIT_API etwkit_status etwkit_installed_open(etwkit_installed **list, etwkit_error *error);
/* Releases everything and sets *list to NULL. NULL is allowed. */
ETWKIT_API void etwkit_installed_close(etwkit_installed **list);

/* In the order that Windows gives. NULL after the last. */
ETWKIT_API const etwkit_installed_provider *etwkit_installed_at(const etwkit_installed *list, size_t index);
/* By its name (ignoring the case of ASCII letters) or GUID (with braces or without); NULL: it is not installed. */
ETWKIT_API const etwkit_installed_provider *etwkit_installed_find(const etwkit_installed *list, const char *name);

/*
 * Reads what Windows knows of a provider's events, in place of those that were read before: one question for each, so
 * it may take a second. *count: how many there are, 0 of a classic one. ETWKIT_E_IO, _LIMIT, _NO_MEMORY: there are
 * none.
 */
ETWKIT_API etwkit_status etwkit_installed_read(etwkit_installed *list, const etwkit_installed_provider *provider,
                                               size_t *count, etwkit_error *error);
/* One of them, in the order that Windows gives; lives until the next read. NULL after the last. */
ETWKIT_API const etwkit_schema *etwkit_installed_event(const etwkit_installed *list, size_t index);

#ifdef __cplusplus
}
#endif
#endif
