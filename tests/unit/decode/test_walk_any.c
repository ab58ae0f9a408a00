/* SPDX-License-Identifier: MIT */
/* Any layout over any payload: the walk stays inside, closes what it opens, ends, and agrees with single values. */
#include "decode/random_made.h"

/* The next value of the walk for each top-level scalar is what etwkit_record_value() finds. */
static void check_single(const made *m, const etwkit_record *record, const etwkit_step *step) {
    etwkit_value value;
    etwkit_status status = etwkit_record_value(record, &m->schema, step->field, &value);
    CHECK_EQ_INT(status, ETWKIT_OK);
    if (status == ETWKIT_OK) {
        CHECK(value.data == step->value.data && value.size == step->value.size);
        CHECK(value.in_type == step->value.in_type && value.out_type == step->value.out_type);
    }
}

static void check_walk(const made *m, const etwkit_record *record) {
    etwkit_walk walk;
    etwkit_step step;
    int depth = 0;
    const uint8_t *last = record->payload, *rest;
    etwkit_walk_begin(&walk, &m->schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK && test_failures == 0) {
        depth += step.kind == ETWKIT_STEP_ARRAY_BEGIN || step.kind == ETWKIT_STEP_STRUCT_BEGIN;
        depth -= step.kind == ETWKIT_STEP_ARRAY_END || step.kind == ETWKIT_STEP_STRUCT_END;
        CHECK(depth >= 0);
        if (step.kind != ETWKIT_STEP_VALUE)
            continue;
        CHECK(step.value.data >= last); /* never backwards */
        last = step.value.data + step.value.size;
        CHECK(last <= record->payload + record->payload_size);
        if (depth == 0)
            check_single(m, record, &step);
    }
    CHECK_EQ_INT(depth, 0);
    size_t size = etwkit_walk_rest(&walk, &rest);
    CHECK(rest >= last && rest + size == record->payload + record->payload_size);
    CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_END);
}

TEST(any_layout_over_any_payload) {
    uint64_t random = 2024;
    unsigned made_count = 0;
    for (unsigned i = 0; i < 12000 && test_failures == 0; i++) {
        made m;
        if (!make_random(&m, &random))
            continue;
        made_count++;
        for (int times = 0; times < 4; times++) {
            etwkit_record record = random_record(&random);
            check_walk(&m, &record);
            release_record(&record);
        }
        unmake(&m);
    }
    CHECK(made_count > 2000);
}

TEST_MAIN(CASE(any_layout_over_any_payload))
