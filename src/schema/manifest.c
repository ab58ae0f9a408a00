/* SPDX-License-Identifier: MIT */
/* Reads manifests: names, events, and what they refer to. Leaves XML and templates to its neighbours. */
#include "schema/manifest.h"

#include "base/error.h"
#include "schema/manifest_template.h"
#include "schema/manifest_types.h"

#include <string.h>

enum {
    FIRST_CHANNEL = 16, /* the first number that mc.exe gives */
    CHANNELS = 256
};

/* The provider being read. */
typedef struct reader {
    ek_manifest *manifest;
    const ek_manifest_node *node;
    ek_provider *provider;
} reader;

static const char *given(const ek_manifest_node *node, ek_manifest_attribute attribute) {
    return ek_manifest_attribute_of(node, attribute);
}

/* Names in tables: levels, tasks, opcodes, keywords, channels. */

static const ek_manifest_element element_of[EK_TABLE_KINDS] = {
    [EK_TABLE_LEVELS] = EK_ELEMENT_LEVEL,     [EK_TABLE_OPCODES] = EK_ELEMENT_OPCODE,
    [EK_TABLE_TASKS] = EK_ELEMENT_TASK,       [EK_TABLE_KEYWORDS] = EK_ELEMENT_KEYWORD,
    [EK_TABLE_CHANNELS] = EK_ELEMENT_CHANNEL,
};
static const uint64_t greatest[EK_TABLE_KINDS] = {
    [EK_TABLE_LEVELS] = UINT8_MAX,    [EK_TABLE_OPCODES] = UINT8_MAX,  [EK_TABLE_TASKS] = UINT16_MAX,
    [EK_TABLE_KEYWORDS] = UINT64_MAX, [EK_TABLE_CHANNELS] = UINT8_MAX,
};

static void add_name(reader *r, ek_table_kind kind, const ek_manifest_node *node, uint64_t value, const char *name) {
    const ek_name_table *table = &r->provider->tables[kind];
    if (table->count >= EK_MAX_PROVIDER_EVENTS)
        ek_manifest_tell(r->manifest, node, "there are too many names of this kind", name);
    else if (!ek_provider_add_name(r->manifest->providers, r->provider, kind, value, name,
                                   ek_manifest_message(r->manifest, node)))
        r->manifest->failed = true;
}

/* Reads the element of a name that has a value; `owner`: the task of an opcode, 0 for all others. */
static void read_named(reader *r, ek_table_kind kind, const ek_manifest_node *node, uint64_t owner) {
    const char *name = given(node, EK_ATTRIBUTE_NAME);
    const char *text = given(node, kind == EK_TABLE_KEYWORDS ? EK_ATTRIBUTE_MASK : EK_ATTRIBUTE_VALUE);
    uint64_t value;
    if (!name || !text) {
        ek_manifest_tell(r->manifest, node, "this element needs a name and a value", NULL);
        return;
    }
    if (!ek_manifest_number(text, &value) || value > greatest[kind]) {
        ek_manifest_tell(r->manifest, node, "this value is no number that can be", text);
        return;
    }
    ek_manifest_named *named = ek_manifest_define(r->manifest, node->parent, element_of[kind], name, node);
    if (!named)
        return;
    named->value = value;
    named->object = node;
    add_name(r, kind, node, owner << 16 | value, name);
}

/* Opcodes within task 0 are found in the events of every task. */
static void share_opcode(reader *r, const ek_manifest_node *node) {
    const char *name = given(node, EK_ATTRIBUTE_NAME);
    const ek_manifest_named *own = name ? ek_manifest_find(r->manifest, node->parent, EK_ELEMENT_OPCODE, name) : NULL;
    if (!own || ek_manifest_find(r->manifest, r->node, EK_ELEMENT_OPCODE, name))
        return;
    ek_manifest_named *shared = ek_manifest_define(r->manifest, r->node, EK_ELEMENT_OPCODE, name, NULL);
    if (shared)
        shared->value = own->value;
}

static void read_task(reader *r, const ek_manifest_node *node) {
    uint64_t task = 0;
    const char *text = given(node, EK_ATTRIBUTE_VALUE);
    read_named(r, EK_TABLE_TASKS, node, 0);
    if (!text || !ek_manifest_number(text, &task) || task > UINT16_MAX)
        return;
    for (const ek_manifest_node *child = node->first; child; child = child->next) {
        read_named(r, EK_TABLE_OPCODES, child, task);
        if (task == 0)
            share_opcode(r, child);
    }
}

static bool is_channel(const ek_manifest_node *node) {
    return node->element == EK_ELEMENT_CHANNEL || node->element == EK_ELEMENT_IMPORT_CHANNEL;
}

/* The number that a channel has by itself. */
static bool channel_number(const ek_manifest_node *node, uint64_t *number) {
    const char *text = given(node, EK_ATTRIBUTE_VALUE), *name = given(node, EK_ATTRIBUTE_NAME);
    if (text)
        return ek_manifest_number(text, number) && *number < CHANNELS;
    return name && ek_manifest_builtin(EK_TABLE_CHANNELS, name, number);
}

static void define_channel(reader *r, const ek_manifest_node *node, const char *name, uint64_t number) {
    const char *id = given(node, EK_ATTRIBUTE_CHID);
    ek_manifest_named *named = ek_manifest_define(r->manifest, r->node, EK_ELEMENT_CHANNEL, id ? id : name, node);
    if (named)
        named->value = number;
    if (!id || strcmp(id, name) == 0 || ek_manifest_find(r->manifest, r->node, EK_ELEMENT_CHANNEL, name))
        return;
    if ((named = ek_manifest_define(r->manifest, r->node, EK_ELEMENT_CHANNEL, name, NULL)))
        named->value = number; /* events refer by the one or the other */
}

/* Those without a number get one as mc.exe gives it: in their order, the first free one from 16 on. */
static void read_channels(reader *r) {
    bool taken[CHANNELS] = {false};
    uint64_t number, next = FIRST_CHANNEL;
    for (const ek_manifest_node *node = r->node->first; node; node = node->next)
        if (is_channel(node) && channel_number(node, &number))
            taken[number] = true;
    for (const ek_manifest_node *node = r->node->first; node; node = node->next) {
        const char *name = is_channel(node) ? given(node, EK_ATTRIBUTE_NAME) : NULL;
        if (!name)
            continue;
        if (!channel_number(node, &number)) {
            while (next < CHANNELS && taken[next])
                next++;
            if (next == CHANNELS || given(node, EK_ATTRIBUTE_VALUE)) {
                ek_manifest_tell(r->manifest, node, "this channel has no number that can be", name);
                continue;
            }
            number = next++;
        }
        define_channel(r, node, name, number);
        add_name(r, EK_TABLE_CHANNELS, node, number, name);
    }
}

/* Events. */

/* What an event's attribute refers to: a name of this scope, a built-in one, or a number. */
static bool refer(reader *r, const ek_manifest_node *scope, ek_table_kind kind, const char *name, uint64_t *value) {
    const ek_manifest_named *named = ek_manifest_find(r->manifest, scope, element_of[kind], name);
    if (named)
        *value = named->value;
    return named || ek_manifest_builtin(kind, name, value) ||
           (ek_manifest_number(name, value) && *value <= greatest[kind]);
}

/* What PerfView makes up for what has no name, and does not declare: "task_0", "win:Stop_8_2" (opcode 2 of task 8). */
static bool refer_invented(const reader *r, ek_table_kind kind, const char *name, uint64_t *value) {
    const char *number = strrchr(name, '_');
    bool invented = kind == EK_TABLE_TASKS ? strncmp(name, "task_", 5) == 0
                                           : kind == EK_TABLE_OPCODES && strncmp(name, "win:", 4) == 0;
    return r->provider->is_dump && invented && number && ek_manifest_number(number + 1, value) &&
           *value <= greatest[kind];
}

static uint64_t read_reference(reader *r, const ek_manifest_node *node, ek_manifest_attribute attribute,
                               ek_table_kind kind) {
    const char *name = given(node, attribute);
    uint64_t value = 0;
    if (!name || !*name || refer(r, r->node, kind, name, &value) || refer_invented(r, kind, name, &value))
        return value;
    if (ek_manifest_define(r->manifest, r->node, EK_ELEMENT_ROOT, name, NULL)) /* told once */
        ek_manifest_tell(r->manifest, node, "this is declared nowhere", name);
    return 0;
}

/* An opcode of the event's task comes before one of all tasks. */
static uint64_t read_opcode(reader *r, const ek_manifest_node *node) {
    const char *name = given(node, EK_ATTRIBUTE_OPCODE), *task_name = given(node, EK_ATTRIBUTE_TASK);
    const ek_manifest_named *task = NULL, *own = NULL;
    if (name && task_name)
        task = ek_manifest_find(r->manifest, r->node, EK_ELEMENT_TASK, task_name);
    if (task)
        own = ek_manifest_find(r->manifest, task->object, EK_ELEMENT_OPCODE, name);
    return own ? own->value : read_reference(r, node, EK_ATTRIBUTE_OPCODE, EK_TABLE_OPCODES);
}

/* One of the names in an event's list of keywords. A built-in one joins the provider's own, as mc.exe does it. */
static uint64_t read_keyword(reader *r, const ek_manifest_node *node, const char *name) {
    uint64_t mask = 0;
    if (!refer(r, r->node, EK_TABLE_KEYWORDS, name, &mask)) {
        ek_manifest_tell(r->manifest, node, "this keyword is declared nowhere", name);
    } else if (mask && strncmp(name, "win:", 4) == 0 &&
               !ek_manifest_find(r->manifest, r->node, EK_ELEMENT_KEYWORD, name)) {
        ek_manifest_named *named = ek_manifest_define(r->manifest, r->node, EK_ELEMENT_KEYWORD, name, NULL);
        if (!named || !ek_provider_add_name(r->manifest->providers, r->provider, EK_TABLE_KEYWORDS, mask, name, NULL))
            r->manifest->failed = true;
        else
            named->value = mask;
    }
    return mask;
}

static uint64_t read_keywords(reader *r, const ek_manifest_node *node) {
    const char *text = given(node, EK_ATTRIBUTE_KEYWORDS);
    uint64_t mask = 0;
    while (text && *(text += strspn(text, " \t\r\n"))) {
        size_t length = strcspn(text, " \t\r\n");
        const char *name = ek_arena_text(&r->manifest->arena, text, length);
        if (!name) {
            r->manifest->failed = true;
            break;
        }
        mask |= read_keyword(r, node, name);
        text += length;
    }
    return mask;
}

static void read_payload(reader *r, const ek_manifest_node *node, ek_provider_event *event) {
    const char *name = given(node, EK_ATTRIBUTE_TEMPLATE);
    if (!name || !*name)
        return;
    const ek_manifest_named *named = ek_manifest_find(r->manifest, r->node, EK_ELEMENT_TEMPLATE, name);
    if (!named)
        ek_manifest_tell(r->manifest, node, "there is no such template", name);
    event->payload = named ? named->object : NULL;
    event->payload_unknown = !event->payload; /* what is wrong with the template has been told */
}

/* A number that must be there (`otherwise` NULL) or has a default. */
static bool read_number(reader *r, const ek_manifest_node *node, ek_manifest_attribute attribute, const char *otherwise,
                        uint64_t most, uint64_t *value) {
    const char *text = given(node, attribute);
    if (!text)
        text = otherwise;
    bool good = text && ek_manifest_number(text, value) && *value <= most;
    if (!good)
        ek_manifest_tell(r->manifest, node, "this event has no id or version that can be; it is left out", text);
    return good;
}

static const char *copy(ek_manifest *manifest, const char *text) {
    const char *made = text ? ek_arena_text(&manifest->providers->arena, text, strlen(text)) : NULL;
    manifest->failed |= text && !made;
    return made;
}

static void read_event(reader *r, const ek_manifest_node *node) {
    ek_provider_event event = {0};
    uint64_t id = 0, version = 0;
    if (!read_number(r, node, EK_ATTRIBUTE_VALUE, NULL, UINT16_MAX, &id) ||
        !read_number(r, node, EK_ATTRIBUTE_VERSION, "0", UINT8_MAX, &version))
        return;
    read_payload(r, node, &event);
    event.id = (uint16_t)id;
    event.version = (uint8_t)version;
    event.channel = (uint8_t)read_reference(r, node, EK_ATTRIBUTE_CHANNEL, EK_TABLE_CHANNELS);
    event.level = (uint8_t)read_reference(r, node, EK_ATTRIBUTE_LEVEL, EK_TABLE_LEVELS);
    event.task = (uint16_t)read_reference(r, node, EK_ATTRIBUTE_TASK, EK_TABLE_TASKS);
    event.opcode = (uint8_t)read_opcode(r, node);
    event.keywords = read_keywords(r, node);
    event.name = copy(r->manifest, given(node, EK_ATTRIBUTE_NAME));
    event.symbol = copy(r->manifest, given(node, EK_ATTRIBUTE_SYMBOL));
    event.message = copy(r->manifest, ek_manifest_message(r->manifest, node));
    if (r->provider->event_count >= EK_MAX_PROVIDER_EVENTS) {
        ek_manifest_tell(r->manifest, node, "there are too many events; this one is left out", NULL);
        return;
    }
    ek_provider_event *added = ek_provider_add_event(r->manifest->providers, r->provider);
    if (added)
        *added = event;
    else
        r->manifest->failed = true;
}

/* The whole. Elements refer to others in any order: what is referred to comes first. */

static void read_names(reader *r) {
    read_channels(r);
    for (const ek_manifest_node *node = r->node->first; node; node = node->next) {
        switch ((ek_manifest_element)node->element) {
        case EK_ELEMENT_LEVEL: read_named(r, EK_TABLE_LEVELS, node, 0); break;
        case EK_ELEMENT_TASK: read_task(r, node); break;
        case EK_ELEMENT_OPCODE: read_named(r, EK_TABLE_OPCODES, node, 0); break;
        case EK_ELEMENT_KEYWORD: read_named(r, EK_TABLE_KEYWORDS, node, 0); break;
        case EK_ELEMENT_VALUE_MAP:
        case EK_ELEMENT_BIT_MAP: ek_manifest_add_map(r->manifest, node, r->provider); break;
        default: break;
        }
    }
}

static void read_provider(ek_manifest *manifest, const ek_manifest_node *node) {
    reader r = {.manifest = manifest, .node = node};
    const char *name = given(node, EK_ATTRIBUTE_NAME), *guid = given(node, EK_ATTRIBUTE_GUID);
    etwkit_guid id;
    if (!name && !(name = given(node, EK_ATTRIBUTE_SYMBOL)))
        name = "";
    if (!guid || etwkit_guid_parse(&id, guid) != ETWKIT_OK) {
        ek_manifest_tell(manifest, node, "this provider has no GUID; it is left out", name);
        return;
    }
    if (manifest->providers->count >= EK_MAX_PROVIDERS) {
        ek_manifest_tell(manifest, node, "there are too many providers; this one is left out", name);
        return;
    }
    if (!(r.provider = ek_providers_add(manifest->providers, &id, name))) {
        manifest->failed = true;
        return;
    }
    r.provider->is_dump = given(node, EK_ATTRIBUTE_SOURCE) != NULL; /* only PerfView writes it */
    r.provider->message = copy(manifest, ek_manifest_message(manifest, node));
    read_names(&r);
    for (const ek_manifest_node *child = node->first; child; child = child->next)
        if (child->element == EK_ELEMENT_TEMPLATE)
            ek_manifest_add_template(manifest, child, r.provider);
    for (const ek_manifest_node *child = node->first; child; child = child->next)
        if (child->element == EK_ELEMENT_EVENT)
            read_event(&r, child);
}

static void tell_rest(ek_manifest *manifest) {
    etwkit_error error;
    if (manifest->told <= EK_MANIFEST_REPORTS || !manifest->report)
        return;
    ek_fail(&error, ETWKIT_E_DAMAGED, "%s: %zu more faults of these kinds", manifest->name,
            manifest->told - EK_MANIFEST_REPORTS);
    manifest->report(manifest->context, &error);
}

static etwkit_status read_tree(ek_manifest *manifest, const ek_manifest_node *root) {
    size_t before = manifest->providers->count;
    bool any = false;
    ek_manifest_define_texts(manifest, root);
    for (const ek_manifest_node *node = root->first; node && !manifest->failed; node = node->next) {
        any |= node->element == EK_ELEMENT_PROVIDER;
        if (node->element == EK_ELEMENT_PROVIDER)
            read_provider(manifest, node);
    }
    if (manifest->failed)
        return ek_fail_memory(manifest->error);
    tell_rest(manifest);
    if (!any)
        return ek_fail(manifest->error, ETWKIT_E_UNSUPPORTED, "%s: no instrumentation manifest: it has no provider",
                       manifest->name);
    if (manifest->providers->count == before)
        return ek_fail(manifest->error, ETWKIT_E_DAMAGED, "%s: none of its providers has a GUID", manifest->name);
    return ETWKIT_OK;
}

etwkit_status ek_manifest_read(const char *name, const void *data, size_t size, ek_providers *providers,
                               ek_manifest_report *report, void *context, etwkit_error *error) {
    if (size > EK_MANIFEST_SIZE)
        return ek_fail(error, ETWKIT_E_LIMIT, "%s: a manifest of %zu bytes is larger than can be read", name, size);
    ek_manifest manifest = {.name = name,
                            .providers = providers,
                            .report = report,
                            .context = context,
                            .error = error,
                            .seed = ek_hash_seed(&manifest)};
    ek_arena_init(&manifest.arena, &providers->arena.allocator);
    ek_table_init(&manifest.names, &providers->arena.allocator);
    etwkit_status status = ETWKIT_E_DAMAGED;
    const ek_manifest_node *root = ek_manifest_parse(&manifest, data, size);
    if (root)
        status = read_tree(&manifest, root);
    else if (manifest.failed)
        status = ek_fail_memory(error);
    ek_table_free(&manifest.names);
    ek_arena_free(&manifest.arena);
    return status;
}
