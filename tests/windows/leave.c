/* SPDX-License-Identifier: MIT */
/* Loads libetwkit-0.dll (the first argument), starts a session of Windows, and ends without stopping it. With a path
 * (the second) it is a flight recorder. */
#include <etwkit/session.h>

#include <stdio.h>
#include <windows.h>

typedef etwkit_status new_function(etwkit_session **session, const char *name, const etwkit_session_options *options,
                                   etwkit_error *error);
typedef etwkit_status start_function(etwkit_session *session, etwkit_error *error);

int main(int argc, char **argv) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session;
    etwkit_error error;
    HMODULE library = argc > 1 ? LoadLibraryA(argv[1]) : NULL;
    if (!library)
        return 2;
    new_function *session_new = (new_function *)(void *)GetProcAddress(library, "etwkit_session_new");
    start_function *session_start = (start_function *)(void *)GetProcAddress(library, "etwkit_session_start");
    options.scope = ETWKIT_SCOPE_SYSTEM;
    options.mode = argc > 2 ? ETWKIT_SESSION_FLIGHT_RECORDER : ETWKIT_SESSION_REAL_TIME;
    options.path = argc > 2 ? argv[2] : NULL;
    if (!session_new || !session_start || session_new(&session, "etwkit-leave", &options, &error) ||
        session_start(session, &error))
        return 3;
    Sleep(300); /* until its thread is in ProcessTrace */
    printf("it runs\n");
    return 0;
}
