/* SPDX-License-Identifier: MIT */
/* Fuzz target: archives and compressed files: what our glue makes of what libarchive makes of them. First entry by
 * entry from memory, with small caps; where little comes out, then also as an operand of the command, with its spool.
 *
 * Input: u8 how, then the archive.
 */
#include "fuzz.h"
#include "inputs.h"
#include "json_reports.h"
#include "unpack.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RATIO = 20,
    ENTRIES = 200
};
#define FREE (UINT64_C(1) << 20)

/* What inputs.c needs of the command: it says nothing here, and is never interrupted. */

int system_interrupted(void) {
    return 0;
}

int system_close(intptr_t file) {
    return close((int)file);
}

void system_error_text(int system_error, char *text, size_t capacity) {
    (void)system_error;
    FUZZ_CHECK(capacity > 0);
    text[0] = 0;
}

void cli_message(const char *format, ...) {
    FUZZ_CHECK(format);
}

int cli_usage(const char *command, const char *format, ...) {
    FUZZ_CHECK(!command && format);
    return CLI_USAGE;
}

void cli_format(char *text, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    FUZZ_CHECK(vsnprintf(text, capacity, format, arguments) >= 0);
    va_end(arguments);
}

void *cli_resize(void *block, size_t count, size_t size) {
    FUZZ_CHECK(size && count <= ((size_t)1 << 30) / size);
    void *result = realloc(block, count * size);
    FUZZ_CHECK(result);
    return result;
}

void cli_list_free(cli_list *list) {
    free(list->items);
    *list = (cli_list){NULL, 0};
}

void cli_progress_begin(cli_progress *progress, bool wanted) {
    progress->wanted = wanted;
}

void cli_progress_update(cli_progress *progress, uint64_t done, uint64_t total) {
    FUZZ_CHECK(!progress->wanted || done <= total);
}

void cli_progress_clear(cli_progress *progress) {
    (void)progress;
}

void cli_damage_found(void *context, const etwkit_error *error) {
    cli_damage *damage = context;
    damage->reported++;
    FUZZ_CHECK(error->status == ETWKIT_E_DAMAGED && memchr(error->message, 0, sizeof error->message));
}

bool json_reports_wanted(void) {
    return false;
}

void json_report(const char *kind, const etwkit_error *error) {
    FUZZ_CHECK(kind && error);
}

/* The archive in memory. */

static etwkit_status read_at(void *context, uint64_t offset, void *data, size_t size, size_t *got,
                             etwkit_error *error) {
    const fuzz_input *bytes = context;
    size_t left = offset < bytes->left ? bytes->left - (size_t)offset : 0;
    (void)error;
    *got = size < left ? size : left;
    if (*got)
        memcpy(data, bytes->at + offset, *got);
    return ETWKIT_OK;
}

static etwkit_status size_of(void *context, uint64_t *size, etwkit_error *error) {
    (void)error;
    *size = ((const fuzz_input *)context)->left;
    return ETWKIT_OK;
}

/* Bytes that came out. Beyond the caps there is an end, whatever the archive says. */
static uint64_t take_entries(unpack *opened, uint64_t size, unsigned how) {
    static uint8_t piece[8192];
    uint64_t out = 0;
    unpack_status status = UNPACK_OK;
    for (int i = 0; i < ENTRIES; i++) {
        const char *name;
        status = unpack_next(opened, &name);
        FUZZ_CHECK(unpack_position(opened) <= size);
        if (status == UNPACK_END || status == UNPACK_BROKEN || status == UNPACK_BOMB)
            break;
        FUZZ_CHECK(status == UNPACK_OK || status == UNPACK_LOCKED);
        FUZZ_CHECK(!name || strlen(name) < ((size_t)1 << 24));
        if (how & 1 << i % 8) {
            status = unpack_skip(opened);
            FUZZ_CHECK(status == UNPACK_OK || status == UNPACK_DAMAGED || status == UNPACK_BOMB);
            continue;
        }
        size_t got = sizeof piece;
        for (status = UNPACK_OK; status == UNPACK_OK && got == sizeof piece; out += got)
            status = unpack_read(opened, piece, sizeof piece, &got);
        FUZZ_CHECK(got <= sizeof piece && out <= FREE + (size + 1) * RATIO + sizeof piece);
    }
    if (status == UNPACK_BOMB) {
        const char *name;
        FUZZ_CHECK(unpack_next(opened, &name) == UNPACK_END);
    }
    FUZZ_CHECK(memchr(unpack_why(opened), 0, 160));
    return out;
}

/* As an operand: a file that this process keeps open, and that is written anew each time. */
static void take_operand(const fuzz_input *bytes) {
    static intptr_t file = SYSTEM_NO_FILE;
    static char path[32];
    const char *folder;
    if (file == SYSTEM_NO_FILE)
        FUZZ_CHECK(input_temporary(&file, &folder) == 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", (int)file);
    FUZZ_CHECK(ftruncate((int)file, 0) == 0 && input_write_at(file, 0, bytes->at, bytes->left) == 0);
    const char *operand = path;
    const cli_list operands = {&operand, 1};
    const input_options options = {"1M", "20"};
    cli_damage damage = {.progress = NULL};
    inputs traces;
    int code = inputs_open(&traces, &operands, &options, &damage);
    FUZZ_CHECK(code == CLI_GO_ON || code == CLI_UNREADABLE);
    FUZZ_CHECK(code != CLI_GO_ON || traces.count);
    FUZZ_CHECK(traces.spool.size <= traces.spool.limit);
    for (size_t i = 0; i < traces.count; i++) {
        const etwkit_input *one = &traces.items[i];
        uint64_t size = 0;
        etwkit_error error = {.message = ""};
        FUZZ_CHECK(one->name && (!one->read_at || one->size(one->context, &size, &error) == ETWKIT_OK));
        FUZZ_CHECK(size <= traces.spool.size);
    }
    inputs_close(&traces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input bytes = {data, size};
    unsigned how = fuzz_u8(&bytes);
    uint8_t *archive = fuzz_copy(bytes.at, bytes.left);
    bytes.at = archive;
    const char *what;
    content_kind kind = content_of(archive, bytes.left < CONTENT_HEAD ? bytes.left : CONTENT_HEAD, &what);
    FUZZ_CHECK(!what == (kind == CONTENT_OTHER || kind == CONTENT_TRACE));
    etwkit_input input = ETWKIT_INPUT;
    input.name = "fuzz";
    input.context = &bytes;
    input.read_at = read_at;
    input.size = size_of;
    unpack_settings settings = {.packed = &input, .kind = kind, .ratio = RATIO, .free = FREE};
    unpack *opened;
    char why[160];
    uint64_t out = 0;
    if ((kind == CONTENT_ARCHIVE || kind == CONTENT_COMPRESSED) &&
        unpack_open(&opened, &settings, why, sizeof why) == UNPACK_OK) {
        out = take_entries(opened, bytes.left, how);
        unpack_close(&opened);
    }
    if (out < FREE)
        take_operand(&bytes);
    free(archive);
    return 0;
}
