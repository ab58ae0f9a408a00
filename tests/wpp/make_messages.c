/* SPDX-License-Identifier: MIT */
/* Writes a trace of WPP messages: make_messages TRACE < LINES. A line is "GUID NUMBER POINTER-SIZE TID PID PAYLOAD",
 * the last in hex or "-", ids in decimal or "-". For the tests. */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[1 << 18];
static uint8_t payload[1 << 16];

static size_t unhex(const char *text) {
    size_t size = 0;
    if (strcmp(text, "-") == 0)
        return 0;
    for (; text[0] && text[1]; text += 2, size++) {
        char pair[3] = {text[0], text[1], 0};
        payload[size] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return size;
}

static uint32_t to_id(const char *text) {
    return strcmp(text, "-") == 0 ? ETWKIT_NO_ID : (uint32_t)strtoul(text, NULL, 10);
}

static bool write_line(etwkit_writer *writer, int64_t ticks, etwkit_error *error) {
    const char *words[6];
    size_t count = 0;
    for (char *word = strtok(line, " \r\n"); word && count < 6; word = strtok(NULL, " \r\n"))
        words[count++] = word;
    etwkit_record record = {.header_kind = ETWKIT_HEADER_MESSAGE, .raw_timestamp = ticks, .payload = payload};
    if (count != 6 || etwkit_guid_parse(&record.provider_id, words[0]) != ETWKIT_OK)
        return false;
    record.event_id = (uint16_t)strtoul(words[1], NULL, 10);
    record.pointer_size = (uint8_t)strtoul(words[2], NULL, 10);
    record.thread_id = to_id(words[3]);
    record.process_id = to_id(words[4]);
    record.payload_size = (uint32_t)unhex(words[5]);
    return etwkit_writer_record(writer, &record, NULL, 0, error) == ETWKIT_OK;
}

int main(int argc, char **argv) {
    etwkit_writer_options options = {
        .struct_size = sizeof options, .start_time = INT64_C(133500000000000000), .start_ticks = 1000};
    etwkit_writer *writer = NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    int64_t ticks = 1000;
    bool good = argc == 2 && etwkit_writer_open(&writer, argv[1], &options, &error) == ETWKIT_OK;
    while (good && fgets(line, sizeof line, stdin))
        good = write_line(writer, ++ticks, &error);
    good = good && etwkit_writer_finish(writer, ticks, &error) == ETWKIT_OK;
    etwkit_writer_close(&writer);
    if (!good)
        (void)fprintf(stderr, "make_messages: %s\n", error.status ? error.message : "a line that is none");
    return !good;
}
