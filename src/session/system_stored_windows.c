/* SPDX-License-Identifier: MIT */
/* An EVENT_RECORD as it would stand in a file, so that live events are read as recorded ones are. */
#include "base/bytes.h"
#include "session/system_windows.h"

enum {
    EVENT_MARK = 0xC0,
    MESSAGE_MARK = 0x90,
    FULL_SIZE = 0x30,
    MESSAGE_SIZE = 8 + 16 + 8 + 8, /* number and options, GUID, time, thread and process */
    MESSAGE_OPTIONS = 0x02 | 0x08 | 0x20,
    ITEM_HEAD = 8,
    MOST = UINT16_MAX
};

typedef enum form {
    FORM_EVENT,
    FORM_FULL,   /* EVENT_TRACE_HEADER: of a classic event that has no items, for which it has no room */
    FORM_MESSAGE /* WPP */
} form;

static form form_of(const EVENT_RECORD *record) {
    const USHORT flags = record->EventHeader.Flags;
    if (flags & EVENT_HEADER_FLAG_TRACE_MESSAGE)
        return FORM_MESSAGE;
    return flags & EVENT_HEADER_FLAG_CLASSIC_HEADER && record->ExtendedDataCount == 0 ? FORM_FULL : FORM_EVENT;
}

static bool is_32(const EVENT_RECORD *record) {
    return (record->EventHeader.Flags & EVENT_HEADER_FLAG_32_BIT_HEADER) != 0;
}

uint32_t ek_stored_size(const EVENT_RECORD *record) {
    uint32_t size = record->UserDataLength;
    switch (form_of(record)) {
    case FORM_FULL: size += FULL_SIZE; break;
    case FORM_MESSAGE: size += MESSAGE_SIZE; break;
    case FORM_EVENT:
        size += sizeof(EVENT_HEADER);
        for (USHORT i = 0; i < record->ExtendedDataCount && size <= MOST; i++)
            size += ek_align8(ITEM_HEAD + record->ExtendedData[i].DataSize);
    }
    return size <= MOST ? size : 0;
}

/* Returns where the payload goes. */
static uint8_t *store_header(uint8_t *to, const EVENT_RECORD *record) {
    memcpy(to, &record->EventHeader, sizeof record->EventHeader);
    to[2] = is_32(record) ? ETWKIT_HEADER_EVENT32 : ETWKIT_HEADER_EVENT64;
    to[3] = EVENT_MARK;
    uint16_t flags = record->EventHeader.Flags & (uint16_t)~EVENT_HEADER_FLAG_EXTENDED_INFO;
    if (record->ExtendedDataCount)
        flags |= EVENT_HEADER_FLAG_EXTENDED_INFO;
    ek_store16(to + 4, flags);
    to += sizeof record->EventHeader;
    for (USHORT i = 0; i < record->ExtendedDataCount; i++) {
        const EVENT_HEADER_EXTENDED_DATA_ITEM *item = &record->ExtendedData[i];
        const uint32_t size = ek_align8(ITEM_HEAD + item->DataSize);
        memset(to + size - 8, 0, 8); /* what pads it */
        ek_store16(to, (uint16_t)size);
        ek_store16(to + 2, item->ExtType);
        ek_store16(to + 4, i + 1 < record->ExtendedDataCount);
        ek_store16(to + 6, item->DataSize);
        memcpy(to + ITEM_HEAD, (const void *)(uintptr_t)item->DataPtr, item->DataSize);
        to += size;
    }
    return to;
}

static uint8_t *store_full(uint8_t *to, const EVENT_RECORD *record) {
    const EVENT_HEADER *header = &record->EventHeader;
    to[2] = is_32(record) ? ETWKIT_HEADER_FULL32 : ETWKIT_HEADER_FULL64;
    to[3] = EVENT_MARK;
    to[4] = header->EventDescriptor.Opcode;
    to[5] = header->EventDescriptor.Level;
    ek_store16(to + 6, header->EventDescriptor.Version);
    ek_store32(to + 0x08, header->ThreadId);
    ek_store32(to + 0x0C, header->ProcessId);
    ek_store64(to + 0x10, (uint64_t)header->TimeStamp.QuadPart);
    memcpy(to + 0x18, &header->ProviderId, sizeof header->ProviderId);
    ek_store32(to + 0x28, header->KernelTime);
    ek_store32(to + 0x2C, header->UserTime);
    return to + FULL_SIZE;
}

static uint8_t *store_message(uint8_t *to, const EVENT_RECORD *record) {
    const EVENT_HEADER *header = &record->EventHeader;
    to[2] = 0;
    to[3] = MESSAGE_MARK;
    ek_store16(to + 4, header->EventDescriptor.Id);
    ek_store16(to + 6, MESSAGE_OPTIONS | (is_32(record) ? TRACE_MESSAGE_POINTER32 : TRACE_MESSAGE_POINTER64));
    memcpy(to + 8, &header->ProviderId, sizeof header->ProviderId);
    ek_store64(to + 24, (uint64_t)header->TimeStamp.QuadPart);
    ek_store32(to + 32, header->ThreadId);
    ek_store32(to + 36, header->ProcessId);
    return to + MESSAGE_SIZE;
}

void ek_store_event(uint8_t *to, uint32_t size, const EVENT_RECORD *record) {
    uint8_t *payload = to;
    switch (form_of(record)) {
    case FORM_EVENT: payload = store_header(to, record); break;
    case FORM_FULL: payload = store_full(to, record); break;
    case FORM_MESSAGE: payload = store_message(to, record); break;
    }
    ek_store16(to, (uint16_t)size);
    if (record->UserDataLength)
        memcpy(payload, record->UserData, record->UserDataLength);
}
