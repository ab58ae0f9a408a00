/* SPDX-License-Identifier: MIT */
/* A filter's condition on one property: a comparison of a value with an operand. */
#ifndef EK_TRACE_FILTER_PROPERTY_H
#define EK_TRACE_FILTER_PROPERTY_H

#include "base/regex.h"

#include <etwkit/filter.h>

typedef enum ek_operand {
    EK_OPERAND_INTEGER,
    EK_OPERAND_REAL,
    EK_OPERAND_TEXT
} ek_operand;

typedef struct ek_property_condition {
    const char *name; /* owned by copies, as `text` */
    etwkit_comparison comparison;
    ek_operand operand;
    bool negative; /* INTEGER: below zero, `number` being its two's complement */
    bool ignore_case;
    uint64_t number;
    double real;
    const char *text;
    size_t length;
    ek_regex *regex; /* of a copy with ETWKIT_MATCHES */
} ek_property_condition;

/* Does the comparison make sense for the operand? */
bool ek_property_condition_is_good(const ek_property_condition *condition);
/* With texts of its own, and its regular expression compiled. NULL: memory ran out, or it is none. */
ek_property_condition *ek_property_condition_copy(const ek_property_condition *condition,
                                                  const etwkit_allocator *allocator);
void ek_property_condition_free(ek_property_condition *condition, const etwkit_allocator *allocator);
/* false also where the schema is NULL or does not know the property. */
bool ek_property_condition_holds(const ek_property_condition *condition, const etwkit_record *record,
                                 const etwkit_schema *schema);

#endif
