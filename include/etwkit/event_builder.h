/* SPDX-License-Identifier: MIT */
/* Builds a TraceLogging event at run time: its metadata and its payload, field by field. */
#ifndef ETWKIT_EVENT_BUILDER_H
#define ETWKIT_EVENT_BUILDER_H

#include <etwkit/allocator.h>
#include <etwkit/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Errors are sticky: build on, and ask once at the end with etwkit_event_builder_finish(). One thread at a time. */
typedef struct etwkit_event_builder etwkit_event_builder;

ETWKIT_API etwkit_status etwkit_event_builder_new(etwkit_event_builder **builder, const etwkit_allocator *allocator);
ETWKIT_API void etwkit_event_builder_free(etwkit_event_builder **builder);

/* Begins an event and forgets the one before. `tags`: 28 bits, 0 for none. */
ETWKIT_API void etwkit_event_builder_begin(etwkit_event_builder *builder, const char *event_name, uint32_t tags);

/*
 * Scalars. `in` is one of ETWKIT_IN_INT8 ... ETWKIT_IN_HEXINT64 that has a fixed size; `out` one of ETWKIT_OUT_* that
 * TraceLogging has a number for (ETWKIT_OUT_NULL: default). `value` points to the value's bytes as they go on the wire.
 */
ETWKIT_API void etwkit_event_builder_scalar(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                            etwkit_out_type out, const void *value);
/* Strings: ETWKIT_IN_UNICODESTRING, _ANSISTRING (NUL added), _COUNTED_UTF16, _COUNTED_ANSI; binary: _COUNTED_BINARY and
 * ETWKIT_IN_BINARY (TraceLogging's type 14, length first); SID. `size` in bytes. */
ETWKIT_API void etwkit_event_builder_bytes(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                           etwkit_out_type out, const void *data, size_t size);
/* Arrays of fixed-size scalars: with a count in the payload, or (fixed) in the metadata. */
ETWKIT_API void etwkit_event_builder_array(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                           etwkit_out_type out, const void *values, uint16_t count, bool fixed);
/* Arrays of counted strings and binary: ETWKIT_IN_COUNTED_UTF16, _COUNTED_ANSI, _COUNTED_BINARY, ETWKIT_IN_BINARY.
 * `data` and `sizes` (in bytes) have one entry for each element, with a count in the payload. */
ETWKIT_API void etwkit_event_builder_bytes_array(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                                 etwkit_out_type out, const void *const *data, const size_t *sizes,
                                                 uint16_t count);
/*
 * A struct with the next `members` fields as its members (at most 127). For an array of structs begin it with the
 * count: the first element's fields define the members; for the others call etwkit_event_builder_next_element() and
 * give the same fields again, which then only write values.
 */
ETWKIT_API void etwkit_event_builder_struct(etwkit_event_builder *builder, const char *name, uint8_t members);
ETWKIT_API void etwkit_event_builder_struct_array(etwkit_event_builder *builder, const char *name, uint8_t members,
                                                  uint16_t count);
ETWKIT_API void etwkit_event_builder_next_element(etwkit_event_builder *builder);

/* Metadata (extended item 11) and payload, valid until the next begin or free. ETWKIT_E_NO_MEMORY, _INVALID, _TOO_BIG.
 */
ETWKIT_API etwkit_status etwkit_event_builder_finish(etwkit_event_builder *builder, const uint8_t **metadata,
                                                     size_t *metadata_size, const uint8_t **payload,
                                                     size_t *payload_size, etwkit_error *error);

/*
 * Provider traits (extended item 12): name and, where not NULL, the provider group's GUID. Writes at most `capacity`
 * bytes and the whole size to *size; ETWKIT_E_RANGE when it did not fit.
 */
ETWKIT_API etwkit_status etwkit_provider_traits(const char *name, const etwkit_guid *group, uint8_t *traits,
                                                size_t capacity, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
