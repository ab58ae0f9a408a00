/* SPDX-License-Identifier: MIT */
/* Finds the extended items that a line shows. Knows where they stand, not how they are written. */
#include "sink/shown_items.h"

#include "base/guid.h"
#include "decode/address.h"

#include <string.h>

static const uint8_t *related_of(const ek_item *item) {
    static const etwkit_guid zero;
    return item->size >= sizeof zero && memcmp(item->data, &zero, sizeof zero) != 0 ? item->data : NULL;
}

ek_shown_items ek_find_shown_items(const etwkit_record *record) {
    ek_shown_items found = {NULL, NULL, NULL, false};
    ek_items items = {record, 0, 0};
    ek_item item;
    /* The first item of a type counts, whatever it holds. */
    bool has_related = false, has_sid = false, has_session = false;
    while (ek_items_next(&items, &item)) {
        if (item.type == ETWKIT_ITEM_RELATED_ACTIVITY_ID && !has_related) {
            has_related = true;
            found.related = related_of(&item);
        } else if (item.type == ETWKIT_ITEM_SID && !has_sid) {
            has_sid = true;
            found.sid = ek_sid_size(item.data, item.size) ? item.data : NULL;
        } else if (item.type == ETWKIT_ITEM_TS_ID && !has_session) {
            has_session = true;
            found.session = item.size >= 4 ? item.data : NULL;
        } else if (ek_stack_width(&item))
            found.has_stack = true;
    }
    return found;
}
