/* SPDX-License-Identifier: MIT */
/* Writes a trace of manifest events: make-packets TRACE < LINES. A line is "TICKS CPU PID TID GUID ID VERSION KEYWORDS
 * PAYLOAD": ticks of 100 ns since the trace began, keywords and payload in hex, "-" for none. For the tests. */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[1 << 18];
static uint8_t payload[1 << 16];

static size_t unhex(const char *text) {
    size_t size = 0;
    if (strcmp(text, "-") == 0)
        return 0;
    for (; text[0] && text[1] && size < sizeof payload; text += 2, size++) {
        char pair[3] = {text[0], text[1], 0};
        payload[size] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return size;
}

static bool write_line(etwkit_writer *writer, etwkit_error *error) {
    const char *words[9];
    size_t count = 0;
    for (char *word = strtok(line, " \r\n"); word && count < 9; word = strtok(NULL, " \r\n"))
        words[count++] = word;
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64, .pointer_size = 8, .level = 4, .payload = payload};
    if (count != 9 || etwkit_guid_parse(&record.provider_id, words[4]) != ETWKIT_OK)
        return false;
    record.raw_timestamp = strtoll(words[0], NULL, 10);
    record.processor = (uint16_t)strtoul(words[1], NULL, 10);
    record.process_id = (uint32_t)strtoul(words[2], NULL, 10);
    record.thread_id = (uint32_t)strtoul(words[3], NULL, 10);
    record.event_id = (uint16_t)strtoul(words[5], NULL, 10);
    record.version = (uint8_t)strtoul(words[6], NULL, 10);
    record.keywords = strtoull(words[7], NULL, 16);
    record.payload_size = (uint32_t)unhex(words[8]);
    return etwkit_writer_record(writer, &record, NULL, 0, error) == ETWKIT_OK;
}

int main(int argc, char **argv) {
    etwkit_writer_options options = {
        .struct_size = sizeof options, .processor_count = 8, .start_time = INT64_C(133500000000000000)};
    etwkit_writer *writer = NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    bool good = argc == 2 && etwkit_writer_open(&writer, argv[1], &options, &error) == ETWKIT_OK;
    while (good && fgets(line, sizeof line, stdin))
        good = write_line(writer, &error);
    good = good && etwkit_writer_finish(writer, INT64_C(10000000), &error) == ETWKIT_OK;
    etwkit_writer_close(&writer);
    if (!good)
        (void)fprintf(stderr, "make-packets: %s\n", error.status ? error.message : "a line that is none");
    return !good;
}
