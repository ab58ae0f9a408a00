/* SPDX-License-Identifier: MIT */
/* Packet events: what those of NDIS-PacketCapture and PktMon hold, read with bounds. Knows no file of packets. */
#ifndef EK_SINK_PACKET_EVENT_H
#define EK_SINK_PACKET_EVENT_H

#include <etwkit/record.h>
#include <etwkit/schema.h>

typedef enum ek_packet_kind {
    EK_PACKET_NONE,     /* no packet event */
    EK_PACKET_NAME,     /* names a capture interface */
    EK_PACKET_PIECE,    /* a packet, or a fragment of one */
    EK_PACKET_RADIO,    /* how the next packet came in by radio */
    EK_PACKET_UNLINKED, /* a packet without a link layer: nothing that a file of packets has a number for */
    EK_PACKET_DAMAGED   /* the payload is not what such an event has */
} ek_packet_kind;

typedef enum ek_packet_source {
    EK_PACKET_NDIS,
    EK_PACKET_SWITCH, /* a Hyper-V switch, as NDIS-PacketCapture sees it */
    EK_PACKET_PKTMON
} ek_packet_source;

/* LINKTYPE_ numbers of the pcap registry. */
enum {
    EK_LINK_ETHERNET = 1,
    EK_LINK_RAW_IP = 101,
    EK_LINK_WIFI = 105
};

/* As pcapng's epb_flags have it. */
enum {
    EK_DIRECTION_UNKNOWN = 0,
    EK_DIRECTION_IN = 1,
    EK_DIRECTION_OUT = 2
};

typedef struct ek_packet_radio {
    bool known;
    uint32_t channel; /* centre frequency, MHz */
    int32_t signal;   /* dBm */
    uint32_t rate;    /* 500 kbit/s */
} ek_packet_radio;

/* UTF-16 in the payload. */
typedef struct ek_packet_text {
    const uint8_t *utf16;
    size_t size;
} ek_packet_text;

/* Where a packet came from or went in a switch. */
typedef struct ek_packet_port {
    uint32_t id;
    ek_packet_text nic, type;
} ek_packet_port;

/* What one event says. It borrows from the record. */
typedef struct ek_packet {
    ek_packet_source source;
    uint16_t link;
    uint8_t direction;
    bool starts, ends; /* the first, the last fragment */
    bool cut;          /* the capture did not keep all of it */
    uint32_t upper;    /* NDIS: index of the miniport's interface; pktmon: id of the component */
    uint32_t lower;    /* NDIS: index of the interface below the filter; pktmon: id of the component's edge */
    const uint8_t *data;
    uint32_t size;
    uint32_t original; /* its size on the wire, as far as known; `size` at least */
    ek_packet_radio radio;
    ek_packet_port from, to; /* EK_PACKET_SWITCH */
    uint32_t destinations;
    uint64_t group; /* EK_PACKET_PKTMON: with `number` the same for one packet wherever it appears */
    uint16_t number;
    uint16_t appearance; /* how often it was seen so far */
    bool dropped;
    uint32_t drop_reason, drop_location;
    ek_packet_text name, description; /* EK_PACKET_NAME: of `upper` */
} ek_packet;

/* `schema` helps where a layout is not the known one; may be NULL. */
ek_packet_kind ek_packet_read(ek_packet *packet, const etwkit_record *record, const etwkit_schema *schema);

/* How long a packet was that begins like this, by its own IP header; 0 where it does not say. */
uint32_t ek_packet_length(uint16_t link, const uint8_t *data, size_t size);

#endif
