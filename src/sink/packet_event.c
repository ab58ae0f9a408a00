/* SPDX-License-Identifier: MIT */
/* Reads packet events: the layouts that Windows has had so far, else the fields that a schema names. The facts, and
 * where they are from: docs/format/packets.md. */
#include "sink/packet_event.h"

#include "base/cursor.h"
#include "base/guid.h"
#include "base/utf.h"

#include <etwkit/value.h>

#include <string.h>

/* Microsoft-Windows-NDIS-PacketCapture, Microsoft-Windows-PktMon */
static const etwkit_guid ndis_capture =
    EK_GUID(0x2ed6006e, 0x4729, 0x4609, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef);
static const etwkit_guid pktmon = EK_GUID(0x4d4f80d9, 0xc8bd, 0x4d73, 0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac);

enum {
    NDIS_FRAGMENT = 1001,
    NDIS_METADATA = 1002,
    NDIS_SWITCH_FRAGMENT = 1003,
    NDIS_SOURCE_NAME = 5101,
    PKTMON_COMPONENT = 20,
    PKTMON_PAYLOAD = 160,
    PKTMON_DROP_PAYLOAD = 170
};

/* Keywords of NDIS-PacketCapture. */
#define WIRELESS_WAN UINT64_C(0x200)
#define TUNNEL UINT64_C(0x8000)
#define NATIVE_WIFI UINT64_C(0x10000)
#define TRUNCATED UINT64_C(0x2000000)
#define PACKET_START UINT64_C(0x40000000)
#define PACKET_END UINT64_C(0x80000000)
#define SEND_PATH UINT64_C(0x100000000)
#define RECEIVE_PATH UINT64_C(0x200000000)

static uint16_t load16_be(const uint8_t *at) {
    return ek_load16_be(at);
}

/* The length that an IP header claims, itself included; 0: none that is believable. */
static uint32_t ip_length(const uint8_t *data, size_t size) {
    if (size >= 4 && data[0] >> 4 == 4)
        return load16_be(data + 2);
    if (size >= 6 && data[0] >> 4 == 6) {
        uint32_t payload = load16_be(data + 4);
        return payload ? payload + 40 : 0; /* 0: a jumbogram, or left to the adapter to fill in */
    }
    return 0;
}

uint32_t ek_packet_length(uint16_t link, const uint8_t *data, size_t size) {
    enum {
        ETHERNET = 14,
        TAG = 4,
        MOST_TAGS = 2
    };
    if (link == EK_LINK_RAW_IP)
        return ip_length(data, size);
    if (link != EK_LINK_ETHERNET || size < ETHERNET)
        return 0;
    uint32_t at = ETHERNET;
    for (unsigned tags = 0; tags < MOST_TAGS; tags++) {
        uint16_t type = load16_be(data + at - 2);
        if ((type != 0x8100 && type != 0x88A8) || size - at < TAG)
            break;
        at += TAG;
    }
    uint16_t type = load16_be(data + at - 2);
    uint32_t length = type == 0x0800 || type == 0x86DD ? ip_length(data + at, size - at) : 0;
    return length ? at + length : 0;
}

/* UTF-16 up to its NUL, which is consumed. */
static ek_packet_text take_text(ek_cursor *cursor) {
    ek_packet_text text = {cursor->at, 0};
    bool terminated = false;
    if (cursor->failed)
        return text;
    text.size = ek_utf16_length(cursor->at, ek_cursor_left(cursor), &terminated);
    if (!terminated || !ek_cursor_skip(cursor, text.size + 2)) {
        cursor->failed = true;
        text.size = 0;
    }
    return text;
}

/* What the keywords of NDIS-PacketCapture say. */
static void read_keywords(ek_packet *packet, uint64_t keywords) {
    packet->link = keywords & NATIVE_WIFI               ? EK_LINK_WIFI
                   : keywords & (WIRELESS_WAN | TUNNEL) ? EK_LINK_RAW_IP
                                                        : EK_LINK_ETHERNET;
    packet->direction = keywords & SEND_PATH      ? EK_DIRECTION_OUT
                        : keywords & RECEIVE_PATH ? EK_DIRECTION_IN
                                                  : EK_DIRECTION_UNKNOWN;
    packet->starts = (keywords & PACKET_START) != 0;
    packet->ends = (keywords & PACKET_END) != 0;
    packet->cut = (keywords & TRUNCATED) != 0;
}

/* A byte count and so many bytes. */
static bool take_fragment(ek_packet *packet, ek_cursor *cursor) {
    packet->size = ek_cursor_u32(cursor);
    packet->data = ek_cursor_take(cursor, packet->size);
    packet->original = packet->size;
    return packet->data != NULL;
}

static bool read_fragment(ek_packet *packet, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    packet->upper = ek_cursor_u32(&cursor);
    packet->lower = ek_cursor_u32(&cursor);
    return take_fragment(packet, &cursor); /* what may come behind it is about offloading */
}

/* A DOT11_EXTSTA_RECV_CONTEXT, as Windows' drivers fill it in. */
static bool read_radio(ek_packet *packet, const etwkit_record *record) {
    enum {
        LEAST = 25
    };
    if (!read_fragment(packet, record) || packet->size < LEAST)
        return false;
    packet->radio = (ek_packet_radio){.known = true,
                                      .channel = ek_load32(packet->data + 12),
                                      .signal = (int32_t)ek_load32(packet->data + 20),
                                      .rate = packet->data[24]};
    return true;
}

static ek_packet_port take_port(ek_cursor *cursor) {
    ek_packet_port port = {.id = ek_cursor_u32(cursor)};
    (void)take_text(cursor); /* its name says less than the adapter's */
    port.nic = take_text(cursor);
    port.type = take_text(cursor);
    return port;
}

/*
 * The public copies of the manifest have lost what a destination is made of; it is read as what the source is made of,
 * and believed where all then ends at the payload's end.
 */
static bool read_switch_fragment(ek_packet *packet, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    packet->upper = ek_cursor_u32(&cursor);
    packet->lower = ek_cursor_u32(&cursor);
    packet->from = take_port(&cursor);
    packet->destinations = ek_cursor_u32(&cursor);
    for (uint32_t i = 0; i < packet->destinations && !cursor.failed; i++) {
        ek_packet_port port = take_port(&cursor);
        if (i == 0)
            packet->to = port;
    }
    (void)take_fragment(packet, &cursor);
    uint32_t beside = ek_cursor_u32(&cursor);
    return ek_cursor_skip(&cursor, beside) && ek_cursor_left(&cursor) == 0;
}

static bool value_of(etwkit_value *value, const etwkit_record *record, const etwkit_schema *schema, const char *name) {
    const etwkit_field *field = etwkit_schema_field(schema, name);
    return field && etwkit_record_value(record, schema, field, value) == ETWKIT_OK;
}

static uint64_t number_of(const etwkit_record *record, const etwkit_schema *schema, const char *name, bool *found) {
    etwkit_value value;
    uint64_t number = 0;
    if (!value_of(&value, record, schema, name) || etwkit_value_u64(&value, &number) != ETWKIT_OK)
        *found = false;
    return number;
}

/* A fragment of another layout, with the names that fragments have had. */
static bool read_named_fragment(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema) {
    bool found = true;
    etwkit_value data;
    packet->upper = (uint32_t)number_of(record, schema, "MiniportIfIndex", &found);
    packet->lower = (uint32_t)number_of(record, schema, "LowerIfIndex", &found);
    if (!found || !value_of(&data, record, schema, "Fragment"))
        return false;
    packet->data = data.data;
    packet->size = packet->original = data.size;
    return true;
}

static ek_packet_kind read_ndis(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema) {
    packet->source = record->event_id == NDIS_SWITCH_FRAGMENT ? EK_PACKET_SWITCH : EK_PACKET_NDIS;
    read_keywords(packet, record->keywords);
    if (record->event_id == NDIS_METADATA)
        return read_radio(packet, record) ? EK_PACKET_RADIO : EK_PACKET_DAMAGED;
    bool read =
        record->event_id == NDIS_FRAGMENT ? read_fragment(packet, record) : read_switch_fragment(packet, record);
    if (read)
        return EK_PACKET_PIECE;
    packet->from = packet->to = (ek_packet_port){0};
    packet->destinations = 0;
    return schema && read_named_fragment(packet, record, schema) ? EK_PACKET_PIECE : EK_PACKET_DAMAGED;
}

/* The layout of all Windows versions seen so far. */
static bool read_pktmon_known(ek_packet *packet, const etwkit_record *record, uint16_t *direction, uint16_t *type) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    packet->group = ek_cursor_u64(&cursor);
    packet->number = ek_cursor_u16(&cursor);
    packet->appearance = ek_cursor_u16(&cursor);
    *direction = ek_cursor_u16(&cursor);
    *type = ek_cursor_u16(&cursor);
    packet->upper = ek_cursor_u16(&cursor);
    packet->lower = ek_cursor_u16(&cursor);
    (void)ek_cursor_u16(&cursor); /* the filter's id */
    packet->drop_reason = ek_cursor_u32(&cursor);
    packet->drop_location = ek_cursor_u32(&cursor);
    packet->original = ek_cursor_u16(&cursor);
    packet->size = ek_cursor_u16(&cursor);
    packet->data = ek_cursor_take(&cursor, packet->size);
    return packet->data && ek_cursor_left(&cursor) == 0;
}

static bool read_pktmon_named(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema,
                              uint16_t *direction, uint16_t *type) {
    bool found = true;
    etwkit_value data;
    packet->group = number_of(record, schema, "PktGroupId", &found);
    packet->number = (uint16_t)number_of(record, schema, "PktNumber", &found);
    packet->appearance = (uint16_t)number_of(record, schema, "AppearanceCount", &found);
    *direction = (uint16_t)number_of(record, schema, "DirTag", &found);
    *type = (uint16_t)number_of(record, schema, "PacketType", &found);
    packet->upper = (uint32_t)number_of(record, schema, "ComponentId", &found);
    packet->lower = (uint32_t)number_of(record, schema, "EdgeId", &found);
    packet->original = (uint32_t)number_of(record, schema, "OriginalPayloadSize", &found);
    packet->drop_reason = (uint32_t)number_of(record, schema, "DropReason", &found);
    packet->drop_location = (uint32_t)number_of(record, schema, "DropLocation", &found);
    if (!found || !value_of(&data, record, schema, "Payload"))
        return false;
    packet->data = data.data;
    packet->size = data.size;
    return true;
}

static ek_packet_kind read_pktmon(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema) {
    enum {
        ETHERNET = 1,
        WIFI = 2,
        IP = 3 /* in the first versions MBB: bare IP, too */
    };
    uint16_t direction = 0, type = 0;
    packet->source = EK_PACKET_PKTMON;
    packet->starts = packet->ends = true;
    if (!read_pktmon_known(packet, record, &direction, &type) &&
        !(schema && read_pktmon_named(packet, record, schema, &direction, &type)))
        return EK_PACKET_DAMAGED;
    packet->dropped = record->event_id == PKTMON_DROP_PAYLOAD || packet->drop_reason;
    packet->cut = packet->original > packet->size;
    packet->original = packet->cut ? packet->original : packet->size;
    /* In, Rx, Ingress are odd; Out, Tx, Egress even. */
    packet->direction = direction == 0 || direction > 6 ? EK_DIRECTION_UNKNOWN
                        : direction & 1                 ? EK_DIRECTION_IN
                                                        : EK_DIRECTION_OUT;
    packet->link = type == ETHERNET ? EK_LINK_ETHERNET : type == WIFI ? EK_LINK_WIFI : EK_LINK_RAW_IP;
    return type >= ETHERNET && type <= IP ? EK_PACKET_PIECE : EK_PACKET_UNLINKED;
}

/* A name that cannot be read is just none. */
static ek_packet_kind read_component(ek_packet *packet, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    packet->source = EK_PACKET_PKTMON;
    packet->upper = ek_cursor_u16(&cursor);
    (void)ek_cursor_u16(&cursor); /* the kind of component */
    packet->name = take_text(&cursor);
    packet->description = take_text(&cursor);
    return cursor.failed ? EK_PACKET_NONE : EK_PACKET_NAME;
}

static ek_packet_kind read_source_name(ek_packet *packet, const etwkit_record *record) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    packet->source = EK_PACKET_NDIS;
    (void)ek_cursor_u8(&cursor); /* who captures */
    packet->description = take_text(&cursor);
    packet->upper = ek_cursor_u32(&cursor);
    return cursor.failed ? EK_PACKET_NONE : EK_PACKET_NAME;
}

static bool is_from(const etwkit_record *record, const etwkit_guid *provider) {
    return (record->header_kind == ETWKIT_HEADER_EVENT32 || record->header_kind == ETWKIT_HEADER_EVENT64) &&
           ek_guid_equal(&record->provider_id, provider);
}

ek_packet_kind ek_packet_read(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema) {
    *packet = (ek_packet){.data = NULL};
    if (is_from(record, &ndis_capture))
        switch (record->event_id) {
        case NDIS_FRAGMENT:
        case NDIS_METADATA:
        case NDIS_SWITCH_FRAGMENT: return read_ndis(packet, record, schema);
        case NDIS_SOURCE_NAME: return read_source_name(packet, record);
        default: return EK_PACKET_NONE;
        }
    if (is_from(record, &pktmon))
        switch (record->event_id) {
        case PKTMON_PAYLOAD:
        case PKTMON_DROP_PAYLOAD: return read_pktmon(packet, record, schema);
        case PKTMON_COMPONENT: return read_component(packet, record);
        default: return EK_PACKET_NONE;
        }
    return EK_PACKET_NONE;
}
