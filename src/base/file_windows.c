/* SPDX-License-Identifier: MIT */
/* Files on Windows: overlapped offsets on a plain handle, paths in UTF-8. */
#include "base/error.h"
#include "base/file.h"

#include <string.h>
#include <windows.h>

struct ek_file {
    etwkit_allocator allocator;
    HANDLE handle;
    char path[];
};

static etwkit_status status_of(DWORD code) {
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME: return ETWKIT_E_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: return ETWKIT_E_DENIED;
    case ERROR_NOT_ENOUGH_MEMORY: return ETWKIT_E_NO_MEMORY;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS: return ETWKIT_E_EXISTS;
    default: return ETWKIT_E_IO;
    }
}

static const char *phrase_of(DWORD code) {
    switch (status_of(code)) {
    case ETWKIT_E_NOT_FOUND: return "no such file or folder";
    case ETWKIT_E_DENIED: return "access denied, or in use by another program";
    case ETWKIT_E_EXISTS: return "it exists already";
    default: return code == ERROR_DISK_FULL ? "the disk is full" : "Windows error";
    }
}

static etwkit_status fail(etwkit_error *error, const char *verb, const char *path, uint64_t offset, DWORD code) {
    etwkit_status status =
        ek_fail(error, status_of(code), "%s: cannot %s: %s (%lu)", path, verb, phrase_of(code), code);
    if (error) {
        error->offset = offset;
        error->system_error = (int)code;
    }
    return status;
}

/* `how`: OPEN_EXISTING, to read it; CREATE_ALWAYS, CREATE_NEW. */
static HANDLE open_handle(const char *path, DWORD how, const etwkit_allocator *allocator) {
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    if (length <= 0)
        return INVALID_HANDLE_VALUE;
    wchar_t *wide = ek_resize(allocator, NULL, (size_t)length, sizeof *wide);
    if (!wide) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, length);
    /* A trace may still be written by its session: share everything. */
    HANDLE handle =
        CreateFileW(wide, how == OPEN_EXISTING ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE,
                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD code = GetLastError();
    ek_release(allocator, wide);
    SetLastError(code);
    return handle;
}

static etwkit_status open_file(ek_file **file, const char *path, DWORD how, const etwkit_allocator *allocator,
                               etwkit_error *error) {
    size_t length = strlen(path);
    *file = NULL;
    ek_file *opened = ek_alloc(allocator, sizeof *opened + length + 1);
    if (!opened)
        return ek_fail_memory(error);
    opened->allocator = *allocator;
    memcpy(opened->path, path, length + 1);
    opened->handle = open_handle(path, how, allocator);
    if (opened->handle == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError();
        ek_release(allocator, opened);
        return fail(error, "open", path, ETWKIT_NO_OFFSET, code);
    }
    *file = opened;
    return ETWKIT_OK;
}

etwkit_status ek_file_open(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error) {
    return open_file(file, path, OPEN_EXISTING, allocator, error);
}

etwkit_status ek_file_create(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error) {
    return open_file(file, path, CREATE_ALWAYS, allocator, error);
}

etwkit_status ek_file_create_new(ek_file **file, const char *path, const etwkit_allocator *allocator,
                                 etwkit_error *error) {
    return open_file(file, path, CREATE_NEW, allocator, error);
}

void ek_file_close(ek_file **file) {
    if (!*file)
        return;
    etwkit_allocator allocator = (*file)->allocator;
    CloseHandle((*file)->handle);
    ek_release(&allocator, *file);
    *file = NULL;
}

etwkit_status ek_file_size(ek_file *file, uint64_t *size, etwkit_error *error) {
    LARGE_INTEGER measured;
    if (!GetFileSizeEx(file->handle, &measured))
        return fail(error, "measure", file->path, ETWKIT_NO_OFFSET, GetLastError());
    *size = (uint64_t)measured.QuadPart;
    return ETWKIT_OK;
}

static OVERLAPPED at_offset(uint64_t offset) {
    OVERLAPPED where;
    memset(&where, 0, sizeof where);
    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    return where;
}

#define CHUNK ((size_t)64 << 20)

etwkit_status ek_file_read(ek_file *file, uint64_t offset, void *data, size_t size, size_t *got, etwkit_error *error) {
    for (*got = 0; *got < size;) {
        OVERLAPPED where = at_offset(offset + *got);
        DWORD count = 0, part = (DWORD)(size - *got < CHUNK ? size - *got : CHUNK);
        if (!ReadFile(file->handle, (uint8_t *)data + *got, part, &count, &where)) {
            DWORD code = GetLastError();
            if (code == ERROR_HANDLE_EOF)
                break;
            return fail(error, "read", file->path, offset + *got, code);
        }
        if (count == 0)
            break;
        *got += count;
    }
    return ETWKIT_OK;
}

etwkit_status ek_file_write(ek_file *file, uint64_t offset, const void *data, size_t size, etwkit_error *error) {
    for (size_t done = 0; done < size;) {
        OVERLAPPED where = at_offset(offset + done);
        DWORD count = 0, part = (DWORD)(size - done < CHUNK ? size - done : CHUNK);
        if (!WriteFile(file->handle, (const uint8_t *)data + done, part, &count, &where))
            return fail(error, "write", file->path, offset + done, GetLastError());
        done += count;
    }
    return ETWKIT_OK;
}

etwkit_status ek_file_resize(ek_file *file, uint64_t size, etwkit_error *error) {
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = (LONGLONG)size;
    if (!SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end, sizeof end))
        return fail(error, "resize", file->path, size, GetLastError());
    return ETWKIT_OK;
}
