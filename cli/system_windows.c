/* SPDX-License-Identifier: MIT */
/* The command's operating system: Windows. */
#include "cli.h"
#include "system.h"
#include "text_windows.h"

#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

int _dowildcard = 0; /* mingw: options take patterns; those of files are for wildcards_windows.c */

static volatile LONG interrupted;
static UINT console_before;
static bool understands_escapes;

wchar_t *system_wide(const char *text) {
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *result = cli_resize(NULL, (size_t)length + 1, sizeof *result);
    result[0] = 0;
    MultiByteToWideChar(CP_UTF8, 0, text, -1, result, length);
    return result;
}

char *system_narrow(const wchar_t *text) {
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *result = cli_resize(NULL, (size_t)length + 1, 1);
    result[0] = 0;
    WideCharToMultiByte(CP_UTF8, 0, text, -1, result, length, NULL, NULL);
    return result;
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    char **arguments = cli_resize(NULL, (size_t)argc + 1, sizeof *arguments);
    for (int i = 0; i < argc; i++)
        arguments[i] = system_narrow(argv[i]);
    arguments[argc] = NULL;
    int code = cli_main(argc, arguments);
    for (int i = 0; i < argc; i++)
        free(arguments[i]);
    free(arguments);
    return code;
}

static BOOL WINAPI on_control(DWORD event) {
    (void)event;
    return InterlockedExchange(&interrupted, SIGINT) == 0; /* the second one is not ours: it ends us at once */
}

static void restore_console(void) {
    SetConsoleOutputCP(console_before);
}

static bool enable_escapes(DWORD which) {
    HANDLE console = GetStdHandle(which);
    DWORD mode = 0;
    return GetConsoleMode(console, &mode) && SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void system_begin(void) {
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    (void)setvbuf(stderr, NULL, _IOFBF, BUFSIZ); /* byte by byte no console makes UTF-8 of it; cli_stderr() flushes */
    SetConsoleCtrlHandler(on_control, TRUE);
    understands_escapes = enable_escapes(STD_OUTPUT_HANDLE) | enable_escapes(STD_ERROR_HANDLE);
    console_before = GetConsoleOutputCP();
    if (console_before && SetConsoleOutputCP(CP_UTF8))
        (void)atexit(restore_console);
}

int system_interrupted(void) {
    return (int)interrupted;
}

intptr_t system_stdout(void) {
    return (intptr_t)GetStdHandle(STD_OUTPUT_HANDLE);
}

intptr_t system_stderr(void) {
    return (intptr_t)GetStdHandle(STD_ERROR_HANDLE);
}

bool system_is_terminal(intptr_t file) {
    DWORD mode = 0;
    return GetConsoleMode((HANDLE)file, &mode) != 0;
}

bool system_stderr_is_terminal(void) {
    return understands_escapes && system_is_terminal((intptr_t)GetStdHandle(STD_ERROR_HANDLE));
}

bool system_wants_color(void) {
    const char *no_color = getenv("NO_COLOR");
    return understands_escapes && !(no_color && *no_color);
}

unsigned system_stderr_columns(void) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_ERROR_HANDLE), &info))
        return 80;
    return (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
}

intptr_t system_create(const char *path, int *system_error) {
    wchar_t *name = system_wide(path);
    HANDLE file = CreateFileW(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    *system_error = file == INVALID_HANDLE_VALUE ? (int)GetLastError() : 0;
    free(name);
    return (intptr_t)file;
}

int system_write(intptr_t file, const void *data, size_t size, bool *closed) {
    const char *at = data;
    while (size) {
        DWORD written = 0, part = size < (1u << 20) ? (DWORD)size : 1u << 20;
        if (!WriteFile((HANDLE)file, at, part, &written, NULL)) {
            DWORD fault = GetLastError();
            *closed = fault == ERROR_BROKEN_PIPE || fault == ERROR_NO_DATA || fault == ERROR_PIPE_NOT_CONNECTED;
            return (int)fault;
        }
        at += written;
        size -= written;
    }
    return 0;
}

int system_close(intptr_t file) {
    return CloseHandle((HANDLE)file) ? 0 : (int)GetLastError();
}

int system_remove(const char *path) {
    wchar_t *name = system_wide(path);
    int fault = DeleteFileW(name) ? 0 : (int)GetLastError();
    free(name);
    return fault;
}

static bool identify(const char *path, BY_HANDLE_FILE_INFORMATION *information) {
    wchar_t *name = system_wide(path);
    HANDLE file = CreateFileW(name, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    free(name);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool known = GetFileInformationByHandle(file, information) != 0;
    CloseHandle(file);
    return known;
}

bool system_same_file(const char *path, const char *other) {
    BY_HANDLE_FILE_INFORMATION a, b;
    return identify(path, &a) && identify(other, &b) && a.dwVolumeSerialNumber == b.dwVolumeSerialNumber &&
           a.nFileIndexHigh == b.nFileIndexHigh && a.nFileIndexLow == b.nFileIndexLow;
}

void system_error_text(int system_error, char *text, size_t capacity) {
    wchar_t message[256];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)system_error,
                                  0, message, 256, NULL);
    while (length && (message[length - 1] == L'\n' || message[length - 1] == L'\r' || message[length - 1] == L'.'))
        length--;
    int bytes = WideCharToMultiByte(CP_UTF8, 0, message, (int)length, text, (int)capacity - 1, NULL, NULL);
    if (length == 0 || bytes <= 0)
        cli_format(text, capacity, "Windows error %d", system_error);
    else
        text[bytes] = 0;
}

uint32_t system_process_id(void) {
    return GetCurrentProcessId();
}

uint64_t system_milliseconds(void) {
    return GetTickCount64();
}

bool system_wait(unsigned milliseconds, intptr_t file) {
    (void)file; /* a pipe that broke shows when it is written to */
    for (unsigned slept = 0; slept < milliseconds && !system_interrupted(); slept += 50)
        Sleep(50);
    return true;
}
