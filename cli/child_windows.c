/* SPDX-License-Identifier: MIT */
/* Running a program on Windows: its arguments become one line, quoted as its C runtime takes them apart again. */
#include "child.h"
#include "cli.h"
#include "text_windows.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static HANDLE child; /* NULL: none runs */

/* Ctrl-C reaches all that runs in the console: the command waits for what the program makes of it. */
static BOOL WINAPI on_control(DWORD event) {
    (void)event;
    return TRUE;
}

/* Backslashes count double where a quote follows them. What needs no quotes gets none: cmd and others read their line
 * by themselves. */
static char *add_quoted(char *to, const char *argument) {
    size_t backslashes = 0, length = strlen(argument);
    if (length && strcspn(argument, " \t\n\v\"") == length) {
        memcpy(to, argument, length);
        return to + length;
    }
    *to++ = '"';
    for (const char *c = argument; *c; c++) {
        if (*c == '"') {
            memset(to, '\\', backslashes + 1);
            to += backslashes + 1;
        }
        backslashes = *c == '\\' ? backslashes + 1 : 0;
        *to++ = *c;
    }
    memset(to, '\\', backslashes);
    to += backslashes;
    *to++ = '"';
    return to;
}

static wchar_t *command_line(const char *const *arguments) {
    size_t size = 1;
    for (const char *const *argument = arguments; *argument; argument++)
        size += 2 * strlen(*argument) + 3;
    char *line = cli_resize(NULL, size, 1), *end = line;
    for (; *arguments; arguments++) {
        end = add_quoted(end, *arguments);
        *end++ = ' ';
    }
    end[-1] = 0;
    wchar_t *result = system_wide(line);
    free(line);
    return result;
}

int child_start(const char *const *arguments, const char *variable, const char *value, bool output_to_stderr) {
    wchar_t *name = system_wide(variable), *text = system_wide(value), *line = command_line(arguments);
    PROCESS_INFORMATION made = {0};
    STARTUPINFOW how = {.cb = sizeof how};
    how.dwFlags = STARTF_USESTDHANDLES;
    how.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    how.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    how.hStdOutput = GetStdHandle(output_to_stderr ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
    bool started =
        SetEnvironmentVariableW(name, text) && CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &made);
    DWORD code = GetLastError();
    free(name);
    free(text);
    free(line);
    if (!started) {
        char reason[128];
        system_error_text((int)code, reason, sizeof reason);
        cli_message("cannot run %s: %s", arguments[0], reason);
        return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
    }
    CloseHandle(made.hThread);
    child = made.hProcess;
    SetConsoleCtrlHandler(on_control, TRUE);
    return CLI_GO_ON;
}

bool child_wait(uint32_t milliseconds, int *code) {
    DWORD ended = CLI_USAGE;
    if (WaitForSingleObject(child, milliseconds == CHILD_FOREVER ? INFINITE : milliseconds) == WAIT_TIMEOUT)
        return false;
    (void)GetExitCodeProcess(child, &ended);
    CloseHandle(child);
    child = NULL;
    *code = ended == STATUS_CONTROL_C_EXIT ? 128 + SIGINT : (int)ended;
    return true;
}

char *child_full_path(const char *path) {
    wchar_t *given = system_wide(path), full[32768];
    DWORD length = GetFullPathNameW(given, sizeof full / sizeof full[0], full, NULL);
    free(given);
    if (length == 0 || length >= sizeof full / sizeof full[0])
        return NULL;
    return system_narrow(full);
}
