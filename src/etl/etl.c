/* SPDX-License-Identifier: MIT */
/* Opens a file: is it a trace, what does its header event say. Knows no other events; the index and the runs are apart.
 */
#include "etl/etl.h"

#include "base/bytes.h"
#include "base/error.h"
#include "etl/etl_inside.h"
#include "etl/event.h"
#include "etl/logfile.h"

enum {
    MAJOR_VISTA = 6
};

etwkit_status ek_etl_view(ek_etl *etl, uint64_t offset, size_t want, const uint8_t **bytes, size_t *got,
                          etwkit_error *error) {
    uint64_t left = offset < etl->size ? etl->size - offset : 0;
    if (want > left)
        want = (size_t)left;
    *got = want;
    if (ek_source_is_memory(&etl->source)) {
        *bytes = etl->source.data + (left ? offset : 0);
        return ETWKIT_OK;
    }
    uint64_t inside = offset - etl->window_at;
    if (offset < etl->window_at || inside > etl->window_size || want > etl->window_size - inside) {
        etl->window_size = 0;
        etwkit_status status = ek_source_read(&etl->source, offset, etl->window, want, got, error);
        if (status)
            return status;
        etl->window_at = offset;
        etl->window_size = *got;
        inside = 0;
    }
    *bytes = etl->window + inside;
    return ETWKIT_OK;
}

etwkit_status ek_etl_damage(ek_etl *etl, const ek_etl_place *where, uint64_t bytes, const char *what,
                            etwkit_error *error) {
    etwkit_error damage = {
        .status = ETWKIT_E_DAMAGED, .buffer = where->buffer, .record = where->record, .offset = where->exact};
    char place[64] = "", event[32] = "", skipped[48] = "nothing is skipped";
    if (where->buffer != ETWKIT_NO_NUMBER)
        ek_format(place, sizeof place, "buffer %u at offset 0x%llX: ", where->buffer,
                  (unsigned long long)where->offset);
    if (where->record != ETWKIT_NO_NUMBER)
        ek_format(event, sizeof event, "event at 0x%X: ", where->record);
    if (bytes)
        ek_format(skipped, sizeof skipped, "skipped %llu bytes", (unsigned long long)bytes);
    ek_format(damage.message, sizeof damage.message, "%s: %s%s%s (%s; use --strict to stop)", etl->name, place, event,
              what, skipped);
    if (!etl->settings.damage)
        return ETWKIT_OK;
    etl->was_damaged |= !etl->is_open;
    etwkit_status status = etl->settings.damage(etl->settings.context, &damage, bytes);
    if (status && error) {
        *error = damage;
        error->status = status;
    }
    return status;
}

etwkit_status ek_etl_add_clock(ek_etl *etl, uint64_t place, const ek_clock *clock, etwkit_error *error) {
    if (etl->clock_count) {
        const ek_clock *last = etl->clocks[etl->clock_count - 1].clock;
        if (last->start_ticks == clock->start_ticks && last->start_time == clock->start_time &&
            last->frequency == clock->frequency)
            return ETWKIT_OK;
    }
    void *clocks = etl->clocks;
    ek_clock *kept = ek_arena_copy(&etl->arena, clock, sizeof *clock);
    bool grown =
        ek_grow(&etl->settings.allocator, &clocks, &etl->clock_capacity, etl->clock_count + 1, sizeof *etl->clocks);
    etl->clocks = clocks;
    if (!kept || !grown)
        return ek_fail_memory(error);
    etl->clocks[etl->clock_count++] = (ek_etl_clock_from){place, kept};
    return ETWKIT_OK;
}

/* Files that are taken for traces, by their first bytes. */
static const struct {
    const char *begin;
    uint8_t size;
    const char *phrase;
} lookalikes[] = {
    {"version https://git-lfs", 23, "it is a Git LFS pointer (get the file itself with `git lfs pull`)"},
    {"PK\x03\x04", 4, "it is a zip archive (unpack it first)"},
    {"\x1F\x8B", 2, "it is a gzip file (unpack it first)"},
    {"7z\xBC\xAF\x27\x1C", 6, "it is a 7z archive (unpack it first)"},
    {"MSCF", 4, "it is a cabinet archive (unpack it first)"},
    {"ElfFile", 8, "it is a Windows event log (.evtx)"},
    {"MDMP", 4, "it is a minidump"},
};

static bool is_text(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') || bytes[i] == 0xFF)
            return false;
    return size > 0;
}

static etwkit_status not_a_trace(const ek_etl *etl, const uint8_t *bytes, size_t have, etwkit_error *error) {
    char said[96];
    const char *phrase = said;
    if (have >= 4)
        ek_format(said, sizeof said, "its first buffer says size %u (expected at least %u)", ek_load32(bytes),
                  EK_BUFFER_HEADER_SIZE);
    if (have == 0)
        phrase = "it is empty";
    else if (is_text(bytes, have < 256 ? have : 256))
        phrase = "it is a text";
    else if (have < EK_BUFFER_HEADER_SIZE + 8)
        ek_format(said, sizeof said, "it has only %zu bytes (its first buffer's header alone takes %u)", have,
                  EK_BUFFER_HEADER_SIZE);
    else if (ek_load32(bytes) >= EK_BUFFER_HEADER_SIZE)
        phrase = "its first buffer does not begin with the header event";
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++)
        if (have >= lookalikes[i].size && memcmp(bytes, lookalikes[i].begin, lookalikes[i].size) == 0)
            phrase = lookalikes[i].phrase;
    ek_fail(error, ETWKIT_E_NOT_A_TRACE, "%s is not an ETW trace: %s", etl->name, phrase);
    if (error)
        error->offset = 0;
    return ETWKIT_E_NOT_A_TRACE;
}

/*
 * Is the first buffer of the form that came with Vista? Its header is of type 4 (older ones have another field there),
 * and its events follow each other.
 */
static bool is_of_today(const uint8_t *bytes, size_t have) {
    ek_buffer_header header;
    ek_event_head head;
    ek_buffer_header_read(&header, bytes);
    uint32_t at = EK_BUFFER_HEADER_SIZE;
    if (header.type != EK_BUFFER_HEADER || header.filled > header.size)
        return false;
    for (; at < header.filled && at + EK_EVENT_PEEK <= have; at += ek_align8(head.size))
        if (ek_event_peek(&head, bytes + at, header.filled - at, have - at))
            return false;
    return at > EK_BUFFER_HEADER_SIZE;
}

/* The header event in the first buffer: it makes a file a trace. */
static etwkit_status read_header_event(ek_etl *etl, etwkit_error *error) {
    const uint8_t *bytes;
    size_t have;
    ek_logfile logfile;
    ek_clock clock;
    etwkit_status status = ek_etl_view(etl, 0, EK_ETL_WINDOW, &bytes, &have, error);
    if (status)
        return status;
    if (have < EK_BUFFER_HEADER_SIZE || !ek_logfile_is(bytes + EK_BUFFER_HEADER_SIZE, have - EK_BUFFER_HEADER_SIZE))
        return not_a_trace(etl, bytes, have, error);
    if (!ek_logfile_read(&logfile, bytes + EK_BUFFER_HEADER_SIZE, have - EK_BUFFER_HEADER_SIZE))
        return ek_fail(error, ETWKIT_E_NOT_A_TRACE,
                       "%s is not a whole ETW trace: it ends after %zu bytes, inside its header event", etl->name,
                       have);
    if (logfile.major < MAJOR_VISTA && !is_of_today(bytes, have))
        return ek_fail(error, ETWKIT_E_UNSUPPORTED,
                       "%s was written by Windows %u.%u: layouts before Windows Vista are not supported", etl->name,
                       logfile.major, logfile.minor);
    if (!ek_logfile_info(&logfile, &etl->info, &etl->arena))
        return ek_fail_memory(error);
    if (logfile.buffer_size >= EK_BUFFER_HEADER_SIZE && logfile.buffer_size <= EK_BUFFER_MAX)
        etl->stride = logfile.buffer_size;
    const char *phrase = ek_logfile_clock(&logfile, &clock, &etl->info.clock);
    status = ek_etl_add_clock(etl, 0, &clock, error);
    return status || !phrase ? status : ek_etl_damage(etl, EK_ETL_WHOLE_FILE, 0, phrase, error);
}

/*
 * A file that its session closed has as many buffers as were written, or it was cut between two of them. Circular and
 * appended files, and those of a series, count otherwise; where something else is wrong, that was reported already.
 */
static etwkit_status report_missing_buffers(ek_etl *etl, etwkit_error *error) {
    enum {
        CIRCULAR = 0x2,
        APPENDED = 0x4,
        SERIES = 0x8
    };
    char what[128];
    const etwkit_trace_info *info = &etl->info;
    bool counts = info->closed && !(info->log_file_mode & (CIRCULAR | APPENDED | SERIES));
    if (!counts || etl->settings.growing || etl->cut || etl->was_damaged || etl->count >= info->buffers_written)
        return ETWKIT_OK;
    ek_format(what, sizeof what, "%llu buffers are there, %u were written: the file is cut off",
              (unsigned long long)etl->count, info->buffers_written);
    return ek_etl_damage(etl, EK_ETL_WHOLE_FILE, 0, what, error);
}

static etwkit_status begin(ek_etl *etl, const ek_etl_input *input, etwkit_error *error) {
    const char *name = input->name ? input->name : "trace";
    etl->name = ek_arena_text(&etl->arena, name, strlen(name));
    if (!etl->name)
        return ek_fail_memory(error);
    etl->info.path = etl->source.given.name = etl->name;
    etwkit_status status = ek_source_size(&etl->source, &etl->size, error);
    etl->info.file_size = etl->size;
    if (!status)
        status = read_header_event(etl, error);
    if (!status)
        status = ek_etl_index(etl, error);
    return status ? status : report_missing_buffers(etl, error);
}

etwkit_status ek_etl_open(ek_etl **etl, const ek_etl_input *input, const ek_etl_settings *settings,
                          etwkit_error *error) {
    *etl = NULL;
    ek_etl *opened = ek_new(&settings->allocator, sizeof *opened);
    if (!opened) {
        ek_file *file = input->file;
        ek_file_close(&file);
        return ek_fail_memory(error);
    }
    opened->settings = *settings;
    opened->source = (ek_source){.file = input->file, .data = input->data, .data_size = input->size};
    if (input->given)
        opened->source.given = *input->given;
    opened->number = input->number;
    ek_arena_init(&opened->arena, &settings->allocator);
    etwkit_status status = begin(opened, input, error);
    opened->is_open = true;
    if (status)
        ek_etl_close(&opened);
    *etl = opened;
    return status;
}

void ek_etl_close(ek_etl **etl) {
    ek_etl *closed = *etl;
    if (!closed)
        return;
    etwkit_allocator allocator = closed->settings.allocator;
    ek_source_close(&closed->source);
    ek_arena_free(&closed->arena);
    ek_release(&allocator, closed->entries);
    ek_release(&allocator, closed->clocks);
    ek_release(&allocator, closed);
    *etl = NULL;
}

etwkit_status ek_etl_extend(ek_etl *etl, size_t *added, etwkit_error *error) {
    size_t before = etl->count;
    uint64_t size = etl->size;
    *added = 0;
    etwkit_status status = ek_source_size(&etl->source, &size, error);
    if (status)
        return status;
    if (size > etl->size)
        etl->size = etl->info.file_size = size;
    etl->window_size = 0; /* what was a zeroed tail may be a buffer now */
    status = ek_etl_index(etl, error);
    *added = etl->count - before;
    return status;
}

const etwkit_trace_info *ek_etl_info(const ek_etl *etl) {
    return &etl->info;
}

size_t ek_etl_count(const ek_etl *etl) {
    return etl->count;
}

const ek_etl_entry *ek_etl_entries(const ek_etl *etl) {
    return etl->entries;
}

uint64_t ek_etl_bytes(const ek_etl *etl) {
    return etl->bytes;
}

const ek_clock *ek_etl_clock(const ek_etl *etl, uint64_t place) {
    size_t first = 0, behind = etl->clock_count;
    while (behind - first > 1) {
        size_t middle = first + (behind - first) / 2;
        if (etl->clocks[middle].place <= place)
            first = middle;
        else
            behind = middle;
    }
    return etl->clocks[first].clock;
}

bool ek_etl_has_clocks(const ek_etl *etl) {
    return etl->clock_count > 1;
}
