/* SPDX-License-Identifier: MIT */
/* Mutations of trace buffers that know where their events and the fields of their headers are. */
#ifndef EK_FUZZ_TRACE_MUTATOR_H
#define EK_FUZZ_TRACE_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Changes one thing in a buffer, header first, of at most `capacity` bytes: an event's bytes, size, time or place, a
 * field of the header, or what a compressed buffer holds. Returns the new size; mostly the header's sizes fit it.
 */
size_t fuzz_mutate_buffer(uint8_t *data, size_t size, size_t capacity, uint32_t *dice);
/* The same for events alone: 8-aligned, one behind the other. */
size_t fuzz_mutate_events(uint8_t *data, size_t size, size_t capacity, uint32_t *dice);

#endif
