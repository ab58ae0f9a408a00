/* SPDX-License-Identifier: MIT */
/* From batches to a sink to an output. */
#include "show.h"

#include "system.h"

#include <string.h>

#define AT(member) offsetof(show_options, member)

const cli_option show_option_table[] = {
    {"format", 'f', CLI_CHOICE, "text|jsonl|csv", AT(format),
     "text is for eyes, jsonl (one JSON object a line) and csv\nfor programs; default: text to a terminal, else jsonl"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {"limit", 'n', CLI_NUMBER, "N", AT(limit), "show the first N events only"},
    {"numeric", 0, CLI_FLAG, NULL, AT(numeric), "mapped values as numbers, not as labels"},
    {"names", 0, CLI_FLAG, NULL, AT(names),
     "the names of level, opcode, task, channel and keywords,\nwhere they are known"},
    {"message", 0, CLI_FLAG, NULL, AT(message), "the event's message with its values in it, where there is\none"},
    {"payload", 0, CLI_FLAG, NULL, AT(payload), "the bytes of the payload in hex, too"},
    {"local", 0, CLI_FLAG, NULL, AT(local), "text: times in the local time zone (default: UTC)"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static etwkit_format format_of(const show *it) {
    const char *format = it->options->format;
    if (!format)
        return it->output.terminal ? ETWKIT_FORMAT_TEXT : ETWKIT_FORMAT_JSONL;
    return strcmp(format, "text") == 0  ? ETWKIT_FORMAT_TEXT
           : strcmp(format, "csv") == 0 ? ETWKIT_FORMAT_CSV
                                        : ETWKIT_FORMAT_JSONL;
}

int show_begin(show *it, const char *command, const show_options *options) {
    it->options = options;
    it->left = options->limit;
    it->output.file = SYSTEM_NO_FILE;
    if (!cli_output_open(&it->output, options->output, NULL))
        return CLI_USAGE;
    bool text = format_of(it) == ETWKIT_FORMAT_TEXT;
    if (options->local && !text)
        return cli_usage(command, "--local is for --format text: the other formats' times are always UTC");
    unsigned flags = 0;
    flags |= options->numeric ? ETWKIT_SINK_NUMERIC : 0u;
    flags |= options->names ? ETWKIT_SINK_NAMES : 0u;
    flags |= options->message ? ETWKIT_SINK_MESSAGE : 0u;
    flags |= options->payload ? ETWKIT_SINK_PAYLOAD : 0u;
    flags |= options->local ? ETWKIT_SINK_LOCAL : 0u;
    flags |= text && it->output.terminal && system_wants_color() ? ETWKIT_SINK_COLOR : 0u;
    etwkit_sink_options how = {.struct_size = sizeof how,
                               .format = format_of(it),
                               .flags = flags,
                               .write = cli_output_write,
                               .context = &it->output,
                               .threads = 1};
    etwkit_error error;
    if (etwkit_sink_open(&it->sink, &how, &error) == ETWKIT_OK)
        return CLI_GO_ON;
    cli_message("%s", error.message);
    return CLI_USAGE;
}

bool show_goes_on(const show *it) {
    return it->left && !it->output.failed;
}

etwkit_status show_batch(show *it, etwkit_trace *trace, const etwkit_batch *batch, etwkit_error *error) {
    size_t count = etwkit_batch_count(batch);
    if (!show_goes_on(it) || count == 0)
        return ETWKIT_OK;
    if (count > it->left)
        count = (size_t)it->left;
    it->left -= count;
    etwkit_status status = etwkit_sink_batch(it->sink, trace, batch, count, error);
    return it->output.failed ? ETWKIT_OK : status;
}

void show_flush(show *it) {
    (void)etwkit_sink_flush(it->sink, NULL);
    cli_output_flush(&it->output);
}

int show_end(show *it) {
    if (it->sink)
        show_flush(it);
    etwkit_sink_close(&it->sink);
    return cli_output_close(&it->output);
}
