/* SPDX-License-Identifier: MIT */
/* Sessions that write files: sequential ones as they go, circular ones and rings when they are wanted. */
#include "sim.h"

#include <etwkit/writer.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static etwkit_writer *open_writer(const sim_session *session, const WCHAR *file) {
    char path[3 * 1024 + 1], name[3 * 1024 + 1];
    (void)WideCharToMultiByte(CP_UTF8, 0, file, -1, path, sizeof path, NULL, NULL);
    (void)WideCharToMultiByte(CP_UTF8, 0, session->name, -1, name, sizeof name, NULL, NULL);
    etwkit_writer *writer = NULL;
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .buffer_size = session->buffer_kb * 1024,
                                     .processor_count = (uint16_t)sim_script.processors,
                                     .clock = session->clock == 1 ? ETWKIT_CLOCK_QPC : ETWKIT_CLOCK_SYSTEM,
                                     .frequency = (uint64_t)sim_frequency(),
                                     .start_time = session->start_time ? session->start_time : sim_filetime_now(),
                                     .start_ticks = session->start_raw ? session->start_raw : sim_now(session),
                                     .os_major = 10,
                                     .os_build = sim_script.build,
                                     .log_file_mode = session->mode & ~(ULONG)EVENT_TRACE_COMPRESSED_MODE,
                                     .maximum_file_size = session->maximum_file_size,
                                     .session_name = name};
    etwkit_error error;
    if (etwkit_writer_open(&writer, path, &options, &error))
        sim_log("a session's file cannot be written: %s", error.message);
    return writer;
}

static bool holds_back(const sim_session *session) {
    return (session->mode & EVENT_TRACE_FILE_MODE_CIRCULAR) != 0;
}

/* A file that cannot be made is ERROR_ACCESS_DENIED or ERROR_PATH_NOT_FOUND, as the folder tells: all folders must
 * exist (LogFileNameOffset in
 * https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties). */
static ULONG try_file(const WCHAR *file) {
    HANDLE handle = CreateFileW(file, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(handle);
    return ERROR_SUCCESS;
}

/* NEWFILE: the name has %d for the number of the file. */
static void numbered(const sim_session *session, WCHAR file[1040]) {
    const WCHAR *at = wcsstr(session->file, L"%d");
    if (at && (session->mode & EVENT_TRACE_FILE_MODE_NEWFILE))
        (void)swprintf(file, 1040, L"%.*ls%u%ls", (int)(at - session->file), session->file, session->file_number,
                       at + 2);
    else
        (void)wcsncpy(file, session->file, 1040);
}

ULONG sim_file_open(sim_session *session) {
    WCHAR file[1040];
    if (session->mode & EVENT_TRACE_FILE_MODE_APPEND)
        return ERROR_NOT_SUPPORTED; /* README.md */
    session->file_number++;
    session->file_bytes = 0;
    numbered(session, file);
    const ULONG error = try_file(file);
    if (error || holds_back(session))
        return error;
    session->writer = open_writer(session, file);
    return session->writer ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
}

static bool write_event(etwkit_writer *writer, const sim_event *event) {
    etwkit_item items[SIM_MAX_ITEMS];
    const BYTE *at = (const BYTE *)(event + 1);
    etwkit_record record = {.raw_timestamp = event->header.TimeStamp.QuadPart,
                            .event_id = event->header.EventDescriptor.Id,
                            .version = event->header.EventDescriptor.Version,
                            .channel = event->header.EventDescriptor.Channel,
                            .level = event->header.EventDescriptor.Level,
                            .opcode = event->header.EventDescriptor.Opcode,
                            .task = event->header.EventDescriptor.Task,
                            .keywords = event->header.EventDescriptor.Keyword,
                            .process_id = event->header.ProcessId,
                            .thread_id = event->header.ThreadId,
                            .payload = at + event->items_size,
                            .payload_size = event->payload_size,
                            .processor = event->processor,
                            .header_kind = event->kind,
                            .pointer_size = event->header.Flags & EVENT_HEADER_FLAG_32_BIT_HEADER ? 4 : 8,
                            .flags = event->header.Flags,
                            .event_property = event->header.EventProperty,
                            .kernel_time = event->header.KernelTime,
                            .user_time = event->header.UserTime};
    memcpy(&record.provider_id, &event->header.ProviderId, sizeof record.provider_id);
    memcpy(&record.activity_id, &event->header.ActivityId, sizeof record.activity_id);
    for (USHORT i = 0; i < event->item_count; i++) {
        sim_stored_item stored;
        memcpy(&stored, at, sizeof stored);
        items[i] = (etwkit_item){stored.type, stored.size, at + sizeof stored};
        at += sizeof stored + ((stored.size + 7u) & ~7u);
    }
    etwkit_error error;
    if (etwkit_writer_record(writer, &record, items, event->item_count, &error) == ETWKIT_OK)
        return true;
    sim_log("an event cannot be written: %s", error.message);
    return false;
}

static bool write_buffer(etwkit_writer *writer, const sim_buffer *buffer) {
    bool good = true;
    for (ULONG at = 0; at < buffer->filled;) {
        const sim_event *event = (const sim_event *)(const void *)(buffer->bytes + at);
        good = write_event(writer, event) && good;
        at += event->size;
    }
    return good;
}

static void keep_copy(sim_session *session, const sim_buffer *buffer, ULONGLONG limit) {
    sim_buffer *copy = calloc(1, sizeof *copy);
    if (copy)
        copy->bytes = malloc(buffer->filled);
    if (!copy || !copy->bytes)
        sim_fatal("no memory for a circular file");
    memcpy(copy->bytes, buffer->bytes, buffer->filled);
    copy->filled = buffer->filled;
    copy->events = buffer->events;
    sim_queue_push(&session->kept, copy);
    while ((ULONGLONG)session->kept.count * session->buffer_kb * 1024 > limit) {
        sim_buffer *oldest = sim_queue_pop(&session->kept);
        free(oldest->bytes);
        free(oldest);
    }
}

/* Sequential files end at their maximum size, and the session with them; circular ones lose the oldest events, NEWFILE
 * begins the next: https://learn.microsoft.com/windows/win32/etw/logging-mode-constants */
void sim_file_buffer(sim_session *session, sim_buffer *buffer) {
    const ULONGLONG unit = session->mode & EVENT_TRACE_USE_KBYTES_FOR_SIZE ? 1024 : 1024 * 1024;
    const ULONGLONG limit = session->maximum_file_size * unit;
    if (holds_back(session)) {
        keep_copy(session, buffer, limit);
        return;
    }
    const ULONGLONG size = (ULONGLONG)session->buffer_kb * 1024;
    if (limit && session->file_bytes + size > limit && session->file_bytes) {
        if (session->mode & EVENT_TRACE_FILE_MODE_NEWFILE) {
            sim_file_close(session);
            (void)sim_file_open(session);
        } else {
            session->file_full = true;
        }
    }
    if (session->file_full || !session->writer || !write_buffer(session->writer, buffer))
        session->log_buffers_lost++;
    else
        session->file_bytes += size;
}

static ULONG write_kept(sim_session *session, const WCHAR *file) {
    etwkit_writer *writer = open_writer(session, file);
    etwkit_error error;
    if (!writer)
        return ERROR_ACCESS_DENIED;
    for (const sim_buffer *buffer = session->kept.first; buffer; buffer = buffer->next)
        (void)write_buffer(writer, buffer);
    etwkit_writer_set_lost(writer, session->events_lost, session->log_buffers_lost);
    const etwkit_status status = etwkit_writer_finish(writer, sim_now(session), &error);
    etwkit_writer_close(&writer);
    return status ? ERROR_WRITE_FAULT : ERROR_SUCCESS;
}

ULONG sim_file_snapshot(sim_session *session, const WCHAR *file) {
    const ULONG error = try_file(file);
    return error ? error : write_kept(session, file);
}

void sim_file_close(sim_session *session) {
    etwkit_error error;
    if (session->file[0] && holds_back(session)) {
        (void)write_kept(session, session->file);
    } else if (session->writer) {
        etwkit_writer_set_lost(session->writer, session->events_lost, session->log_buffers_lost);
        (void)etwkit_writer_finish(session->writer, sim_now(session), &error);
        etwkit_writer_close(&session->writer);
    }
}
