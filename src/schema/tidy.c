/* SPDX-License-Identifier: MIT */
/* The traces that PerfView leaves in what it prints: which names it makes up, what it forgets, and how that shows. */
#include "schema/tidy.h"

#include "base/error.h"
#include "base/hash.h"

#include <string.h>

/* Longer "names" are sentences of the message table without their blanks. */
#define MAX_NAME 64
#define LAST_NAMED_TYPE ETWKIT_IN_COUNTED_ANSI /* PerfView has names for these, and for 24 */

/* ---- names ---- */

static bool ends_with(const char *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length >= size && memcmp(text + length - size, end, size) == 0;
}

static bool has_value_named(const ek_name_table *table, const char *name, size_t length) {
    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->values[i].name) == length && memcmp(table->values[i].name, name, length) == 0)
            return true;
    return false;
}

static bool is_sentence(const char *name) {
    size_t length = strlen(name);
    return length > MAX_NAME || length == 0 || name[length - 1] == '.';
}

/* What PerfView would call the entry if it had no name: three ways for opcodes, else one. */
static bool is_invented(ek_table_kind kind, const ek_named_value *entry) {
    char made[48];
    unsigned task = (unsigned)(entry->value >> 16 & 0xFFFF), opcode = (unsigned)(entry->value & 0xFFFF);
    switch (kind) {
    case EK_TABLE_TASKS: ek_format(made, sizeof made, "task_%u", opcode); break;
    case EK_TABLE_KEYWORDS: ek_format(made, sizeof made, "keyword_%llx", (unsigned long long)entry->value); break;
    case EK_TABLE_OPCODES:
        ek_format(made, sizeof made, "opcode_%u_%u", task, opcode);
        if (strcmp(entry->name, made) == 0)
            return true;
        ek_format(made, sizeof made, "opcode_%u", opcode);
        break;
    default: return false;
    }
    return strcmp(entry->name, made) == 0;
}

/* A name that two numbers have gets the second number (of an opcode, task and number) behind it. */
static size_t without_number(ek_table_kind kind, const ek_name_table *table, const ek_named_value *entry) {
    char number[24];
    size_t length = strlen(entry->name);
    if (kind == EK_TABLE_OPCODES)
        ek_format(number, sizeof number, "_%u_%u", (unsigned)(entry->value >> 16 & 0xFFFF),
                  (unsigned)(entry->value & 0xFFFF));
    else
        ek_format(number, sizeof number, "_%u", (unsigned)entry->value);
    if (!ends_with(entry->name, length, number))
        return length;
    size_t base = length - strlen(number);
    return kind == EK_TABLE_OPCODES || has_value_named(table, entry->name, base) ? base : length;
}

static bool tidy_names(ek_providers *providers, ek_table_kind kind, ek_name_table *table) {
    /* First by the names as they stand: one entry's name tells whether another's has a number behind it. */
    for (size_t i = 0; i < table->count && kind != EK_TABLE_KEYWORDS; i++) {
        ek_named_value *entry = &table->values[i];
        size_t length = without_number(kind, table, entry);
        if (is_invented(kind, entry) || entry->name[length] == '\0')
            continue;
        entry->name = ek_arena_text(&providers->arena, entry->name, length);
        if (!entry->name)
            return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        ek_named_value entry = table->values[i];
        entry.message = NULL; /* the name once more */
        if (!is_invented(kind, &entry) && !is_sentence(entry.name))
            table->values[kept++] = entry;
    }
    table->count = kept;
    return true;
}

/* ---- what all templates of a provider say of a field name ---- */

typedef struct name_facts {
    const char *name;
    size_t length;
    uint16_t type, top_count; /* of the first occurrence */
    bool varies;              /* its type is another one in a template of another size */
    bool ordinary;            /* somewhere its type can be no struct's first member */
} name_facts;

typedef struct map_facts {
    const ek_field_spec *field; /* the first with a map */
    bool differs;               /* another field of this name and type has another map */
} map_facts;

typedef struct tidier {
    ek_providers *providers;
    ek_provider *provider;
    ek_table names;     /* name_facts */
    ek_table maps;      /* map_facts */
    ek_table templates; /* template_pair */
} tidier;

typedef struct template_pair {
    const ek_template *from, *to; /* `to` is NULL until it is made */
} template_pair;

static bool same_name(const void *value, const void *key) {
    const name_facts *facts = value;
    const ek_field_spec *field = key;
    return facts->length == field->name_length && memcmp(facts->name, field->name, facts->length) == 0;
}

static bool same_name_and_type(const void *value, const void *key) {
    const ek_field_spec *a = ((const map_facts *)value)->field, *b = key;
    return a->in_type == b->in_type && a->name_length == b->name_length &&
           memcmp(a->name, b->name, a->name_length) == 0;
}

static bool is_template(const void *value, const void *key) {
    return ((const template_pair *)value)->from == key;
}

static uint64_t hash_of_name(const tidier *t, const ek_field_spec *field) {
    return ek_hash(field->name, field->name_length, ek_hash_seed(t->provider));
}

static uint64_t hash_of_pointer(const void *pointer) {
    return ek_hash(&pointer, sizeof pointer, 0);
}

bool ek_could_be_struct(const ek_template *template, uint16_t in_type) {
    if (in_type == ETWKIT_IN_NULL || in_type > ETWKIT_IN_COUNTED_BINARY || in_type == ETWKIT_IN_STRUCT)
        return true;
    if (in_type < template->top_count)
        return false;
    /* The first struct's members stand right behind the top-level fields. */
    for (size_t i = 0; i < template->top_count; i++)
        if (template->fields[i].in_type == template->top_count)
            return true;
    return false;
}

static bool note_name(tidier *t, const ek_template *template, const ek_field_spec *field) {
    uint64_t hash = hash_of_name(t, field);
    name_facts *facts = ek_table_find(&t->names, hash, same_name, field);
    if (!facts) {
        facts = ek_arena_new(&t->providers->arena, sizeof *facts);
        if (!facts)
            return false;
        *facts = (name_facts){field->name, field->name_length, field->in_type, template->top_count, false, false};
        if (!ek_table_add(&t->names, hash, facts))
            return false;
    }
    facts->varies |= facts->type != field->in_type && facts->top_count != template->top_count;
    facts->ordinary |= !ek_could_be_struct(template, field->in_type);
    return true;
}

static bool note_map(tidier *t, const ek_field_spec *field) {
    if (!field->map)
        return true;
    uint64_t hash = hash_of_name(t, field);
    map_facts *facts = ek_table_find(&t->maps, hash, same_name_and_type, field);
    if (facts) {
        facts->differs |= facts->field->map != field->map;
        return true;
    }
    facts = ek_arena_new(&t->providers->arena, sizeof *facts);
    if (!facts)
        return false;
    facts->field = field;
    return ek_table_add(&t->maps, hash, facts);
}

/* Templates with members are not PerfView's: it prints none. */
static bool is_printed(const ek_template *template) {
    return template && template->field_count == template->top_count;
}

static bool note_templates(tidier *t) {
    for (size_t i = 0; i < t->provider->event_count; i++) {
        const ek_template *template = t->provider->events[i].payload;
        uint64_t hash = hash_of_pointer(template);
        if (!is_printed(template) || ek_table_find(&t->templates, hash, is_template, template))
            continue;
        template_pair *pair = ek_arena_new(&t->providers->arena, sizeof *pair);
        if (!pair)
            return false;
        pair->from = template;
        if (!ek_table_add(&t->templates, hash, pair))
            return false;
        for (size_t j = 0; j < template->top_count; j++)
            if (!note_name(t, template, &template->fields[j]) || !note_map(t, &template->fields[j]))
                return false;
    }
    return true;
}

/* ---- where a layout ends ---- */

/* Its type changes with the number of fields beside it, wherever the name occurs. */
static bool is_moving(const tidier *t, const ek_field_spec *field) {
    const name_facts *facts = ek_table_find(&t->names, hash_of_name(t, field), same_name, field);
    return facts && facts->varies && !facts->ordinary;
}

static bool is_counted_head(const ek_template *template, const ek_field_spec *field) {
    return field->in_type == template->top_count && (field->flags & EK_FIELD_PARAM_COUNT);
}

/* The first struct: its members begin right behind the top-level fields. */
static bool is_head(const tidier *t, const ek_template *template, const ek_field_spec *field) {
    if (field->in_type != template->top_count)
        return false;
    if (is_moving(t, field))
        return true;
    size_t alike = 0;
    for (size_t i = 0; i < template->top_count; i++)
        alike += is_counted_head(template, &template->fields[i]);
    return alike == 1 && is_counted_head(template, field);
}

static bool has_head(const tidier *t, const ek_template *template) {
    for (size_t i = 0; i < template->top_count; i++)
        if (is_head(t, template, &template->fields[i]))
            return true;
    return false;
}

/*
 * Is this field a struct whose members were lost? Its printed type is then no type but an index. It shows
 * - as a number that is no type, or
 * - as a type that changes with the number of fields beside it, wherever the name occurs, or
 * - as an array whose "type" is exactly the index where the first struct's members begin. Two such arrays cannot both
 *   be structs, so neither is; one may still be an honest array: better its elements unread than wrong ones read.
 */
static bool is_lost_struct(const tidier *t, const ek_template *template, const ek_field_spec *field) {
    if (!ek_could_be_struct(template, field->in_type))
        return false;
    if (field->in_type == ETWKIT_IN_NULL || field->in_type > LAST_NAMED_TYPE)
        return true;
    return is_head(t, template, field) || (is_moving(t, field) && has_head(t, template));
}

/* Fixed lengths were lost. Only of a last field that does not matter: it has what is left. */
static bool is_lost_length(const ek_template *template, size_t at) {
    const ek_field_spec *field = &template->fields[at];
    if (field->in_type != ETWKIT_IN_BINARY || (field->flags & EK_FIELD_PARAM_LENGTH) || field->length)
        return false;
    return (field->flags & EK_FIELD_PARAM_COUNT) || at + 1 < template->top_count;
}

static size_t find_end(const tidier *t, const ek_template *template) {
    size_t end = 0;
    while (end < template->top_count && !is_lost_struct(t, template, &template->fields[end]) &&
           !is_lost_length(template, end))
        end++;
    return end;
}

/* PerfView names a map at the first field that uses it, and at no later one. */
static const etwkit_map *lost_map(const tidier *t, const ek_field_spec *field) {
    const map_facts *facts = ek_table_find(&t->maps, hash_of_name(t, field), same_name_and_type, field);
    return facts && !facts->differs ? facts->field->map : field->map;
}

static const ek_template *make_template(tidier *t, const ek_template *from) {
    size_t end = find_end(t, from);
    ek_template *to = ek_arena_copy(&t->providers->arena, from, sizeof *from);
    ek_field_spec *fields = ek_arena_new(&t->providers->arena, end * sizeof *fields);
    if (!to || !fields)
        return NULL;
    for (size_t i = 0; i < end; i++) {
        fields[i] = from->fields[i];
        if (!fields[i].map)
            fields[i].map = lost_map(t, &fields[i]);
    }
    to->fields = fields;
    to->field_count = to->top_count = (uint16_t)end;
    if (end < from->top_count)
        to->stops_at = ek_arena_text(&t->providers->arena, from->fields[end].name, from->fields[end].name_length);
    return end == from->top_count || to->stops_at ? to : NULL;
}

static bool tidy_event(tidier *t, ek_provider_event *event) {
    event->symbol = NULL; /* made of task, opcode, id and version */
    if (!is_printed(event->payload))
        return true;
    template_pair *pair = ek_table_find(&t->templates, hash_of_pointer(event->payload), is_template, event->payload);
    if (pair && !pair->to)
        pair->to = make_template(t, pair->from);
    if (!pair || !pair->to)
        return false;
    event->payload = pair->to;
    return true;
}

bool ek_tidy(ek_providers *providers, ek_provider *provider) {
    if (!provider->is_dump)
        return true;
    static const ek_table_kind kinds[] = {EK_TABLE_TASKS, EK_TABLE_OPCODES, EK_TABLE_KEYWORDS};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!tidy_names(providers, kinds[i], &provider->tables[kinds[i]]))
            return false;

    tidier t = {.providers = providers, .provider = provider};
    const etwkit_allocator *allocator = &providers->arena.allocator;
    ek_table_init(&t.names, allocator);
    ek_table_init(&t.maps, allocator);
    ek_table_init(&t.templates, allocator);
    bool done = note_templates(&t);
    for (size_t i = 0; done && i < provider->event_count; i++)
        done = tidy_event(&t, &provider->events[i]);
    ek_table_free(&t.names);
    ek_table_free(&t.maps);
    ek_table_free(&t.templates);
    provider->is_dump = !done;
    return done;
}
