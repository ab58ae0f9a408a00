/* SPDX-License-Identifier: MIT */
/* Writes a provider as an instrumentation manifest. docs/command.md says what a manifest cannot say, and what is done.
 */
#include "schema_man.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Letters, digits and '_': an identifier of C, as mc.exe wants one for a provider. */
static void put_symbol(cli_output *output, const char *name) {
    char symbol[128] = "Provider";
    size_t used = 0;
    if (*name >= '0' && *name <= '9')
        symbol[used++] = '_';
    for (; *name && used < sizeof symbol - 1; name++) {
        bool fits = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z');
        symbol[used++] = fits ? *name : '_';
    }
    if (used)
        symbol[used] = 0;
    man_attribute(output, "symbol", symbol);
}

static void put_provider(const schema_man *man) {
    const char *name = etwkit_provider_name(man->view->provider);
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(etwkit_provider_id(man->view->provider), id);
    cli_output_text(man->output, "      <provider");
    man_attribute(man->output, "name", name);
    cli_output_printf(man->output, " guid=\"{%s}\"", id);
    put_symbol(man->output, name);
    /* mc.exe wants to know where the binary resource will be; nobody knows here. */
    cli_output_text(man->output, " resourceFileName=\"provider.dll\" messageFileName=\"provider.dll\">\n");
}

/* Tables of names. */

static size_t count_declared(const schema_man *man, etwkit_name_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < man->tables[kind].count; i++)
        count += !man->tables[kind].names[i].built_in;
    return count;
}

static void put_named(cli_output *output, const char *indent, const char *element, const man_name *name) {
    cli_output_printf(output, "%s<%s", indent, element);
    man_attribute(output, "name", name->name);
    man_attribute_number(output, "value", name->value & 0xFFFF);
}

static void put_levels(const schema_man *man) {
    const man_table *table = &man->tables[ETWKIT_NAME_LEVEL];
    if (count_declared(man, ETWKIT_NAME_LEVEL) == 0)
        return;
    cli_output_text(man->output, "        <levels>\n");
    for (size_t i = 0; i < table->count; i++)
        if (!table->names[i].built_in) {
            put_named(man->output, "          ", "level", &table->names[i]);
            cli_output_text(man->output, "/>\n");
        }
    cli_output_text(man->output, "        </levels>\n");
}

/* The opcodes of one task, or those of all tasks (0). Returns how many; `output` NULL: counts only. */
static size_t put_opcodes(const schema_man *man, cli_output *output, uint64_t task, const char *indent) {
    const man_table *table = &man->tables[ETWKIT_NAME_OPCODE];
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        const man_name *name = &table->names[i];
        if (name->value >> 16 != task || name->built_in)
            continue;
        count++;
        if (!output)
            continue;
        put_named(output, indent, "opcode", name);
        cli_output_text(output, "/>\n");
    }
    return count;
}

static void put_task(const schema_man *man, const man_name *task) {
    put_named(man->output, "          ", "task", task);
    if (task->value == 0 || put_opcodes(man, NULL, task->value, "") == 0) {
        cli_output_text(man->output, "/>\n");
        return;
    }
    cli_output_text(man->output, ">\n            <opcodes>\n");
    put_opcodes(man, man->output, task->value, "              ");
    cli_output_text(man->output, "            </opcodes>\n          </task>\n");
}

/* A task is an element because it has a name: opcodes of a task without one have no place. */
static void put_homeless_opcodes(const schema_man *man) {
    const man_table *table = &man->tables[ETWKIT_NAME_OPCODE];
    for (size_t i = 0; i < table->count; i++) {
        uint64_t task = table->names[i].value >> 16;
        if (!task || man_find(man, ETWKIT_NAME_TASK, task))
            continue;
        cli_output_printf(man->output, "        <!-- task %" PRIu64 ", which has no name, has the opcode %" PRIu64 ": ",
                          task, table->names[i].value & 0xFFFF);
        man_comment_text(man->output, table->names[i].name);
        cli_output_text(man->output, " -->\n");
    }
}

static void put_tasks(const schema_man *man) {
    const man_table *table = &man->tables[ETWKIT_NAME_TASK];
    if (count_declared(man, ETWKIT_NAME_TASK)) {
        cli_output_text(man->output, "        <tasks>\n");
        for (size_t i = 0; i < table->count; i++)
            if (!table->names[i].built_in)
                put_task(man, &table->names[i]);
        cli_output_text(man->output, "        </tasks>\n");
    }
    if (put_opcodes(man, NULL, 0, "")) {
        cli_output_text(man->output, "        <opcodes>\n");
        put_opcodes(man, man->output, 0, "          ");
        cli_output_text(man->output, "        </opcodes>\n");
    }
    put_homeless_opcodes(man);
}

static void put_keywords(const schema_man *man) {
    const man_table *table = &man->tables[ETWKIT_NAME_KEYWORD];
    if (count_declared(man, ETWKIT_NAME_KEYWORD) == 0)
        return;
    cli_output_text(man->output, "        <keywords>\n");
    for (size_t i = 0; i < table->count; i++) {
        if (table->names[i].built_in)
            continue;
        cli_output_text(man->output, "          <keyword");
        man_attribute(man->output, "name", table->names[i].name);
        man_attribute_hex(man->output, "mask", table->names[i].value);
        cli_output_text(man->output, "/>\n");
    }
    cli_output_text(man->output, "        </keywords>\n");
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* A channel's type is not kept, but its name tells: "Microsoft-Windows-DNS-Client/Operational". */
static const char *channel_type(const char *name) {
    static const char *const types[] = {"Admin", "Analytic", "Debug"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (ends_with(name, types[i]))
            return types[i];
    return "Operational";
}

/* Those that all providers share are imported, by name. */
static bool is_shared(const man_name *channel) {
    static const char *const shared[] = {"System", "Application", "Security"};
    return channel->value >= 8 && channel->value <= 10 && strcmp(channel->name, shared[channel->value - 8]) == 0;
}

static void put_channels(const schema_man *man) {
    const man_table *table = &man->tables[ETWKIT_NAME_CHANNEL];
    if (table->count == 0)
        return;
    cli_output_text(man->output, "        <channels>\n");
    for (size_t i = 0; i < table->count; i++) {
        const man_name *channel = &table->names[i];
        cli_output_printf(man->output, "          <%s", is_shared(channel) ? "importChannel" : "channel");
        man_attribute(man->output, "name", channel->name);
        cli_output_printf(man->output, " chid=\"C%" PRIu64 "\"", channel->value);
        if (!is_shared(channel)) {
            man_attribute(man->output, "type", channel_type(channel->name));
            man_attribute_number(man->output, "value", channel->value);
        }
        cli_output_text(man->output, "/>\n");
    }
    cli_output_text(man->output, "        </channels>\n");
}

/* Events. */

/* By name, where the manifest has one for it, else by number. */
static void put_reference(const schema_man *man, const char *attribute, etwkit_name_kind kind, uint64_t value) {
    const man_name *name = man_find(man, kind, value);
    const char *built_in = man_built_in(kind, value);
    if (name)
        man_attribute(man->output, attribute, name->name);
    else if (built_in)
        man_attribute(man->output, attribute, built_in);
    else
        man_attribute_number(man->output, attribute, value);
}

/* Opcodes of the event's task come first, and their names hide others. */
static void put_opcode(const schema_man *man, const etwkit_schema *schema) {
    uint64_t opcode = etwkit_schema_opcode(schema), task = etwkit_schema_task(schema);
    const man_name *own =
        task && man_find(man, ETWKIT_NAME_TASK, task) ? man_find(man, ETWKIT_NAME_OPCODE, task << 16 | opcode) : NULL;
    const man_name *shared = man_find(man, ETWKIT_NAME_OPCODE, opcode);
    const char *built_in = man_built_in(ETWKIT_NAME_OPCODE, opcode);
    const char *name = own ? own->name : shared ? shared->name : built_in;
    const man_table *table = &man->tables[ETWKIT_NAME_OPCODE];
    bool hidden = false;
    for (size_t i = 0; name && !own && i < table->count; i++)
        hidden |= table->names[i].value >> 16 == task && table->names[i].value != opcode &&
                  strcmp(table->names[i].name, name) == 0;
    if (name && !hidden)
        man_attribute(man->output, "opcode", name);
    else
        man_attribute_number(man->output, "opcode", opcode);
}

/* Names where they are one word each, the other bits as a number. */
static void put_event_keywords(const schema_man *man, uint64_t keywords) {
    const man_table *table = &man->tables[ETWKIT_NAME_KEYWORD];
    uint64_t left = keywords;
    const char *between = "";
    cli_output_text(man->output, " keywords=\"");
    for (size_t i = 0; i < table->count; i++) {
        const man_name *name = &table->names[i];
        if (!name->value || (name->value & keywords) != name->value || strpbrk(name->name, " \t\r\n"))
            continue;
        cli_output_text(man->output, between);
        man_text(man->output, name->name);
        left &= ~name->value;
        between = " ";
    }
    if (left)
        cli_output_printf(man->output, "%s0x%" PRIx64, between, left);
    cli_output_text(man->output, "\"");
}

/* Is it what an event is called that has no name of its own? */
static bool is_usual_name(const etwkit_schema *schema) {
    const char *task = etwkit_schema_task_name(schema), *opcode = etwkit_schema_opcode_name(schema);
    const char *name = etwkit_schema_event_name(schema);
    char number[32];
    cli_format(number, sizeof number, "Event(%u)", etwkit_schema_event_id(schema));
    if (!task || !*task)
        return strcmp(name, number) == 0;
    size_t length = strlen(task);
    if (strncmp(name, task, length) != 0)
        return false;
    if (!opcode || !*opcode || strcmp(opcode, "Info") == 0)
        return name[length] == 0;
    return name[length] == '/' && strcmp(name + length + 1, opcode) == 0;
}

static void put_event(const schema_man *man, const schema_event *event) {
    const etwkit_schema *schema = event->schema;
    cli_output *output = man->output;
    cli_output_text(output, "          <event");
    man_attribute_number(output, "value", etwkit_schema_event_id(schema));
    man_attribute_number(output, "version", etwkit_schema_version(schema));
    if (!is_usual_name(schema))
        man_attribute(output, "name", etwkit_schema_event_name(schema));
    put_reference(man, "level", ETWKIT_NAME_LEVEL, etwkit_schema_level(schema));
    if (etwkit_schema_channel(schema)) {
        cli_output_printf(output,
                          man_find(man, ETWKIT_NAME_CHANNEL, etwkit_schema_channel(schema)) ? " channel=\"C%u\""
                                                                                            : " channel=\"%u\"",
                          etwkit_schema_channel(schema));
    }
    if (etwkit_schema_task(schema) || man_find(man, ETWKIT_NAME_TASK, 0))
        put_reference(man, "task", ETWKIT_NAME_TASK, etwkit_schema_task(schema));
    put_opcode(man, schema);
    if (etwkit_schema_keywords(schema))
        put_event_keywords(man, etwkit_schema_keywords(schema));
    if (etwkit_schema_field_count(schema)) {
        char name[32];
        man_template_name(schema, name, sizeof name);
        man_attribute(output, "template", name);
    }
    if (etwkit_schema_message(schema)) {
        char name[MAN_MESSAGE_ID];
        man_message_id(schema, name);
        cli_output_printf(output, " message=\"$(string.%s)\"", name);
    }
    cli_output_text(output, "/>\n");
}

static uint32_t newest_build(const schema_view *view, const schema_event *event) {
    uint32_t newest = 0, build;
    for (size_t i = 0; (build = schema_build(view, event, i)); i++)
        newest = build > newest ? build : newest;
    return newest;
}

static bool same_version(const schema_event *event, const schema_event *other) {
    return etwkit_schema_event_id(event->schema) == etwkit_schema_event_id(other->schema) &&
           etwkit_schema_version(event->schema) == etwkit_schema_version(other->schema);
}

/* Where builds of Windows disagree about a version of an event, the layout of the newest is the one. They are
 * neighbours. */
static bool is_newest(const schema_view *view, size_t at) {
    const schema_event *event = &view->events[at];
    uint32_t build = newest_build(view, event);
    bool newest = true;
    for (size_t i = at; newest && i-- > 0 && same_version(event, &view->events[i]);)
        newest = newest_build(view, &view->events[i]) <= build;
    for (size_t i = at + 1; newest && i < view->count && same_version(event, &view->events[i]); i++)
        newest = newest_build(view, &view->events[i]) < build;
    return newest;
}

static void put_left_out(const schema_man *man, const etwkit_schema *schema, const char *why) {
    cli_output_printf(man->output, "          <!-- event %u, version %u is left out: %s -->\n",
                      etwkit_schema_event_id(schema), etwkit_schema_version(schema), why);
}

/* The events that a manifest can describe come into the view's front, the others are told. */
static size_t sort_out(schema_man *man, schema_event *kept) {
    size_t count = 0;
    for (size_t i = 0; i < man->view->count; i++) {
        const schema_event *event = &man->view->events[i];
        const char *why = man_obstacle(event->schema);
        if (!why && schema_stops_at(man->view, event) && etwkit_schema_field_count(event->schema) == 0)
            why = "its fields are not known"; /* without a template it would be one that has none */
        if (!why && !is_newest(man->view, i))
            why = "a newer build of Windows lays this version out differently";
        if (why) {
            man->left_out++;
            put_left_out(man, event->schema, why);
        } else {
            kept[count++] = *event;
        }
    }
    return count;
}

static void put_events(schema_man *man) {
    schema_event *kept = man->kept = cli_resize(NULL, man->view->count + 1, sizeof *kept);
    size_t count = man->kept_count = sort_out(man, kept), with_fields = 0;
    for (size_t i = 0; i < count; i++)
        with_fields += etwkit_schema_field_count(kept[i].schema) > 0;
    if (with_fields)
        cli_output_text(man->output, "        <templates>\n");
    for (size_t i = 0; i < count; i++)
        if (etwkit_schema_field_count(kept[i].schema))
            man_put_template(man, &kept[i]);
    if (with_fields)
        cli_output_text(man->output, "        </templates>\n");
    cli_output_text(man->output, "        <events>\n");
    for (size_t i = 0; i < count; i++)
        put_event(man, &kept[i]);
    cli_output_text(man->output, "        </events>\n");
}

void schema_print_man(cli_output *output, const schema_view *view) {
    schema_man man = {.output = output, .view = view};
    man_collect(&man);
    cli_output_text(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                            "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\"\n"
                            "    xmlns:win=\"http://manifests.microsoft.com/win/2004/08/windows/events\"\n"
                            "    xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n"
                            "  <instrumentation>\n    <events>\n");
    put_provider(&man);
    put_channels(&man);
    put_levels(&man);
    put_tasks(&man);
    put_keywords(&man);
    man_put_maps(&man);
    put_events(&man);
    cli_output_text(output, "      </provider>\n    </events>\n  </instrumentation>\n");
    cli_output_text(output, "  <localization>\n    <resources culture=\"en-US\">\n      <stringTable>\n");
    man_put_strings(&man);
    cli_output_text(output, "      </stringTable>\n    </resources>\n  </localization>\n</instrumentationManifest>\n");
    if (man.left_out) {
        char count[CLI_GROUPED];
        cli_message("%s event%s left out, as comments in the manifest say", cli_grouped(count, man.left_out),
                    man.left_out == 1 ? " is" : "s are");
    }
    free(man.kept);
    man_free(&man);
}
