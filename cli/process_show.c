/* SPDX-License-Identifier: MIT */
/* Shows a tree of processes: as lines for eyes, as one JSON object a process. Makes nothing of what it shows. */
#include "columns.h"
#include "json.h"
#include "process_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MOST = 32, /* levels that are indented; trees of hostile traces are deep */
    TIME_WIDTH = 24,
    TEXT_ROOM = 32
};

/* "2020-10-30 05:10:54.1201"; "" of a time that is not told. */
static const char *time_text(int64_t filetime, char text[ETWKIT_TIME_TEXT]) {
    char iso[ETWKIT_TIME_TEXT];
    *text = 0;
    if (filetime && etwkit_time_format(filetime, iso, NULL) == ETWKIT_OK)
        cli_format(text, ETWKIT_TIME_TEXT, "%.10s %.13s", iso, iso + 11);
    return text;
}

static const char *number_text(uint32_t number, bool told, char text[TEXT_ROOM]) {
    cli_format(text, TEXT_ROOM, number >> 31 ? "0x%08" PRIx32 : "%" PRIu32, number);
    return told ? text : "";
}

static void put_images(cli_output *output, const process_tree *tree, size_t at, size_t indent) {
    char load[ETWKIT_TIME_TEXT], unload[ETWKIT_TIME_TEXT], base[TEXT_ROOM];
    for (; at != PROCESS_NONE; at = tree->images[at].next) {
        const process_image *image = &tree->images[at];
        char *path = column_printable(image->path ? image->path : "?");
        cli_output_text(output, "         ");
        column_left(output, time_text(image->load, load), TIME_WIDTH);
        column_left(output, time_text(image->unload, unload), TIME_WIDTH);
        cli_format(base, sizeof base, "0x%" PRIx64, image->base);
        column_left(output, base, 19);
        column_pad(output, 0, indent);
        cli_output_text(output, path);
        cli_output_text(output, "\n");
        free(path);
    }
}

static void put_process(cli_output *output, const process_node *node) {
    const etwkit_process *is = node->is;
    char pid[TEXT_ROOM], session[TEXT_ROOM], status[TEXT_ROOM], start[ETWKIT_TIME_TEXT], end[ETWKIT_TIME_TEXT];
    size_t depth = node->depth < DEPTH_MOST ? node->depth : DEPTH_MOST;
    char *name = column_printable(is->name ? is->name : "?");
    char *command_line = column_printable(is->command_line ? is->command_line : "");
    cli_format(pid, sizeof pid, "%" PRIu32, is->process_id);
    column_right(output, pid, 7);
    column_left(output, time_text(is->start, start), TIME_WIDTH);
    column_left(output, time_text(is->end, end), TIME_WIDTH);
    column_right(output, number_text(is->session_id, is->session_id != ETWKIT_NO_ID, session), 7);
    column_left(output, number_text(is->exit_status, is->has_exit_status, status), 10);
    column_pad(output, 0, depth * 2);
    cli_output_text(output, name);
    if (*command_line)
        cli_output_printf(output, "  %s", command_line);
    cli_output_text(output, "\n");
    free(name);
    free(command_line);
}

void process_print_text(cli_output *output, const process_tree *tree, bool with_images) {
    cli_output_text(output,
                    "    PID  START (UTC)               END                       SESSION  EXIT        PROCESS\n");
    for (size_t i = 0; i < tree->shown && !output->failed; i++) {
        const process_node *node = &tree->nodes[tree->order[i]];
        size_t depth = node->depth < DEPTH_MOST ? node->depth : DEPTH_MOST;
        put_process(output, node);
        if (with_images)
            put_images(output, tree, node->first_image, depth * 2 + 2);
    }
}

static void put_number(json_object *json, const char *key, uint64_t number, bool known) {
    if (known) {
        json_number(json, key, number);
        return;
    }
    json_key(json, key);
    cli_output_text(json->output, "null");
}

static void put_image(cli_output *output, const process_image *image) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_text(&json, "path", image->path);
    json_key(&json, "base");
    cli_output_printf(output, "\"0x%" PRIx64 "\"", image->base);
    json_number(&json, "size", image->size);
    json_time(&json, "load_time", image->load, image->load != 0);
    json_time(&json, "unload_time", image->unload, image->unload != 0);
    cli_output_text(output, "}");
}

static void put_object(cli_output *output, const process_tree *tree, const process_node *node) {
    const etwkit_process *is = node->is;
    int64_t parent_start = node->parent == PROCESS_NONE ? 0 : tree->nodes[node->parent].is->start;
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_number(&json, "process_id", is->process_id);
    put_number(&json, "parent_process_id", is->parent_id, is->parent_id != ETWKIT_NO_ID);
    json_time(&json, "parent_start_time", parent_start, parent_start != 0);
    json_text(&json, "name", is->name);
    json_text(&json, "command_line", is->command_line);
    json_time(&json, "start_time", is->start, is->start != 0);
    json_time(&json, "end_time", is->end, is->end != 0);
    put_number(&json, "session_id", is->session_id, is->session_id != ETWKIT_NO_ID);
    json_text(&json, "user_sid", is->user_sid);
    put_number(&json, "exit_status", is->exit_status, is->has_exit_status);
    json_time(&json, "boot_time", is->boot_time, is->boot_time != 0);
    json_key(&json, "images");
    cli_output_text(output, "[");
    for (size_t at = node->first_image; at != PROCESS_NONE; at = tree->images[at].next) {
        cli_output_text(output, at == node->first_image ? "" : ",");
        put_image(output, &tree->images[at]);
    }
    cli_output_text(output, "]}\n");
}

void process_print_json(cli_output *output, const process_tree *tree) {
    for (size_t i = 0; i < tree->shown && !output->failed; i++)
        put_object(output, tree, &tree->nodes[tree->order[i]]);
}
