/* SPDX-License-Identifier: MIT */
/* Filters: which records a trace delivers. Headers are looked at first where they are asked first. */
#ifndef ETWKIT_FILTER_H
#define ETWKIT_FILTER_H

#include <etwkit/allocator.h>
#include <etwkit/record.h>
#include <etwkit/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Conditions on a record's header, names and payload; immutable, so that several threads may use one. Constructors
 * return NULL where memory ran out or an argument makes no sense; a constructor that takes filters owns them from then
 * on, also when it returns NULL, and accepts NULL among them only to pass the failure on. Lists are copied. Free the
 * root only. They nest without a limit; conditions are asked from the first on, and no more of them than needed.
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

typedef enum etwkit_comparison {
    ETWKIT_EQUAL = 1,
    ETWKIT_NOT_EQUAL = 2,
    ETWKIT_LESS = 3,
    ETWKIT_AT_MOST = 4,
    ETWKIT_GREATER = 5,
    ETWKIT_AT_LEAST = 6,
    ETWKIT_CONTAINS = 7, /* text only: holds it somewhere */
    ETWKIT_MATCHES = 8,  /* text only: holds what a regular expression describes (docs/filters.md) */
    ETWKIT_PRESENT = 9   /* the property is there; the operand does not count */
} etwkit_comparison;

/*
 * A property: a field at the top of the payload, by its name. Of an array any element may fit. Where it is not there,
 * no comparison holds. Numbers are compared with integers of any kind (also mapped ones, times as FILETIMEs, booleans
 * as 0 and 1) and floats; texts with what etwkit_value_text() gives, so that a mapped value is its label.
 * Case is ignored (of ASCII letters) where `ignore_case` says so.
 */
ETWKIT_API etwkit_filter *etwkit_filter_property_i64(const etwkit_allocator *allocator, const char *name,
                                                     etwkit_comparison comparison, int64_t number);
ETWKIT_API etwkit_filter *etwkit_filter_property_u64(const etwkit_allocator *allocator, const char *name,
                                                     etwkit_comparison comparison, uint64_t number);
ETWKIT_API etwkit_filter *etwkit_filter_property_f64(const etwkit_allocator *allocator, const char *name,
                                                     etwkit_comparison comparison, double number);
ETWKIT_API etwkit_filter *etwkit_filter_property_text(const etwkit_allocator *allocator, const char *name,
                                                      etwkit_comparison comparison, const char *text, size_t length,
                                                      bool ignore_case);

/* One that is independent of the original. NULL: memory ran out. */
ETWKIT_API etwkit_filter *etwkit_filter_copy(const etwkit_allocator *allocator, const etwkit_filter *filter);
/* Would it let a record of this schema pass? */
ETWKIT_API bool etwkit_filter_matches(const etwkit_filter *filter, const etwkit_record *record,
                                      const etwkit_schema *schema);

ETWKIT_API void etwkit_filter_free(etwkit_filter *filter); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
