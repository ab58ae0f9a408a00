/* SPDX-License-Identifier: MIT */
/* Writes a trace: three self-describing (TraceLogging) events of one provider, in a file that any ETW tool can name. */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct request {
    uint32_t status;
    const char *url;
    double seconds;
} request;

/* One event: its fields by the builder, its header by hand. */
static etwkit_status write_request(etwkit_writer *writer, etwkit_event_builder *builder, const request *done,
                                   int64_t time, etwkit_error *err) {
    static const char provider[] = "MyCompany.MyApp";
    uint8_t traits[64];
    size_t traits_size = 0, metadata_size = 0, payload_size = 0;
    const uint8_t *metadata, *payload;

    etwkit_event_builder_begin(builder, "RequestDone", 0);
    etwkit_event_builder_scalar(builder, "status", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, &done->status);
    etwkit_event_builder_bytes(builder, "url", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, done->url, strlen(done->url));
    etwkit_event_builder_scalar(builder, "seconds", ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL, &done->seconds);
    etwkit_status status =
        etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, err);
    if (status != ETWKIT_OK)
        return status;
    status = etwkit_provider_traits(provider, NULL, traits, sizeof traits, &traits_size);
    if (status != ETWKIT_OK)
        return status;

    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                            .raw_timestamp = time,
                            .channel = 11, /* TraceLogging's */
                            .level = 4,
                            .keywords = 1,
                            .process_id = 4242,
                            .thread_id = 4243,
                            .payload = payload,
                            .payload_size = (uint32_t)payload_size};
    etwkit_guid_from_name(&record.provider_id, provider);
    const etwkit_item items[] = {{ETWKIT_ITEM_EVENT_SCHEMA_TL, (uint16_t)metadata_size, metadata},
                                 {ETWKIT_ITEM_PROV_TRAITS, (uint16_t)traits_size, traits}};
    return etwkit_writer_record(writer, &record, items, 2, err);
}

int main(int argc, char **argv) {
    static const request requests[] = {{200, "/", 0.25}, {404, "/caf\xC3\xA9", 0.125}, {500, "/api?q=1", 2.5}};
    if (argc != 2)
        return fprintf(stderr, "Usage: write NEW.etl\n"), 2;

    /* Times are FILETIMEs: 100 ns since 1601. */
    int64_t time_now = (int64_t)time(NULL) * 10000000 + ETWKIT_FILETIME_UNIX_EPOCH;
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .clock = ETWKIT_CLOCK_SYSTEM,
                                     .start_time = time_now,
                                     .session_name = "MySession"};
    etwkit_error err = {0};
    etwkit_writer *writer = NULL;
    etwkit_event_builder *builder = NULL;
    etwkit_status status = etwkit_writer_open(&writer, argv[1], &options, &err);
    if (status == ETWKIT_OK)
        status = etwkit_event_builder_new(&builder, NULL);
    for (size_t i = 0; i < 3 && status == ETWKIT_OK; i++)
        status = write_request(writer, builder, &requests[i], time_now + (int64_t)(i + 1) * 10000000, &err);
    if (status == ETWKIT_OK)
        status = etwkit_writer_finish(writer, time_now + 40000000, &err);
    etwkit_event_builder_free(&builder);
    etwkit_writer_close(&writer);
    if (status != ETWKIT_OK)
        fprintf(stderr, "%s\n", err.message[0] ? err.message : etwkit_status_name(status));
    return status != ETWKIT_OK;
}
