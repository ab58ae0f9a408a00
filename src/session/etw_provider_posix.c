/* SPDX-License-Identifier: MIT */
/* Where there is no ETW: providers write to sessions of their own process alone. */
#include "session/etw_provider.h"

uint64_t ek_etw_register(ek_registration *registration) {
    (void)registration;
    return 0;
}

void ek_etw_unregister(uint64_t handle) {
    (void)handle;
}

etwkit_status ek_etw_write(const ek_registration *registration, const etwkit_event *event, const etwkit_data *data,
                           size_t count) {
    (void)registration;
    (void)event;
    (void)data;
    (void)count;
    return ETWKIT_OK;
}
