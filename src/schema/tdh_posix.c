/* SPDX-License-Identifier: MIT */
/* Where there is no TDH. */
#include "schema/tdh.h"

bool ek_tdh_is_there(void) {
    return false;
}

etwkit_status ek_tdh_new(ek_tdh **tdh, const etwkit_allocator *allocator) {
    (void)allocator;
    *tdh = NULL;
    return ETWKIT_OK;
}

void ek_tdh_free(ek_tdh **tdh) {
    *tdh = NULL;
}

etwkit_status ek_tdh_describe(ek_tdh *tdh, const etwkit_record *record, ek_arena *arena, ek_description *description,
                              etwkit_error *error) {
    (void)tdh;
    (void)record;
    (void)arena;
    (void)description;
    (void)error;
    return ETWKIT_ABSENT;
}
