/* SPDX-License-Identifier: MIT */
/* Values as JSON: single ones, arrays and structs, all fields of an event. Knows no lines and no other format. */
#ifndef EK_SINK_JSON_VALUE_H
#define EK_SINK_JSON_VALUE_H

#include "decode/walk.h"
#include "sink/value_parts.h"

/* Each needs EK_VALUE_ROOM at `at`, leaves some of it for what comes behind, and returns NULL where memory ran out. */

/* All fields of the walk, which goes to its end: {"name":value,...}. */
uint8_t *ek_json_properties(etwkit_sink *sink, uint8_t *at, etwkit_walk *walk);
/* The array or struct that the step began, to its end, without its name. */
uint8_t *ek_json_container(etwkit_sink *sink, uint8_t *at, etwkit_walk *walk, const etwkit_step *begin);
/* The stored addresses of all stack items: ["0x1","0x2"]. */
uint8_t *ek_json_stack(etwkit_sink *sink, uint8_t *at, const etwkit_record *record);

#endif
