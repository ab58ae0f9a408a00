/* SPDX-License-Identifier: MIT */
/* Replays traces through a session and writes what its reader gets as JSON lines: replay-events name=value... TRACE...
 */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static etwkit_status write_out(void *context, const void *data, size_t size, etwkit_error *error) {
    (void)error;
    return fwrite(data, 1, size, context) == size ? ETWKIT_OK : ETWKIT_E_IO;
}

static int failed(const etwkit_error *error) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

/* "provider=GUID:level:any:all:ignore-keyword-0:id", numbers in hex; id 0: every one. */
static etwkit_status enable(etwkit_session *session, const char *text, etwkit_error *error) {
    etwkit_enable wanted = ETWKIT_ENABLE;
    etwkit_guid id;
    unsigned level = 0, ignore = 0, event_id = 0;
    char guid[40];
    (void)sscanf(text, "%36[^:]:%x:%" SCNx64 ":%" SCNx64 ":%x:%x", guid, &level, &wanted.keywords_any,
                 &wanted.keywords_all, &ignore, &event_id);
    const uint16_t ids[] = {(uint16_t)event_id};
    wanted.level = (uint8_t)level;
    wanted.ignore_keyword_0 = ignore != 0;
    wanted.event_ids = ids;
    wanted.event_id_count = event_id != 0;
    etwkit_status status = etwkit_guid_parse(&id, guid);
    return status ? status : etwkit_session_enable(session, &id, &wanted, error);
}

static etwkit_status copy_to(etwkit_session *session, etwkit_sink *sink, etwkit_trace *trace, uint64_t most,
                             etwkit_error *error) {
    const etwkit_batch *batch;
    etwkit_status status;
    uint64_t count = 0;
    while ((status = etwkit_trace_next(trace, &batch, error)) == ETWKIT_OK) {
        status = etwkit_sink_batch(sink, trace, batch, etwkit_batch_count(batch), error);
        count += etwkit_batch_count(batch);
        if (status)
            return status;
        if (count >= most && etwkit_session_is_running(session)) {
            status = etwkit_session_stop(session, error); /* the rest of the channel is still read */
            if (status)
                return status;
        }
    }
    return status == ETWKIT_END ? ETWKIT_OK : status;
}

static void print_stats(const etwkit_session *session) {
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    fprintf(stderr,
            "{\"received\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"filtered\": %" PRIu64 ", \"lost\": %" PRIu64
            ", \"in_flight\": %" PRIu64 "}\n",
            stats.events_received, stats.events_delivered, stats.events_filtered, etwkit_session_events_lost(&stats),
            stats.events_in_flight);
}

int main(int argc, char **argv) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_replay replay = ETWKIT_REPLAY;
    etwkit_session *session = NULL;
    etwkit_trace *trace = NULL;
    etwkit_sink *sink = NULL;
    etwkit_error error = {0};
    uint64_t most = UINT64_MAX;
    const char *providers[16];
    int provider_count = 0, first = 1;
    replay.speed = 0;
    for (; first < argc && strchr(argv[first], '='); first++) {
        const char *argument = argv[first], *value = strchr(argument, '=') + 1;
        if (strncmp(argument, "speed=", 6) == 0)
            replay.speed = strtod(value, NULL);
        else if (strncmp(argument, "everything=", 11) == 0)
            replay.everything = *value == '1';
        else if (strncmp(argument, "most=", 5) == 0)
            most = strtoull(value, NULL, 10);
        else if (strncmp(argument, "channel=", 8) == 0)
            options.channel_events = (uint32_t)strtoul(value, NULL, 10);
        else if (strncmp(argument, "overflow=", 9) == 0)
            options.overflow = (etwkit_overflow)strtoul(value, NULL, 10);
        else if (strncmp(argument, "provider=", 9) == 0 && provider_count < 16)
            providers[provider_count++] = value;
        else
            return 2;
    }
    replay.paths = (const char *const *)&argv[first];
    replay.path_count = (size_t)(argc - first);
    if (etwkit_session_new(&session, "replay", &options, &error) || etwkit_session_replay(session, &replay, &error))
        return failed(&error);
    for (int i = 0; i < provider_count; i++)
        if (enable(session, providers[i], &error))
            return failed(&error);
    etwkit_sink_options sink_options = {
        .struct_size = sizeof sink_options, .format = ETWKIT_FORMAT_JSONL, .write = write_out, .context = stdout};
    if (etwkit_session_start(session, &error) || etwkit_trace_open_session(&trace, session, NULL, &error) ||
        etwkit_sink_open(&sink, &sink_options, &error) || copy_to(session, sink, trace, most, &error) ||
        etwkit_sink_flush(sink, &error) || etwkit_session_stop(session, &error))
        return failed(&error);
    etwkit_sink_close(&sink);
    etwkit_trace_close(&trace);
    print_stats(session);
    etwkit_session_free(&session);
    return 0;
}
