/* SPDX-License-Identifier: MIT */
/* Archives through libarchive, which reads them through functions of ours: nothing of an archive ever names a file of
 * this system, no program is run for a format, and what comes out is counted, also where nobody wants it. */
#include "cli.h"
#include "system.h"
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 1 << 16,
    FILTERS_MOST = 2 /* compressions around each other, as .tar.gz has one */
};

struct unpack {
    struct archive *archive;
    unpack_settings settings;
    uint64_t size;       /* of the archive */
    uint64_t position;   /* of libarchive in it */
    uint64_t furthest;   /* read so far, for progress */
    uint64_t out;        /* bytes that came out of it */
    const uint8_t *part; /* of the entry, that libarchive gave last: what is left of it, */
    size_t part_size;
    uint64_t hole; /* behind so many zeros that it left out */
    uint64_t at;   /* how far the entry was read */
    bool seekable; /* entries that are not wanted cost nothing */
    bool is_broken;
    char why[160];
    uint8_t block[BLOCK];
};

static la_ssize_t on_read(struct archive *archive, void *context, const void **bytes) {
    unpack *of = context;
    const etwkit_input *packed = of->settings.packed;
    size_t got = 0;
    etwkit_error error = {.message = "cannot be read"};
    *bytes = of->block;
    if (system_interrupted() || packed->read_at(packed->context, of->position, of->block, BLOCK, &got, &error)) {
        archive_set_error(archive, EIO, "%s", error.message);
        return ARCHIVE_FATAL;
    }
    of->position += got;
    if (of->position > of->furthest)
        of->furthest = of->position;
    return (la_ssize_t)got;
}

static la_int64_t on_seek(struct archive *archive, void *context, la_int64_t offset, int whence) {
    unpack *of = context;
    uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? of->position : of->size;
    uint64_t back = offset < 0 ? 0 - (uint64_t)offset : 0;
    if (back > base || (offset > 0 && (uint64_t)offset > (uint64_t)INT64_MAX - base)) {
        archive_set_error(archive, EIO, "it refers to a place outside of itself");
        return ARCHIVE_FATAL;
    }
    of->position = offset < 0 ? base - back : base + (uint64_t)offset;
    if (of->position > of->size)
        of->position = of->size;
    return (la_int64_t)of->position;
}

static la_int64_t on_skip(struct archive *archive, void *context, la_int64_t request) {
    unpack *of = context;
    (void)archive;
    uint64_t left = of->size - of->position, step = request > 0 ? (uint64_t)request : 0;
    if (step > left)
        step = left;
    of->position += step;
    return (la_int64_t)step;
}

/* ARCHIVE_WARN: there is no library for it, but perhaps a program, which is not to be run. */
static void enable(struct archive *archive, content_kind kind) {
    static int (*const filters[])(struct archive *) = {
        archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz,
        archive_read_support_filter_zstd, archive_read_support_filter_lz4};
    static int (*const formats[])(struct archive *) = {
        archive_read_support_format_zip, archive_read_support_format_7zip, archive_read_support_format_cab,
        archive_read_support_format_tar};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        (void)formats[i](archive);
    if (kind != CONTENT_COMPRESSED)
        return;
    (void)archive_read_support_format_raw(
        archive); /* any bytes are of this format: of what else is none taken for it */
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        (void)filters[i](archive);
}

static void keep_why(unpack *of) {
    const char *why = archive_error_string(of->archive);
    cli_format(of->why, sizeof of->why, "%s", why ? why : "it makes no sense");
    size_t length = strlen(of->why);
    while (length && (of->why[length - 1] == '\n' || of->why[length - 1] == ' '))
        of->why[--length] = 0;
}

static unpack_status broken(unpack *of) {
    of->is_broken = true;
    if (system_interrupted())
        return UNPACK_STOPPED;
    keep_why(of);
    return UNPACK_BROKEN;
}

unpack_status unpack_open(unpack **opened, const unpack_settings *settings, char *why, size_t capacity) {
    unpack *of = cli_resize(NULL, 1, sizeof *of);
    memset(of, 0, sizeof *of);
    *opened = NULL;
    of->settings = *settings;
    etwkit_error error = {.message = "cannot be measured"};
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* else names come with question marks in them */
    of->archive = archive_read_new();
    bool is_open = of->archive && !settings->packed->size(settings->packed->context, &of->size, &error);
    if (is_open) {
        enable(of->archive, settings->kind);
        (void)archive_read_set_read_callback(of->archive, on_read);
        (void)archive_read_set_seek_callback(of->archive, on_seek);
        (void)archive_read_set_skip_callback(of->archive, on_skip);
        (void)archive_read_set_callback_data(of->archive, of);
        is_open = archive_read_open1(of->archive) == ARCHIVE_OK;
        cli_format(error.message, sizeof error.message, "%s",
                   archive_error_string(of->archive) ? archive_error_string(of->archive) : "it makes no sense");
    }
    if (is_open) {
        *opened = of;
        return UNPACK_OK;
    }
    cli_format(why, capacity, "%s", error.message);
    unpack_close(&of);
    return system_interrupted() ? UNPACK_STOPPED : UNPACK_BROKEN;
}

void unpack_close(unpack **opened) {
    unpack *of = *opened;
    if (!of)
        return;
    if (of->archive)
        (void)archive_read_free(of->archive);
    (void)setlocale(LC_CTYPE, "C");
    free(of);
    *opened = NULL;
}

/* Counted before it is looked at. */
static unpack_status count(unpack *of, uint64_t size) {
    of->out += size;
    if (of->out > of->settings.free && of->out / of->settings.ratio > of->size) {
        of->is_broken = true;
        return UNPACK_BOMB;
    }
    return UNPACK_OK;
}

static bool is_file(struct archive_entry *entry) {
    return archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
}

/* What is compressed and no archive has a name that says nothing. */
static const char *name_of(const unpack *of, struct archive_entry *entry) {
    if (archive_format(of->archive) == ARCHIVE_FORMAT_RAW)
        return NULL;
    const char *name = archive_entry_pathname_utf8(entry);
    return name ? name : archive_entry_pathname(entry);
}

unpack_status unpack_next(unpack *of, const char **name) {
    struct archive_entry *entry = NULL;
    *name = NULL;
    if (of->is_broken)
        return UNPACK_END;
    for (;;) {
        int result = archive_read_next_header(of->archive, &entry);
        if (result == ARCHIVE_EOF)
            return UNPACK_END;
        /* A warning may be a name that the locale cannot write, which does not matter here. */
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
            return broken(of);
        if (archive_filter_count(of->archive) > FILTERS_MOST + 1) { /* and the one that is none */
            archive_set_error(of->archive, EIO, "it is compressed more than twice");
            return broken(of);
        }
        if (system_interrupted())
            return broken(of);
        of->seekable = (archive_format(of->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP &&
                       archive_filter_count(of->archive) == 1;
        unpack_status status = count(of, 1); /* entries alone can be many, too */
        if (status)
            return status;
        of->part_size = 0;
        of->hole = of->at = 0;
        if (is_file(entry))
            break;
        status = unpack_skip(of);
        if (status != UNPACK_OK && status != UNPACK_DAMAGED)
            return status;
    }
    *name = name_of(of, entry);
    return archive_entry_is_data_encrypted(entry) ? UNPACK_LOCKED : UNPACK_OK;
}

/* The next part of the entry. (archive_read_data() would drop what came in front of an error.) */
static int next_part(unpack *of) {
    const void *bytes = NULL;
    size_t size = 0;
    la_int64_t offset = 0;
    int result;
    do
        result = archive_read_data_block(of->archive, &bytes, &size, &offset);
    while (result == ARCHIVE_RETRY);
    of->part = bytes;
    of->part_size = result == ARCHIVE_OK || result == ARCHIVE_WARN ? size : 0;
    of->hole = offset > 0 && (uint64_t)offset > of->at ? (uint64_t)offset - of->at : 0;
    if (result == ARCHIVE_EOF)
        of->part_size = 0; /* a hole at the end is told by its offset alone */
    return result;
}

/* As much of the part as is wanted. */
static size_t take(unpack *of, uint8_t *data, size_t size) {
    if (of->hole) {
        size = of->hole < size ? (size_t)of->hole : size;
        memset(data, 0, size);
        of->hole -= size;
    } else if (of->part_size == 0) { /* and there may be no part at all */
        return 0;
    } else {
        size = of->part_size < size ? of->part_size : size;
        memcpy(data, of->part, size);
        of->part += size;
        of->part_size -= size;
    }
    of->at += size;
    return size;
}

unpack_status unpack_read(unpack *of, void *data, size_t size, size_t *got) {
    for (*got = 0; *got < size;) {
        int result = of->hole || of->part_size ? ARCHIVE_OK : next_part(of);
        if (result == ARCHIVE_EOF && !of->hole)
            return UNPACK_OK;
        if (result != ARCHIVE_OK && result != ARCHIVE_EOF) {
            unpack_status status = broken(of);
            of->is_broken = result == ARCHIVE_FATAL || status == UNPACK_STOPPED;
            return status == UNPACK_STOPPED ? status : UNPACK_DAMAGED;
        }
        size_t part = take(of, (uint8_t *)data + *got, size - *got);
        *got += part;
        unpack_status status = count(of, part);
        if (status)
            return status;
    }
    return UNPACK_OK;
}

/* Where it has to be unpacked to be passed over, that is done here, where it is counted. */
unpack_status unpack_skip(unpack *of) {
    uint8_t bytes[4096];
    size_t got = sizeof bytes;
    unpack_status status = UNPACK_OK;
    if (of->seekable)
        return UNPACK_OK; /* the next header does it */
    while (status == UNPACK_OK && got == sizeof bytes && !system_interrupted())
        status = unpack_read(of, bytes, sizeof bytes, &got);
    return system_interrupted() ? UNPACK_STOPPED : status;
}

const char *unpack_why(const unpack *of) {
    return of->why;
}

uint64_t unpack_position(const unpack *of) {
    return of->furthest;
}
