/* SPDX-License-Identifier: MIT */
/* Where no providers are installed, since there is no Windows. */
#include "base/error.h"

#include <etwkit/installed.h>

etwkit_status etwkit_installed_open(etwkit_installed **list, etwkit_error *error) {
    *list = NULL;
    return ek_fail(error, ETWKIT_E_UNSUPPORTED, "providers are installed on Windows alone");
}

void etwkit_installed_close(etwkit_installed **list) {
    *list = NULL;
}

const etwkit_installed_provider *etwkit_installed_at(const etwkit_installed *list, size_t index) {
    (void)list;
    (void)index;
    return NULL;
}

const etwkit_installed_provider *etwkit_installed_find(const etwkit_installed *list, const char *name) {
    (void)list;
    (void)name;
    return NULL;
}

etwkit_status etwkit_installed_read(etwkit_installed *list, const etwkit_installed_provider *provider, size_t *count,
                                    etwkit_error *error) {
    (void)list;
    (void)provider;
    *count = 0;
    return ek_fail(error, ETWKIT_E_UNSUPPORTED, "providers are installed on Windows alone");
}

const etwkit_schema *etwkit_installed_event(const etwkit_installed *list, size_t index) {
    (void)list;
    (void)index;
    return NULL;
}
