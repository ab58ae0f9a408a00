/* SPDX-License-Identifier: MIT */
/* What the command reads, on Windows. */
#include "cli.h"
#include "input.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

static input_kind kind_of(HANDLE file) {
    DWORD mode;
    switch (GetFileType(file)) {
    case FILE_TYPE_DISK: return INPUT_FILE;
    case FILE_TYPE_PIPE: return INPUT_PIPE;
    default: return GetConsoleMode(file, &mode) ? INPUT_TERMINAL : INPUT_OTHER;
    }
}

int input_open(const char *path, intptr_t *file, input_kind *kind) {
    HANDLE opened = INVALID_HANDLE_VALUE;
    *file = SYSTEM_NO_FILE;
    *kind = INPUT_OTHER;
    if (path) {
        int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
        wchar_t *name = cli_resize(NULL, (size_t)(length > 0 ? length : 1), sizeof *name);
        name[0] = 0;
        (void)MultiByteToWideChar(CP_UTF8, 0, path, -1, name, length);
        opened = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
        free(name);
        if (opened == INVALID_HANDLE_VALUE)
            return (int)GetLastError();
    } else {
        opened = GetStdHandle(STD_INPUT_HANDLE);
    }
    *file = (intptr_t)opened;
    *kind = kind_of(opened);
    LARGE_INTEGER nowhere = {.QuadPart = 0}, at = {.QuadPart = 0};
    if (!path && *kind == INPUT_FILE && SetFilePointerEx(opened, nowhere, &at, FILE_CURRENT) && at.QuadPart)
        *kind = INPUT_PIPE;
    return 0;
}

/* Large calls are cut: ReadFile takes 32 bits. */
static DWORD part_of(size_t size) {
    return size < (1u << 20) ? (DWORD)size : 1u << 20;
}

int input_read(intptr_t file, void *data, size_t size, size_t *got) {
    DWORD count = 0;
    *got = 0;
    if (!ReadFile((HANDLE)file, data, part_of(size), &count, NULL)) {
        DWORD fault = GetLastError();
        return fault == ERROR_BROKEN_PIPE || fault == ERROR_HANDLE_EOF ? 0 : (int)fault;
    }
    *got = count;
    return 0;
}

static OVERLAPPED at_offset(uint64_t offset) {
    return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

int input_read_at(intptr_t file, uint64_t offset, void *data, size_t size, size_t *got) {
    for (*got = 0; *got < size;) {
        OVERLAPPED place = at_offset(offset + *got);
        DWORD count = 0;
        if (!ReadFile((HANDLE)file, (char *)data + *got, part_of(size - *got), &count, &place)) {
            DWORD fault = GetLastError();
            return fault == ERROR_HANDLE_EOF ? 0 : (int)fault;
        }
        if (count == 0)
            break;
        *got += count;
    }
    return 0;
}

int input_size(intptr_t file, uint64_t *size) {
    LARGE_INTEGER length;
    *size = 0;
    if (!GetFileSizeEx((HANDLE)file, &length))
        return (int)GetLastError();
    *size = (uint64_t)length.QuadPart;
    return 0;
}

int input_write_at(intptr_t file, uint64_t offset, const void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        OVERLAPPED place = at_offset(offset + done);
        DWORD count = 0;
        if (!WriteFile((HANDLE)file, (const char *)data + done, part_of(size - done), &count, &place))
            return (int)GetLastError();
        done += count;
    }
    return 0;
}

/* It has a name, but goes with its handle. */
int input_temporary(intptr_t *file, const char **folder) {
    wchar_t path[MAX_PATH + 1], name[MAX_PATH + 1];
    *file = SYSTEM_NO_FILE;
    *folder = "the folder of temporary files";
    if (!GetTempPathW(MAX_PATH, path) || !GetTempFileNameW(path, L"etw", 0, name))
        return (int)GetLastError();
    HANDLE made = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (made == INVALID_HANDLE_VALUE)
        return (int)GetLastError();
    *file = (intptr_t)made;
    return 0;
}
