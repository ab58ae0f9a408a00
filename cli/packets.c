/* SPDX-License-Identifier: MIT */
/* Packets of dump: pktmon names its components at a trace's end, so they are looked for in a first reading. */
#include "packets.h"

#include "cli.h"
#include "system.h"

#include <stdio.h>
#include <string.h>

unsigned packets_flags(const char *which) {
    if (which && strcmp(which, "all") == 0)
        return ETWKIT_SINK_PACKETS_ALL;
    return which && strcmp(which, "dropped") == 0 ? ETWKIT_SINK_PACKETS_DROPPED : 0u;
}

/* Events that name interfaces: 20 of PktMon, 5101 of NDIS-PacketCapture. NULL: no memory. */
static etwkit_filter *make_filter(void) {
    static const char *const providers[] = {"4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac",
                                            "2ed6006e-4729-4609-b423-3ee7bcd678ef"};
    static const uint16_t ids[] = {20, 5101};
    etwkit_filter *any[2], *all[2];
    for (size_t i = 0; i < 2; i++) {
        etwkit_guid id;
        (void)etwkit_guid_parse(&id, providers[i]);
        any[i] = etwkit_filter_provider_id(NULL, &id);
    }
    all[0] = etwkit_filter_any(NULL, any, 2);
    all[1] = etwkit_filter_ids(NULL, ids, 2);
    return etwkit_filter_all(NULL, all, 2);
}

static etwkit_status learn(etwkit_sink *sink, etwkit_trace *trace, etwkit_error *error) {
    const etwkit_batch *batch;
    etwkit_status status = ETWKIT_OK;
    while (status == ETWKIT_OK && !system_interrupted() && etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch) && status == ETWKIT_OK; i++)
            status = etwkit_sink_name_interfaces(sink, etwkit_batch_record(batch, i), error);
    return status;
}

etwkit_status packets_name_interfaces(etwkit_sink *sink, const etwkit_input *traces, size_t count,
                                      etwkit_error *error) {
    etwkit_filter *filter = make_filter();
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    options.filter = filter;
    options.unordered = options.no_look_ahead = options.no_bundled_schemas = true;
    etwkit_status status = ETWKIT_OK;
    if (filter && etwkit_trace_open_inputs(&trace, traces, count, &options, NULL) == ETWKIT_OK)
        status = learn(sink, trace, error); /* that it cannot be opened the reading itself tells */
    etwkit_trace_close(&trace);
    etwkit_filter_free(filter);
    return status;
}

typedef struct sentence {
    char text[1024];
    size_t length;
} sentence;

static void add(sentence *to, uint64_t number, const char *one, const char *many) {
    char grouped[CLI_GROUPED];
    if (number == 0)
        return;
    int length = snprintf(to->text + to->length, sizeof to->text - to->length, "%s%s %s", to->length ? ", " : "",
                          cli_grouped(grouped, number), number == 1 ? one : many);
    to->length += length > 0 && (size_t)length < sizeof to->text - to->length ? (size_t)length : 0;
}

void packets_report(const etwkit_sink *sink, const char *which) {
    char packets[CLI_GROUPED], interfaces[CLI_GROUPED];
    etwkit_packet_counts counts = etwkit_sink_get_packets(sink);
    bool dropped = which && strcmp(which, "dropped") == 0;
    sentence left = {.length = 0};
    add(&left, counts.other_events, "event that is no packet", "events that are no packets");
    add(&left, counts.left_out, dropped ? "packet that was not dropped" : "further appearance of a packet",
        dropped ? "packets that were not dropped" : "further appearances of packets");
    add(&left, counts.drops_left_out, "report of a drop", "reports of drops");
    add(&left, counts.incomplete, "packet that is not complete", "packets that are not complete");
    add(&left, counts.unlinked, "packet without a link layer", "packets without a link layer");
    add(&left, counts.unreadable, "packet event that cannot be read", "packet events that cannot be read");
    cli_message("%s packet%s of %s interface%s%s%s", cli_grouped(packets, counts.packets),
                counts.packets == 1 ? "" : "s", cli_grouped(interfaces, counts.interfaces),
                counts.interfaces == 1 ? "" : "s", left.length ? "; left out: " : "", left.text);
    if (counts.packets == 0 && counts.left_out == 0 && counts.drops_left_out == 0)
        cli_message("packets are in traces of 'netsh trace start capture=yes' and 'pktmon start --capture'; the other "
                    "formats show the other events");
    else if (!dropped && (counts.left_out || counts.drops_left_out))
        cli_message("--packets all writes a packet at each component that it passes, --packets dropped those that "
                    "were dropped");
}
