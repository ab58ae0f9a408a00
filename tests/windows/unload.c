/* SPDX-License-Identifier: MIT */
/* Loads libetwkit-0.dll (the first argument), registers a provider, and lets the library go without unregistering it.
 */
#include <etwkit/provider.h>

#include <stdio.h>
#include <windows.h>

typedef etwkit_status register_function(etwkit_provider *provider, etwkit_error *error);

int main(int argc, char **argv) {
    static etwkit_provider app = ETWKIT_PROVIDER_INIT("Test.Unload");
    HMODULE library = argc > 1 ? LoadLibraryA(argv[1]) : NULL;
    if (!library)
        return 2;
    register_function *provider_register =
        (register_function *)(void *)GetProcAddress(library, "etwkit_provider_register");
    if (!provider_register || provider_register(&app, NULL))
        return 3;
    if (!FreeLibrary(library) || GetModuleHandleA("libetwkit-0.dll"))
        return 4;
    printf("it has gone\n");
    return 0;
}
