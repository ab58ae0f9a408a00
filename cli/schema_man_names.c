/* SPDX-License-Identifier: MIT */
/* The names that elements of a manifest refer to each other by, and XML text. Knows no element. */
#include "schema_man.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct built_in_name {
    etwkit_name_kind kind;
    uint64_t value;
    const char *name;
} built_in_name;

/* Of Windows' winmeta.xml, which all manifests have without naming it. */
static const built_in_name built_in_names[] = {
    {ETWKIT_NAME_LEVEL, 0, "win:LogAlways"},
    {ETWKIT_NAME_LEVEL, 1, "win:Critical"},
    {ETWKIT_NAME_LEVEL, 2, "win:Error"},
    {ETWKIT_NAME_LEVEL, 3, "win:Warning"},
    {ETWKIT_NAME_LEVEL, 4, "win:Informational"},
    {ETWKIT_NAME_LEVEL, 5, "win:Verbose"},
    {ETWKIT_NAME_OPCODE, 0, "win:Info"},
    {ETWKIT_NAME_OPCODE, 1, "win:Start"},
    {ETWKIT_NAME_OPCODE, 2, "win:Stop"},
    {ETWKIT_NAME_OPCODE, 3, "win:DC_Start"},
    {ETWKIT_NAME_OPCODE, 4, "win:DC_Stop"},
    {ETWKIT_NAME_OPCODE, 5, "win:Extension"},
    {ETWKIT_NAME_OPCODE, 6, "win:Reply"},
    {ETWKIT_NAME_OPCODE, 7, "win:Resume"},
    {ETWKIT_NAME_OPCODE, 8, "win:Suspend"},
    {ETWKIT_NAME_OPCODE, 9, "win:Send"},
    {ETWKIT_NAME_OPCODE, 240, "win:Receive"},
    {ETWKIT_NAME_TASK, 0, "win:None"},
    {ETWKIT_NAME_KEYWORD, 0x0001000000000000, "win:ResponseTime"},
    {ETWKIT_NAME_KEYWORD, 0x0002000000000000, "win:WDIContext"},
    {ETWKIT_NAME_KEYWORD, 0x0004000000000000, "win:WDIDiag"},
    {ETWKIT_NAME_KEYWORD, 0x0008000000000000, "win:SQM"},
    {ETWKIT_NAME_KEYWORD, 0x0010000000000000, "win:AuditFailure"},
    {ETWKIT_NAME_KEYWORD, 0x0020000000000000, "win:AuditSuccess"},
    {ETWKIT_NAME_KEYWORD, 0x0040000000000000, "win:CorrelationHint"},
    {ETWKIT_NAME_KEYWORD, 0x0080000000000000, "win:EventlogClassic"},
};

const char *man_built_in(etwkit_name_kind kind, uint64_t value) {
    for (size_t i = 0; i < sizeof built_in_names / sizeof built_in_names[0]; i++)
        if (built_in_names[i].kind == kind && built_in_names[i].value == value)
            return built_in_names[i].name;
    return NULL;
}

static char *copy_with(const char *name, const char *behind) {
    size_t size = strlen(name) + strlen(behind) + 1;
    char *copy = cli_resize(NULL, size, 1);
    cli_format(copy, size, "%s%s", name, behind);
    return copy;
}

/* Opcodes of different tasks may share a name; all else shares one scope. Neighbours after sorting have the same. */
static int by_name(const void *a, const void *b) {
    const man_name *const *one = a, *const *other = b;
    uint64_t scope = (*one)->value >> 16, other_scope = (*other)->value >> 16;
    int names = strcmp((*one)->name, (*other)->name);
    if (names)
        return names;
    if (scope != other_scope)
        return scope < other_scope ? -1 : 1;
    return (*one)->value < (*other)->value ? -1 : (*one)->value > (*other)->value;
}

static void make_unique(man_table *table, bool opcodes) {
    man_name **sorted = cli_resize(NULL, table->count + 1, sizeof *sorted);
    char *first = NULL;
    uint64_t scope = 0;
    for (size_t i = 0; i < table->count; i++)
        sorted[i] = &table->names[i];
    qsort(sorted, table->count, sizeof *sorted, by_name);
    for (size_t i = 0; i < table->count; i++) {
        bool again = first && strcmp(first, sorted[i]->name) == 0 && (!opcodes || scope == sorted[i]->value >> 16);
        if (!again) {
            first = sorted[i]->name;
            scope = sorted[i]->value >> 16;
            continue;
        }
        char number[32];
        char *old = sorted[i]->name;
        cli_format(number, sizeof number, "_%" PRIu64, sorted[i]->value);
        sorted[i]->name = copy_with(old, number);
        free(old);
    }
    free(sorted);
}

static void collect_names(schema_man *man, etwkit_name_kind kind) {
    const schema_view *view = man->view;
    man_table *table = &man->tables[kind];
    uint64_t value = 0;
    const char *name = "";
    for (size_t i = 0; etwkit_library_name(view->library, view->provider, kind, i, &value, &name) == ETWKIT_OK; i++) {
        const char *built_in = man_built_in(kind, value);
        if (!*name || !schema_uses_name(view, kind, value))
            continue;
        table->names = cli_resize(table->names, table->count + 1, sizeof *table->names);
        table->names[table->count++] = (man_name){value, copy_with(name, ""), built_in && strcmp(built_in, name) == 0};
    }
    make_unique(table, kind == ETWKIT_NAME_OPCODE);
}

static void add_map(schema_man *man, const etwkit_map *map) {
    char number[32] = "";
    size_t same = 1;
    for (size_t i = 0; i < man->map_count; i++) {
        if (strcmp(etwkit_map_name(man->maps[i].map), etwkit_map_name(map)) != 0)
            continue;
        if (schema_same_map(man->maps[i].map, map))
            return;
        same++;
    }
    if (same > 1)
        cli_format(number, sizeof number, "_%zu", same);
    man->maps = cli_resize(man->maps, man->map_count + 1, sizeof *man->maps);
    man->maps[man->map_count++] = (man_map){map, copy_with(etwkit_map_name(map), number)};
}

static void add_map_of(schema_man *man, const etwkit_field *field) {
    if (etwkit_field_map(field))
        add_map(man, etwkit_field_map(field));
    for (size_t i = 0; i < etwkit_field_member_count(field); i++)
        add_map_of(man, etwkit_field_member_at(field, i));
}

void man_collect(schema_man *man) {
    const schema_view *view = man->view;
    for (size_t kind = 0; kind < MAN_TABLES; kind++)
        collect_names(man, (etwkit_name_kind)kind);
    for (size_t i = 0; i < view->map_count; i++)
        add_map(man, view->maps[i]);
    for (size_t e = 0; e < view->count; e++)
        for (size_t i = 0; i < etwkit_schema_field_count(view->events[e].schema); i++)
            add_map_of(man, etwkit_schema_field_at(view->events[e].schema, i));
}

void man_free(schema_man *man) {
    for (size_t kind = 0; kind < MAN_TABLES; kind++) {
        for (size_t i = 0; i < man->tables[kind].count; i++)
            free(man->tables[kind].names[i].name);
        free(man->tables[kind].names);
    }
    for (size_t i = 0; i < man->map_count; i++)
        free(man->maps[i].name);
    free(man->maps);
}

const man_name *man_find(const schema_man *man, etwkit_name_kind kind, uint64_t value) {
    const man_table *table = &man->tables[kind];
    for (size_t i = 0; i < table->count; i++)
        if (table->names[i].value == value)
            return &table->names[i];
    return NULL;
}

const char *man_map_name(const schema_man *man, const etwkit_map *map) {
    for (size_t i = 0; i < man->map_count; i++)
        if (schema_same_map(man->maps[i].map, map))
            return man->maps[i].name;
    return etwkit_map_name(map);
}

/* XML. */

/* Characters that XML has no room for, and those that a terminal would obey: what stands for them, or NULL. */
static const char *replacement_of(const char *at, size_t left, size_t *size, char text[16]) {
    unsigned char c = (unsigned char)at[0], second = left > 1 ? (unsigned char)at[1] : 0;
    unsigned char third = left > 2 ? (unsigned char)at[2] : 0;
    *size = 1;
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: break;
    }
    uint32_t character = c < 0x80 ? c : 0;
    if ((c & 0xE0) == 0xC0) {
        *size = 2;
        character = (c & 0x1Fu) << 6 | (second & 0x3Fu);
    } else if ((c & 0xF0) == 0xE0) {
        *size = 3;
        character = (c & 0x0Fu) << 12 | (second & 0x3Fu) << 6 | (third & 0x3Fu);
    }
    if ((c < 0x20) || character == 0xFFFE || character == 0xFFFF)
        return "\xEF\xBF\xBD"; /* U+FFFD */
    char shown[CLI_PRINTABLE(3) + 1];
    if (character < 0x7F || *size > left || cli_printable(shown, at, *size) <= *size)
        return NULL;
    cli_format(text, 16, "&#x%" PRIX32 ";", character);
    return text;
}

void man_text(cli_output *output, const char *text) {
    const char *end = text + strlen(text), *plain = text;
    for (const char *at = text; at < end;) {
        char reference[16];
        size_t size = 1;
        const char *instead = replacement_of(at, (size_t)(end - at), &size, reference);
        if (instead) {
            (void)cli_output_write(output, plain, (size_t)(at - plain), NULL);
            cli_output_text(output, instead);
            plain = at + size;
        }
        at += size;
    }
    (void)cli_output_write(output, plain, strlen(plain), NULL);
}

/* Two dashes would end a comment. */
void man_comment_text(cli_output *output, const char *text) {
    size_t length = strlen(text);
    char *shown = cli_resize(NULL, CLI_PRINTABLE(length) + 1, 1);
    shown[cli_printable(shown, text, length)] = 0;
    for (size_t i = 0; shown[i]; i++)
        if (shown[i] == '-' && (shown[i + 1] == '-' || !shown[i + 1]))
            shown[i] = '_';
    cli_output_text(output, shown);
    free(shown);
}

void man_attribute(cli_output *output, const char *name, const char *value) {
    cli_output_printf(output, " %s=\"", name);
    man_text(output, value);
    cli_output_text(output, "\"");
}

void man_attribute_number(cli_output *output, const char *name, uint64_t value) {
    cli_output_printf(output, " %s=\"%" PRIu64 "\"", name, value);
}

void man_attribute_hex(cli_output *output, const char *name, uint64_t value) {
    cli_output_printf(output, " %s=\"0x%" PRIx64 "\"", name, value);
}
