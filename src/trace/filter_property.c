/* SPDX-License-Identifier: MIT */
/* Compares properties for filters. Knows values, not how conditions are joined. */
#include "trace/filter_property.h"

#include <etwkit/value.h>

#include <string.h>

bool ek_property_condition_is_good(const ek_property_condition *condition) {
    bool of_text = condition->comparison == ETWKIT_CONTAINS || condition->comparison == ETWKIT_MATCHES;
    return condition->name && condition->comparison >= ETWKIT_EQUAL && condition->comparison <= ETWKIT_PRESENT &&
           (condition->operand == EK_OPERAND_TEXT ? condition->text != NULL : !of_text);
}

ek_property_condition *ek_property_condition_copy(const ek_property_condition *condition,
                                                  const etwkit_allocator *allocator) {
    size_t name = strlen(condition->name) + 1;
    ek_property_condition *copy = ek_new(allocator, sizeof *copy);
    char *texts = copy ? ek_alloc(allocator, name + condition->length + 1) : NULL; /* both, behind each other */
    if (!texts) {
        ek_release(allocator, copy);
        return NULL;
    }
    *copy = *condition;
    memcpy(texts, condition->name, name);
    if (condition->length)
        memcpy(texts + name, condition->text, condition->length);
    copy->name = texts;
    copy->text = texts + name;
    copy->regex = NULL;
    if (copy->comparison == ETWKIT_MATCHES &&
        !(copy->regex = ek_regex_new(allocator, copy->text, copy->length, copy->ignore_case))) {
        ek_property_condition_free(copy, allocator);
        return NULL;
    }
    return copy;
}

void ek_property_condition_free(ek_property_condition *condition, const etwkit_allocator *allocator) {
    if (!condition)
        return;
    ek_regex_free(condition->regex, allocator);
    ek_release(allocator, (void *)(uintptr_t)condition->name);
    ek_release(allocator, condition);
}

/* What an order says: -1, 0, 1 between value and operand. */
static bool fits(etwkit_comparison comparison, int order) {
    switch (comparison) {
    case ETWKIT_EQUAL: return order == 0;
    case ETWKIT_NOT_EQUAL: return order != 0;
    case ETWKIT_LESS: return order < 0;
    case ETWKIT_AT_MOST: return order <= 0;
    case ETWKIT_GREATER: return order > 0;
    case ETWKIT_AT_LEAST: return order >= 0;
    default: return false;
    }
}

static bool fits_real(etwkit_comparison comparison, double value, double operand) {
    if (value != value || operand != operand)
        return comparison == ETWKIT_NOT_EQUAL; /* NaN is in no order */
    return fits(comparison, value < operand ? -1 : value > operand);
}

/* An integer of any kind: its bits, and whether it is below zero. */
static bool get_integer(const etwkit_value *value, uint64_t *bits, bool *negative) {
    int64_t number;
    bool truth;
    *negative = false;
    if (etwkit_value_u64(value, bits) == ETWKIT_OK)
        return true;
    if (etwkit_value_i64(value, &number) == ETWKIT_OK || etwkit_value_time(value, &number) == ETWKIT_OK) {
        *bits = (uint64_t)number;
        *negative = number < 0;
        return true;
    }
    if (etwkit_value_bool(value, &truth) != ETWKIT_OK)
        return false;
    *bits = truth;
    return true;
}

static double real_of(uint64_t bits, bool negative) {
    return negative ? (double)(int64_t)bits : (double)bits;
}

static bool holds_number(const ek_property_condition *condition, const etwkit_value *value) {
    uint64_t bits;
    bool negative, is_real = condition->operand == EK_OPERAND_REAL;
    double real, operand = is_real ? condition->real : real_of(condition->number, condition->negative);
    if (etwkit_value_f64(value, &real) == ETWKIT_OK)
        return fits_real(condition->comparison, real, operand);
    if (!get_integer(value, &bits, &negative))
        return false;
    if (is_real)
        return fits_real(condition->comparison, real_of(bits, negative), operand);
    if (negative != condition->negative)
        return fits(condition->comparison, negative ? -1 : 1);
    return fits(condition->comparison, bits < condition->number ? -1 : bits > condition->number);
}

static uint8_t fold(uint8_t letter) {
    return letter >= 'A' && letter <= 'Z' ? letter | 0x20 : letter;
}

static int order_of(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, bool ignore_case) {
    for (size_t i = 0; i < a_size && i < b_size; i++) {
        uint8_t x = ignore_case ? fold(a[i]) : a[i], y = ignore_case ? fold(b[i]) : b[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a_size < b_size ? -1 : a_size > b_size;
}

static bool contains(const uint8_t *text, size_t size, const uint8_t *part, size_t part_size, bool ignore_case) {
    for (size_t i = 0; i + part_size <= size; i++)
        if (order_of(text + i, part_size, part, part_size, ignore_case) == 0)
            return true;
    return false;
}

static bool holds_text(const ek_property_condition *condition, const uint8_t *text, size_t size) {
    const uint8_t *operand = (const uint8_t *)condition->text;
    if (condition->comparison == ETWKIT_MATCHES)
        return ek_regex_matches(condition->regex, text, size);
    if (condition->comparison == ETWKIT_CONTAINS)
        return contains(text, size, operand, condition->length, condition->ignore_case);
    return fits(condition->comparison, order_of(text, size, operand, condition->length, condition->ignore_case));
}

static bool holds(const ek_property_condition *condition, const etwkit_value *value) {
    enum {
        SHORT = 2048 /* bytes of a text that need no allocation */
    };
    char small[SHORT], *text = small;
    size_t length = 0;
    if (condition->comparison == ETWKIT_PRESENT)
        return true;
    if (condition->operand != EK_OPERAND_TEXT)
        return holds_number(condition, value);
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    if (etwkit_value_text(value, 0, small, sizeof small, &length) != ETWKIT_OK) {
        if (!(text = ek_alloc(&allocator, length)))
            return false;
        (void)etwkit_value_text(value, 0, text, length, &length);
    }
    bool result = holds_text(condition, (const uint8_t *)text, length);
    if (text != small)
        ek_release(&allocator, text);
    return result;
}

/* Does any element of an array fit? A struct has no value of its own: it is there, and that is all. */
static bool holds_any(const ek_property_condition *condition, const etwkit_record *record, const etwkit_schema *schema,
                      const etwkit_field *field) {
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK) {
        if (step.field != field)
            continue;
        if (condition->comparison == ETWKIT_PRESENT)
            return true;
        if (step.kind == ETWKIT_STEP_VALUE && holds(condition, &step.value))
            return true;
    }
    return false;
}

bool ek_property_condition_holds(const ek_property_condition *condition, const etwkit_record *record,
                                 const etwkit_schema *schema) {
    const etwkit_field *field = etwkit_schema_field(schema, condition->name);
    etwkit_value value;
    if (!field)
        return false;
    switch (etwkit_record_value(record, schema, field, &value)) {
    case ETWKIT_OK: return holds(condition, &value);
    case ETWKIT_E_TYPE: return holds_any(condition, record, schema, field);
    default: return false;
    }
}
