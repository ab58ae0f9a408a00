/* SPDX-License-Identifier: MIT */
/* Layouts side by side, field by field. */
#include "schema/pack_compare.h"

#include "schema/layout.h"

#include <stdbool.h>

typedef struct side {
    const ek_packed_layouts *in;
    const ek_packed_template *template;
    bool says_more;
} side;

static const ek_packed_field *field_of(const side *at, uint32_t index) {
    return &at->in->fields[at->in->lists[at->template->first + index]];
}

/* Does the payload tell these apart? What is shown of a value is another matter. */
static bool reads_alike(const ek_packed_field *a, const ek_packed_field *b) {
    return a->name == b->name && (a->in_type == b->in_type || (a->flags & b->flags & EK_FIELD_STRUCT)) &&
           a->flags == b->flags && a->count == b->count && a->length == b->length &&
           a->first_member == b->first_member && a->member_count == b->member_count;
}

/* false: both say something, and not the same. */
static bool weigh(uint32_t a, uint32_t b, side *first, side *second) {
    if (a == b)
        return true;
    first->says_more |= b == 0;
    second->says_more |= a == 0;
    return a == 0 || b == 0;
}

static bool compare_fields(side *first, side *second, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const ek_packed_field *a = field_of(first, i), *b = field_of(second, i);
        if (!reads_alike(a, b) || !weigh(a->map, b->map, first, second) ||
            !weigh(a->out_type, b->out_type, first, second))
            return false;
    }
    return true;
}

/* Goes `longer` on where the other stops? Only the beginning is the same then: indexes of members differ, and what
 * little the shorter one may say of its fields alone is given up for the rest. */
static bool continues(const side *shorter, const side *longer) {
    uint32_t count = shorter->template->top_count;
    if (!shorter->template->stops_at || shorter->template->field_count != count ||
        longer->template->top_count <= count || field_of(longer, count)->name != shorter->template->stops_at)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (field_of(shorter, i)->name != field_of(longer, i)->name ||
            field_of(shorter, i)->in_type != field_of(longer, i)->in_type)
            return false;
    return true;
}

ek_comparison ek_compare_layouts(const ek_packed_layouts *layouts, uint32_t first, uint32_t second) {
    if (first == second)
        return EK_FIRST_SAYS_MORE;
    if (first == EK_PACK_UNKNOWN_PAYLOAD || second == EK_PACK_UNKNOWN_PAYLOAD)
        return second == EK_PACK_UNKNOWN_PAYLOAD ? EK_FIRST_SAYS_MORE : EK_SECOND_SAYS_MORE;
    if (first == EK_PACK_NO_PAYLOAD || second == EK_PACK_NO_PAYLOAD)
        return EK_LAYOUTS_DIFFER;
    side a = {layouts, &layouts->templates[first - 1], false}, b = {layouts, &layouts->templates[second - 1], false};
    if (continues(&a, &b))
        return EK_SECOND_SAYS_MORE;
    if (continues(&b, &a))
        return EK_FIRST_SAYS_MORE;
    if (a.template->field_count != b.template->field_count || a.template->top_count != b.template->top_count ||
        a.template->stops_at != b.template->stops_at || !compare_fields(&a, &b, a.template->field_count) ||
        (a.says_more && b.says_more))
        return EK_LAYOUTS_DIFFER;
    return b.says_more ? EK_SECOND_SAYS_MORE : EK_FIRST_SAYS_MORE;
}
