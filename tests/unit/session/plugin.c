/* SPDX-License-Identifier: MIT */
/* A library with a provider of its own, which test_unload loads and unloads. */
#include <etwkit/write.h>

ETWKIT_PROVIDER_DEFINE(plugin, "Test.Plugin");

int plugin_begin(void);
void plugin_write(uint32_t number);
void plugin_end(void);

int plugin_begin(void) {
    return etwkit_provider_register(&plugin, NULL);
}

void plugin_write(uint32_t number) {
    ETWKIT_WRITE(plugin, "FromPlugin", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("number", number));
}

void plugin_end(void) {
    etwkit_provider_unregister(&plugin);
}
