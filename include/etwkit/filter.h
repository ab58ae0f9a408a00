/* SPDX-License-Identifier: MIT */
/* Filters: which records a trace delivers, decided before anything of a payload is decoded. */
#ifndef ETWKIT_FILTER_H
#define ETWKIT_FILTER_H

#include <etwkit/allocator.h>
#include <etwkit/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A condition on a record's header or names; an immutable tree. Constructors return NULL where memory ran out or an
 * argument makes no sense; a constructor that takes filters owns them from then on, also when it returns NULL, and
 * accepts NULL among them only to pass the failure on. Lists are copied. Free the root only.
 */
typedef struct etwkit_filter etwkit_filter;

ETWKIT_API etwkit_filter *etwkit_filter_all(const etwkit_allocator *allocator, etwkit_filter *const *filters,
                                            size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_any(const etwkit_allocator *allocator, etwkit_filter *const *filters,
                                            size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_not(const etwkit_allocator *allocator, etwkit_filter *filter);

/* Event ids (manifest, TraceLogging, WPP number); the id of classic events is 0. */
ETWKIT_API etwkit_filter *etwkit_filter_ids(const etwkit_allocator *allocator, const uint16_t *ids, size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_opcodes(const etwkit_allocator *allocator, const uint8_t *opcodes,
                                                size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_level_at_most(const etwkit_allocator *allocator, uint8_t level);
/* CONTRACT.md's predicate: keyword = 0, or any of `any` (0: all ones) and all of `all`. */
ETWKIT_API etwkit_filter *etwkit_filter_keywords(const etwkit_allocator *allocator, uint64_t any, uint64_t all);
/* The header's ids; those of events without any never match. */
ETWKIT_API etwkit_filter *etwkit_filter_processes(const etwkit_allocator *allocator, const uint32_t *ids, size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_threads(const etwkit_allocator *allocator, const uint32_t *ids, size_t count);
ETWKIT_API etwkit_filter *etwkit_filter_provider_id(const etwkit_allocator *allocator, const etwkit_guid *id);
/* Case-insensitive (ASCII); `*` and `?` match any text and any character. The whole name must match. */
ETWKIT_API etwkit_filter *etwkit_filter_provider_name(const etwkit_allocator *allocator, const char *pattern);
ETWKIT_API etwkit_filter *etwkit_filter_event_name(const etwkit_allocator *allocator, const char *pattern);
/* FILETIMEs, both inclusive. */
ETWKIT_API etwkit_filter *etwkit_filter_time(const etwkit_allocator *allocator, int64_t since, int64_t until);

/* One more owner of a filter, on any thread: it lives until each has called etwkit_filter_free(). Its allocator must
 * then serve several threads. Returns the filter; NULL is allowed. */
ETWKIT_API etwkit_filter *etwkit_filter_share(const etwkit_filter *filter);

ETWKIT_API void etwkit_filter_free(etwkit_filter *filter); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
