/* SPDX-License-Identifier: MIT */
/* The pcapng format: sections, interfaces and packets as blocks, and which packets are written. */
#include "sink/pcapng.h"

#include "base/utf.h"
#include "decode/number.h"
#include "sink/packet_assembly.h"
#include "sink/pcapng_interfaces.h"

#include <etwkit/time.h>
#include <etwkit/version.h>

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECTION = 0x0A0D0D0A,
    BYTE_ORDER = 0x1A2B3C4D,
    BLOCK_LEAST = 12, /* type, and the length twice */
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_USER_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_DESCRIPTION = 3,
    INTERFACE_RESOLUTION = 9,
    PACKET_FLAGS = 2,
    PACKET_ID = 5,
    TICKS = 7, /* 10 to the minus: a FILETIME's */
    OPTION_MOST = 0xFFFC
};

/*
 * Which packet of pktmon was seen last with such an id. A packet appears at one component after another, within
 * microseconds; what is pushed out of its place before that is written once more.
 */
#define EK_PACKETS_SEEN 16384u /* a power of 2 */
struct seen {
    uint64_t group;
    uint32_t file;
    uint16_t number, appearance; /* the latest; 0: none */
};

typedef struct pcapng {
    etwkit_sink sink;
    ek_packet_assembly assembly;
    ek_pcapng_interfaces interfaces;
    struct seen *seen; /* EK_PACKETS_SEEN of them; NULL until one is needed */
    etwkit_packet_counts counts;
    uint8_t *at; /* behind what was written of the event so far; NULL: memory ran out */
} pcapng;

static void put(pcapng *to, const void *data, size_t size) {
    to->at = to->at ? ek_sink_room(&to->sink, to->at, size + 3) : NULL;
    if (to->at && size) {
        memcpy(to->at, data, size);
        to->at += size;
    }
}

static void put16(pcapng *to, unsigned value) {
    uint16_t little = (uint16_t)value;
    put(to, &little, sizeof little);
}

static void put32(pcapng *to, uint32_t value) {
    put(to, &value, sizeof value);
}

static void pad(pcapng *to, size_t size) {
    put(to, "\0\0\0", (0 - size) & 3);
}

static void put_option(pcapng *to, unsigned code, const void *data, size_t size) {
    size = size < OPTION_MOST ? size : OPTION_MOST;
    put16(to, code);
    put16(to, (unsigned)size);
    put(to, data, size);
    pad(to, size);
}

static size_t written(const pcapng *to) {
    return to->at ? (size_t)(to->at - to->sink.out.data) : 0;
}

/* Where the block begins. */
static size_t begin_block(pcapng *to, uint32_t type) {
    size_t start = written(to);
    put32(to, type);
    put32(to, 0); /* its length */
    return start;
}

static void end_block(pcapng *to, size_t start) {
    put32(to, OPTION_END);
    uint32_t length = (uint32_t)(written(to) + sizeof length - start);
    put32(to, length);
    if (to->at)
        ek_store32(to->sink.out.data + start + 4, length);
}

static void put_section(pcapng *to) {
    static const char application[] = "etwkit " ETWKIT_VERSION;
    size_t start = begin_block(to, BLOCK_SECTION);
    put32(to, BYTE_ORDER);
    put16(to, 1); /* version 1.0 */
    put16(to, 0);
    put(to, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8); /* its length is not told: the output may be a pipe */
    put_option(to, SECTION_USER_APPLICATION, application, sizeof application - 1);
    end_block(to, start);
}

/* The texts are made in sink->message. */
static void say_number(ek_buf *text, uint64_t number) {
    uint8_t digits[EK_INTEGER_ROOM], *end = digits + sizeof digits, *first = ek_write_backwards(end, number);
    ek_buf_append(text, first, (size_t)(end - first));
}

static void say(ek_buf *text, const char *words, uint64_t number) {
    ek_buf_text(text, words);
    say_number(text, number);
}

static void say_signed(ek_buf *text, const char *words, int32_t number) {
    ek_buf_text(text, words);
    if (number < 0)
        ek_buf_byte(text, '-');
    say_number(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static const char *file_name(const char *path) {
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    return name;
}

/* What stood in a trace must not break the lines of who shows it. */
static void put_text(pcapng *to, unsigned code, ek_buf *text) {
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] < ' ' || text->data[i] == 0x7F)
            text->data[i] = ' ';
    if (text->failed) {
        to->sink.out.failed = true;
        text->failed = false;
    } else if (text->size)
        put_option(to, code, text->data, text->size);
    text->size = 0;
}

static void say_place(ek_buf *text, const ek_packet *packet) {
    switch (packet->source) {
    case EK_PACKET_PKTMON:
        say(text, "component ", packet->upper);
        say(text, " edge ", packet->lower);
        return;
    case EK_PACKET_SWITCH: ek_buf_text(text, "switch "); break;
    case EK_PACKET_NDIS: break;
    }
    say(text, "interface ", packet->lower);
    if (packet->lower != packet->upper)
        say(text, " over ", packet->upper);
}

static void put_interface(pcapng *to, uint32_t file, const ek_packet *packet, bool shared) {
    static const uint8_t resolution = TICKS;
    ek_buf *text = &to->sink.message;
    size_t start = begin_block(to, BLOCK_INTERFACE);
    put16(to, packet->link);
    put16(to, 0);
    put32(to, 0); /* packets of any size */
    text->size = 0;
    if (shared)
        ek_buf_text(text, "further interfaces");
    else {
        if (to->sink.path) {
            ek_buf_text(text, file_name(to->sink.path));
            ek_buf_text(text, ": ");
        }
        say_place(text, packet);
    }
    put_text(to, INTERFACE_NAME, text);
    const char *name = shared ? NULL : ek_pcapng_interface_name(&to->interfaces, file, packet);
    if (name)
        ek_buf_text(text, name);
    put_text(to, INTERFACE_DESCRIPTION, text);
    put_option(to, INTERFACE_RESOLUTION, &resolution, 1);
    end_block(to, start);
}

static void say_process(const pcapng *to, ek_buf *text, const ek_sink_event *event) {
    const etwkit_record *record = event->record;
    const etwkit_process *process = NULL;
    if (record->process_id == ETWKIT_NO_ID)
        return;
    if (to->sink.processes)
        process = etwkit_processes_find(to->sink.processes, event->boot_time, record->process_id, record->timestamp);
    ek_buf_text(text, "current process: ");
    if (process && process->name) {
        ek_buf_text(text, process->name);
        say(text, " (", record->process_id);
        ek_buf_text(text, ")");
    } else
        say_number(text, record->process_id);
}

static void say_port(ek_buf *text, const char *words, const ek_packet_port *port) {
    ek_buf_text(text, words);
    ek_packet_text_append(text, port->nic);
    if (port->nic.size)
        ek_buf_byte(text, ' ');
    ek_buf_byte(text, '(');
    ek_packet_text_append(text, port->type);
    say(text, port->type.size ? ", port " : "port ", port->id);
    ek_buf_text(text, ")");
}

static void next(ek_buf *text) {
    if (text->size)
        ek_buf_text(text, "; ");
}

/* The reason in words where the schema has them. */
static void say_drop(ek_buf *text, const ek_packet *packet, const ek_sink_event *event) {
    const char *label = NULL;
    const etwkit_field *field = etwkit_schema_field(event->schema, "DropReason");
    etwkit_value value;
    if (field && etwkit_record_value(event->record, event->schema, field, &value) == ETWKIT_OK &&
        etwkit_value_label(&value, &label) == ETWKIT_OK) {
        ek_buf_text(text, "dropped: ");
        ek_buf_text(text, label);
        say(text, " (", packet->drop_reason);
        ek_buf_text(text, ")");
    } else
        say(text, "dropped: reason ", packet->drop_reason);
    say(text, ", location ", packet->drop_location);
}

static void say_packet(ek_buf *text, const ek_packet *packet, const ek_sink_event *event) {
    if (packet->dropped) {
        next(text);
        say_drop(text, packet, event);
    }
    if (packet->source == EK_PACKET_SWITCH && (packet->from.nic.size || packet->from.id)) {
        next(text);
        say_port(text, "from ", &packet->from);
        if (packet->destinations)
            say_port(text, " to ", &packet->to);
        if (packet->destinations > 1) {
            say(text, " and ", packet->destinations - 1);
            ek_buf_text(text, " more");
        }
    }
    if (packet->radio.known) {
        next(text);
        say(text, "radio: ", packet->radio.channel);
        say_signed(text, " MHz, ", packet->radio.signal);
        say(text, " dBm, ", packet->radio.rate / 2);
        ek_buf_text(text, packet->radio.rate & 1 ? ".5 Mbit/s" : " Mbit/s");
    }
    if (packet->cut && packet->original == packet->size) {
        next(text);
        ek_buf_text(text, "truncated, original length not known");
    }
}

static void put_packet(pcapng *to, const ek_sink_event *event, const ek_packet *packet, uint32_t interface) {
    int64_t time = event->record->timestamp;
    uint64_t ticks = time > ETWKIT_FILETIME_UNIX_EPOCH ? (uint64_t)time - (uint64_t)ETWKIT_FILETIME_UNIX_EPOCH : 0;
    size_t start = begin_block(to, BLOCK_PACKET);
    put32(to, interface);
    put32(to, (uint32_t)(ticks >> 32));
    put32(to, (uint32_t)ticks);
    put32(to, packet->size);
    put32(to, packet->original);
    put(to, packet->data, packet->size);
    pad(to, packet->size);
    if (packet->direction != EK_DIRECTION_UNKNOWN) {
        uint32_t flags = packet->direction;
        put_option(to, PACKET_FLAGS, &flags, sizeof flags);
    }
    if (packet->source == EK_PACKET_PKTMON) { /* one packet at several interfaces has one id */
        uint64_t id = packet->group << 16 | packet->number;
        put_option(to, PACKET_ID, &id, sizeof id);
    }
    ek_buf *text = &to->sink.message;
    text->size = 0;
    say_process(to, text, event);
    say_packet(text, packet, event);
    put_text(to, OPTION_COMMENT, text);
    end_block(to, start);
}

/* false: memory ran out, and the block is not written. */
static bool commit(pcapng *to) {
    to->sink.out.failed |= !to->at;
    if (to->sink.out.failed)
        return false;
    ek_sink_commit(&to->sink, to->at);
    return true;
}

static void write_packet(pcapng *to, const ek_sink_event *event, ek_packet *packet) {
    uint32_t file = event->record->file;
    if (packet->cut && packet->original <= packet->size) {
        uint32_t length = ek_packet_length(packet->link, packet->data, packet->size);
        packet->original = length > packet->size ? length : packet->size;
    }
    ek_pcapng_interface *interface = ek_pcapng_interface_of(&to->interfaces, file, packet);
    to->sink.out.failed |= !interface;
    if (to->sink.out.failed)
        return;
    to->at = to->sink.out.data + to->sink.out.size;
    if (interface->number == EK_NOT_DESCRIBED) {
        put_interface(to, file, packet, interface->shared);
        if (!commit(to))
            return;
        interface->number = to->interfaces.described++;
    }
    put_packet(to, event, packet, interface->number);
    if (!commit(to))
        return;
    to->counts.packets++;
    to->counts.truncated += packet->original > packet->size || packet->cut;
}

/* A packet that appears again has a higher count; one with the same count or a lower one is another packet. */
static bool is_repeated(pcapng *to, uint32_t file, const ek_packet *packet) {
    if (!to->seen && !(to->seen = ek_new(&to->sink.allocator, EK_PACKETS_SEEN * sizeof *to->seen))) {
        to->sink.out.failed = true;
        return false;
    }
    struct seen *seen = &to->seen[(packet->group ^ (uint64_t)packet->number << 7 ^ file) % EK_PACKETS_SEEN];
    bool repeated = seen->appearance && seen->group == packet->group && seen->number == packet->number &&
                    seen->file == file && packet->appearance > seen->appearance;
    *seen = (struct seen){packet->group, file, packet->number, packet->appearance};
    return repeated;
}

static bool is_wanted(pcapng *to, uint32_t file, const ek_packet *packet) {
    if (to->sink.flags & ETWKIT_SINK_PACKETS_DROPPED)
        return packet->dropped;
    return packet->source != EK_PACKET_PKTMON || to->sink.flags & ETWKIT_SINK_PACKETS_ALL ||
           !is_repeated(to, file, packet);
}

static void append_piece(pcapng *to, const ek_sink_event *event, const ek_packet_place *place, ek_packet *packet) {
    switch (ek_packet_assembly_add(&to->assembly, place, packet)) {
    case EK_PACKET_WHOLE:
        if (is_wanted(to, place->file, packet))
            write_packet(to, event, packet);
        else if (packet->dropped)
            to->counts.drops_left_out++;
        else
            to->counts.left_out++;
        break;
    case EK_PACKET_WAITS: break;
    case EK_PACKET_NO_MEMORY: to->sink.out.failed = true; break;
    }
}

static void append(etwkit_sink *sink, const ek_sink_event *event) {
    pcapng *to = (pcapng *)sink;
    const etwkit_record *record = event->record;
    ek_packet packet;
    ek_packet_kind kind = ek_packet_read(&packet, record, event->schema);
    ek_packet_place place = {record->file, record->processor,      record->thread_id, packet.upper,
                             packet.lower, (uint8_t)packet.source, packet.direction};
    switch (kind) {
    case EK_PACKET_NAME: sink->out.failed |= !ek_pcapng_interface_learn(&to->interfaces, record->file, &packet); break;
    case EK_PACKET_RADIO: sink->out.failed |= !ek_packet_assembly_radio(&to->assembly, &place, &packet.radio); break;
    case EK_PACKET_PIECE: append_piece(to, event, &place, &packet); break;
    case EK_PACKET_UNLINKED: to->counts.unlinked++; break;
    case EK_PACKET_DAMAGED: to->counts.unreadable++; break;
    case EK_PACKET_NONE: break;
    }
    to->counts.other_events += kind == EK_PACKET_NONE || kind == EK_PACKET_NAME;
}

bool ek_pcapng_learn(etwkit_sink *sink, const etwkit_record *record) {
    pcapng *to = (pcapng *)sink;
    ek_packet packet;
    return ek_packet_read(&packet, record, NULL) != EK_PACKET_NAME ||
           ek_pcapng_interface_learn(&to->interfaces, record->file, &packet);
}

etwkit_packet_counts ek_pcapng_counts(const etwkit_sink *sink) {
    const pcapng *to = (const pcapng *)sink;
    etwkit_packet_counts counts = to->counts;
    counts.interfaces = to->interfaces.described;
    counts.incomplete = ek_packet_assembly_incomplete(&to->assembly);
    return counts;
}

static void begin(etwkit_sink *sink) {
    pcapng *to = (pcapng *)sink;
    ek_packet_assembly_init(&to->assembly, &sink->allocator);
    ek_pcapng_interfaces_init(&to->interfaces, &sink->allocator);
    to->at = sink->out.data;
    put_section(to);
    ek_sink_commit(sink, to->at);
}

static void end(etwkit_sink *sink) {
    pcapng *to = (pcapng *)sink;
    if (!to->at && !to->interfaces.seed)
        return; /* never begun */
    ek_packet_assembly_free(&to->assembly);
    ek_pcapng_interfaces_free(&to->interfaces);
    ek_release(&sink->allocator, to->seen);
}

const ek_sink_format ek_pcapng_format = {.size = sizeof(pcapng), .append = append, .begin = begin, .end = end};
