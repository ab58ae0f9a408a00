/* SPDX-License-Identifier: MIT */
/*
 * One event after another to the consumer's callback, on the thread that called ProcessTrace, in memory that is good
 * until the callback returns: after it the bytes are overwritten, or cannot be touched any more.
 * https://learn.microsoft.com/windows/win32/api/evntcons/ns-evntcons-event_record
 */
#include "sim.h"

#include <string.h>

enum {
    PAGE = 4096,
    REGION = 64 * PAGE, /* an event has at most 64 KiB, and some for its record */
    OLD_BYTE = 0xDD
};

const GUID sim_event_trace_guid = {0x68fdd900, 0x4a3e, 0x11d1, {0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3}};

/* https://learn.microsoft.com/windows/win32/etw/lost-event */
static const GUID lost_event_guid = {0x6a399ae0, 0x4bc6, 0x4de9, {0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e}};

void sim_delivery_open(sim_delivery *delivery) {
    /* The page behind the region is never readable: who reads past an event's end is found out. */
    delivery->region = VirtualAlloc(NULL, REGION + PAGE, MEM_RESERVE, PAGE_NOACCESS);
    if (!delivery->region || !VirtualAlloc(delivery->region, REGION, MEM_COMMIT, PAGE_READWRITE))
        sim_fatal("no memory for events");
}

void sim_delivery_close(sim_delivery *delivery) {
    (void)VirtualFree(delivery->region, 0, MEM_RELEASE);
    delivery->region = NULL;
}

static ULONG align(ULONG size) {
    return (size + 7) & ~7u;
}

/* The record, its items and their data, and the payload last, so that it ends where the region does. */
static EVENT_RECORD *lay_out(const sim_delivery *delivery, const sim_session *session, const sim_event *event,
                             BYTE **begin) {
    const BYTE *items = (const BYTE *)(event + 1), *payload = items + event->items_size;
    const ULONG table = event->item_count * (ULONG)sizeof(EVENT_HEADER_EXTENDED_DATA_ITEM);
    const ULONG before = align((ULONG)sizeof(EVENT_RECORD) + table + event->items_size);
    BYTE *user_data = delivery->region + REGION - event->payload_size;
    *begin = (BYTE *)((ULONG_PTR)(user_data - before) & ~(ULONG_PTR)15);
    EVENT_RECORD *record = (EVENT_RECORD *)(void *)*begin;
    memset(record, 0, sizeof *record);
    record->EventHeader = event->header;
    record->EventHeader.Size = (USHORT)(sizeof(EVENT_HEADER) + event->payload_size);
    if (!(delivery->mode & PROCESS_TRACE_MODE_RAW_TIMESTAMP))
        record->EventHeader.TimeStamp.QuadPart = sim_filetime(session, event->header.TimeStamp.QuadPart);
    record->BufferContext.ProcessorIndex = event->processor;
    record->BufferContext.LoggerId = session->id;
    record->UserContext = delivery->context;
    record->UserDataLength = event->payload_size;
    if (event->payload_size) {
        memcpy(user_data, payload, event->payload_size);
        record->UserData = user_data;
    }
    if (!event->item_count)
        return record;
    EVENT_HEADER_EXTENDED_DATA_ITEM *item = (EVENT_HEADER_EXTENDED_DATA_ITEM *)(void *)(record + 1);
    BYTE *data = (BYTE *)(item + event->item_count);
    record->EventHeader.Flags |= EVENT_HEADER_FLAG_EXTENDED_INFO;
    record->ExtendedDataCount = event->item_count;
    record->ExtendedData = item;
    for (USHORT i = 0; i < event->item_count; i++, item++) {
        sim_stored_item stored;
        memcpy(&stored, items, sizeof stored);
        memset(item, 0, sizeof *item);
        item->ExtType = stored.type;
        item->DataSize = stored.size;
        item->Linkage = i + 1 < event->item_count;
        item->DataPtr = (ULONGLONG)(ULONG_PTR)data;
        memcpy(data, items + sizeof stored, stored.size);
        data += align(stored.size);
        items += sizeof stored + align(stored.size);
    }
    return record;
}

static void deliver(sim_delivery *delivery, const sim_session *session, const sim_event *event) {
    BYTE *begin;
    if (!delivery->callback)
        return;
    EVENT_RECORD *record = lay_out(delivery, session, event, &begin);
    delivery->callback(record);
    switch (sim_script.after) {
    case SIM_AFTER_SCRIBBLE: memset(begin, OLD_BYTE, (size_t)(delivery->region + REGION - begin)); break;
    case SIM_AFTER_PROTECT:
        /* A pointer that was kept points to what cannot be read; the next event lies in other pages. */
        if (!VirtualFree(delivery->region, REGION, MEM_DECOMMIT))
            sim_fatal("VirtualFree failed with %lu", GetLastError());
        sim_delivery_open(delivery);
        break;
    case SIM_AFTER_KEEP: break;
    }
}

/* RT_LostEvent: 32 events, 33 buffers, without members, ahead of the buffer's events:
 * https://learn.microsoft.com/windows/win32/etw/rt-lostevent */
static void deliver_loss(sim_delivery *delivery, const sim_session *session, UCHAR type, LONGLONG raw) {
    sim_event event = {.size = sizeof event, .kind = 0x14};
    event.header.ProviderId = lost_event_guid;
    event.header.EventDescriptor.Opcode = type;
    event.header.Flags = EVENT_HEADER_FLAG_CLASSIC_HEADER | EVENT_HEADER_FLAG_64_BIT_HEADER;
    event.header.ThreadId = event.header.ProcessId = 0xFFFFFFFF;
    event.header.TimeStamp.QuadPart = raw;
    deliver(delivery, session, &event);
}

void sim_deliver_buffer(sim_delivery *delivery, const sim_session *session, const sim_buffer *buffer) {
    const sim_event *first = (const sim_event *)(const void *)buffer->bytes;
    const LONGLONG raw = buffer->events ? first->header.TimeStamp.QuadPart : session->last_raw;
    if (buffer->lost_events)
        deliver_loss(delivery, session, 32, raw);
    if (buffer->lost_buffers)
        deliver_loss(delivery, session, 33, raw);
    for (ULONG at = 0; at < buffer->filled;) {
        const sim_event *event = (const sim_event *)(const void *)(buffer->bytes + at);
        deliver(delivery, session, event);
        at += event->size;
    }
}

/* https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-trace_logfile_header */
void sim_logfile_header(const sim_session *session, TRACE_LOGFILE_HEADER *header) {
    memset(header, 0, sizeof *header);
    header->BufferSize = session->buffer_kb * 1024;
    header->VersionDetail.MajorVersion = 10;
    header->VersionDetail.SubVersion = 1;
    header->VersionDetail.SubMinorVersion = 5;
    header->ProviderVersion = sim_script.build;
    header->NumberOfProcessors = sim_script.processors;
    header->TimerResolution = 156250;
    header->MaximumFileSize = session->maximum_file_size;
    header->LogFileMode = session->mode;
    header->StartBuffers = 1;
    header->PointerSize = 8;
    header->CpuSpeedInMHz = 3000;
    header->PerfFreq.QuadPart = sim_frequency();
    header->StartTime.QuadPart = session->start_time;
    header->BootTime.QuadPart = session->start_time - 10000000LL * 3600;
    header->ReservedFlags = session->clock;
}

/* The first event: EventTrace_Header, with the session's and the file's name behind it:
 * https://learn.microsoft.com/windows/win32/etw/eventtrace-header */
void sim_deliver_header(sim_delivery *delivery, const sim_session *session) {
    struct {
        sim_event event;
        TRACE_LOGFILE_HEADER header;
        BYTE names[sizeof session->name + sizeof session->file];
    } whole;
    const size_t name = (wcslen(session->name) + 1) * sizeof(WCHAR), file = (wcslen(session->file) + 1) * sizeof(WCHAR);
    memset(&whole, 0, sizeof whole);
    sim_logfile_header(session, &whole.header);
    memcpy(whole.names, session->name, name);
    memcpy(whole.names + name, session->file, file);
    whole.event.size = sizeof whole.event;
    whole.event.kind = 0x02;
    whole.event.payload_size = (USHORT)(sizeof whole.header + name + file);
    whole.event.header.ProviderId = sim_event_trace_guid;
    whole.event.header.EventDescriptor.Version = 2;
    whole.event.header.Flags = EVENT_HEADER_FLAG_CLASSIC_HEADER | EVENT_HEADER_FLAG_64_BIT_HEADER;
    whole.event.header.ProcessId = GetCurrentProcessId();
    whole.event.header.ThreadId = GetCurrentThreadId();
    whole.event.header.TimeStamp.QuadPart = session->start_raw;
    deliver(delivery, session, &whole.event);
}
