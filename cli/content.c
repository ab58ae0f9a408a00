/* SPDX-License-Identifier: MIT */
/* Knows how traces, archives and compressed files begin. */
#include "content.h"

#include <string.h>

static const struct {
    const char *begin;
    uint8_t size;
    content_kind kind;
    const char *name;
} beginnings[] = {
    {"PK\x03\x04", 4, CONTENT_ARCHIVE, "zip archive"},
    {"PK\x05\x06", 4, CONTENT_ARCHIVE, "zip archive"}, /* an empty one */
    {"7z\xBC\xAF\x27\x1C", 6, CONTENT_ARCHIVE, "7z archive"},
    {"MSCF\0\0\0\0", 8, CONTENT_ARCHIVE, "cabinet"},
    {"\x1F\x8B\x08", 3, CONTENT_COMPRESSED, "gzip file"},
    {"\x28\xB5\x2F\xFD", 4, CONTENT_COMPRESSED, "zstd file"},
    {"\xFD"
     "7zXZ\0",
     6, CONTENT_COMPRESSED, "xz file"},
    {"BZh", 3, CONTENT_COMPRESSED, "bzip2 file"},
    {"\x04\x22\x4D\x18", 4, CONTENT_COMPRESSED, "lz4 file"},
};

enum {
    BUFFER_HEADER = 72,
    BUFFER_MOST = 16 << 20,
    TAR_MAGIC = 257 /* where "ustar" stands */
};

static uint32_t load32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* A buffer's size, and behind its header the header event: 32 or 64 bits, its marker, hook 0. */
static bool is_trace(const uint8_t *bytes, size_t size) {
    const uint8_t *event = bytes + BUFFER_HEADER;
    return size >= BUFFER_HEADER + 8 && load32(bytes) > BUFFER_HEADER && load32(bytes) <= BUFFER_MOST &&
           (event[2] == 1 || event[2] == 2) && event[3] == 0xC0 && event[6] == 0 && event[7] == 0;
}

content_kind content_of(const uint8_t *bytes, size_t size, const char **name) {
    *name = NULL;
    if (is_trace(bytes, size))
        return CONTENT_TRACE;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (size >= beginnings[i].size && memcmp(bytes, beginnings[i].begin, beginnings[i].size) == 0) {
            *name = beginnings[i].name;
            return beginnings[i].kind;
        }
    if (size >= TAR_MAGIC + 5 && bytes[0] >= 0x20 && memcmp(bytes + TAR_MAGIC, "ustar", 5) == 0) {
        *name = "tar archive";
        return CONTENT_ARCHIVE;
    }
    return CONTENT_OTHER;
}
