/* SPDX-License-Identifier: MIT */
/* Plans the columns of a stream: the header's by name, those of fields as the union over several kinds of events. */
#include "base/error.h"
#include "sink/arrow_type.h"

#include <string.h>

/* Under which a node is found: a field's name below a parent; with `shown` the name that the stream shows. */
typedef struct node_key {
    const ek_arrow_node *parent;
    const char *name;
    bool shown;
} node_key;

static uint64_t hash_of(const node_key *key) {
    uint64_t seed = ek_hash_seed(key->parent) + key->shown;
    return ek_hash(key->name, strlen(key->name), seed);
}

static bool is_node(const void *value, const void *wanted) {
    const ek_arrow_node *node = value;
    const node_key *key = wanted;
    const char *name = key->shown ? node->name : node->field;
    return node->parent == key->parent && name && strcmp(name, key->name) == 0;
}

static ek_arrow_node *find(const ek_arrow_plan *plan, const ek_arrow_node *parent, const char *name, bool shown) {
    node_key key = {parent, name, shown};
    return ek_table_find(&plan->by_field, hash_of(&key), is_node, &key);
}

static bool list_node(ek_arrow_plan *plan, ek_arrow_node *node, const char *name, bool shown) {
    node_key key = {node->parent, name, shown};
    return ek_table_add(&plan->by_field, hash_of(&key), node);
}

bool ek_arrow_plan_init(ek_arrow_plan *plan, const etwkit_allocator *allocator, bool numeric) {
    *plan = (ek_arrow_plan){.numeric = numeric};
    ek_arena_init(&plan->arena, allocator);
    ek_table_init(&plan->by_field, allocator);
    plan->root = ek_arena_new(&plan->arena, sizeof *plan->root);
    if (!plan->root)
        return false;
    *plan->root = (ek_arrow_node){.name = "", .type = EK_ARROW_STRUCT, .required = true};
    plan->node_count = 1;
    return true;
}

void ek_arrow_plan_free(ek_arrow_plan *plan) {
    ek_table_free(&plan->by_field);
    ek_arena_free(&plan->arena);
}

/* A copy of the name, with a number behind it where a sibling has that one already: "x", "x_2". NULL: no memory. */
static const char *unique_name(ek_arrow_plan *plan, const ek_arrow_node *parent, const char *name) {
    size_t length = strlen(name), room = length + 16;
    char *copy = ek_arena_alloc(&plan->arena, room);
    if (!copy)
        return NULL;
    memcpy(copy, name, length + 1);
    for (unsigned number = 2; find(plan, parent, copy, true); number++)
        ek_format(copy + length, room - length, "_%u", number);
    return copy;
}

ek_arrow_node *ek_arrow_add(ek_arrow_plan *plan, ek_arrow_node *parent, const char *name, ek_arrow_type type) {
    ek_arrow_node *node = ek_arena_new(&plan->arena, sizeof *node);
    const char *shown = node ? unique_name(plan, parent, name) : NULL;
    if (!shown)
        return NULL;
    node->parent = parent;
    node->name = shown;
    node->type = type;
    if (!list_node(plan, node, shown, true))
        return NULL;
    node->index = plan->node_count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->child_count++;
    return node;
}

static const struct header_column {
    const char *name;
    uint8_t type;
    bool required;
} headers[EK_HEADER_COUNT] = {
    [EK_HEADER_TIMESTAMP] = {"timestamp", EK_ARROW_TIME, false},
    [EK_HEADER_PROVIDER_NAME] = {"provider_name", EK_ARROW_LABELS, false},
    [EK_HEADER_PROVIDER_ID] = {"provider_id", EK_ARROW_UUID, true},
    [EK_HEADER_EVENT_NAME] = {"event_name", EK_ARROW_LABELS, true},
    [EK_HEADER_EVENT_ID] = {"event_id", EK_ARROW_UINT16, true},
    [EK_HEADER_VERSION] = {"version", EK_ARROW_UINT8, true},
    [EK_HEADER_LEVEL] = {"level", EK_ARROW_UINT8, true},
    [EK_HEADER_OPCODE] = {"opcode", EK_ARROW_UINT8, true},
    [EK_HEADER_TASK] = {"task", EK_ARROW_UINT16, true},
    [EK_HEADER_CHANNEL] = {"channel", EK_ARROW_UINT8, true},
    [EK_HEADER_KEYWORDS] = {"keywords", EK_ARROW_UINT64, true},
    [EK_HEADER_PROCESS_ID] = {"process_id", EK_ARROW_UINT32, false},
    [EK_HEADER_THREAD_ID] = {"thread_id", EK_ARROW_UINT32, false},
    [EK_HEADER_PROCESSOR] = {"processor", EK_ARROW_UINT16, true},
    [EK_HEADER_ACTIVITY_ID] = {"activity_id", EK_ARROW_UUID, false},
    [EK_HEADER_RELATED_ACTIVITY_ID] = {"related_activity_id", EK_ARROW_UUID, false},
    [EK_HEADER_PAYLOAD_PROCESS_ID] = {"payload_process_id", EK_ARROW_UINT32, false},
    [EK_HEADER_PAYLOAD_THREAD_ID] = {"payload_thread_id", EK_ARROW_UINT32, false},
    [EK_HEADER_STACK] = {"stack", EK_ARROW_LIST, false},
    [EK_HEADER_USER_SID] = {"user_sid", EK_ARROW_TEXT, false},
    [EK_HEADER_SESSION_ID] = {"session_id", EK_ARROW_UINT32, false},
    [EK_HEADER_MESSAGE] = {"message", EK_ARROW_TEXT, false},
    [EK_HEADER_PROPERTIES] = {"properties", EK_ARROW_JSON, false},
    [EK_HEADER_PAYLOAD] = {"payload", EK_ARROW_BINARY, true},
    [EK_HEADER_REST] = {"rest", EK_ARROW_BINARY, false},
    [EK_HEADER_TRUNCATED] = {"truncated", EK_ARROW_BOOL, true},
};

const char *ek_arrow_header_name(unsigned header) {
    return header < EK_HEADER_COUNT ? headers[header].name : NULL;
}

bool ek_arrow_add_header(ek_arrow_plan *plan, const char *name, bool *known) {
    unsigned header = EK_HEADER_TIMESTAMP;
    while (header < EK_HEADER_COUNT && strcmp(headers[header].name, name) != 0)
        header++;
    *known = header < EK_HEADER_COUNT;
    if (!*known)
        return false;
    ek_arrow_node *node = ek_arrow_add(plan, plan->root, name, (ek_arrow_type)headers[header].type);
    if (!node)
        return false;
    node->header = (uint8_t)header;
    node->required = headers[header].required;
    if (node->type != EK_ARROW_LIST)
        return true;
    ek_arrow_node *element = ek_arrow_add(plan, node, "item", EK_ARROW_UINT64);
    if (element)
        element->required = true;
    return element != NULL;
}

static etwkit_status refuse(const ek_arrow_node *node, const etwkit_schema *schema, ek_arrow_type type,
                            etwkit_error *error) {
    const ek_arrow_node *named = node;
    while (!named->field && named->parent)
        named = named->parent;
    return ek_fail(error, ETWKIT_E_TYPE,
                   "the field %s is %s in %s, version %u, and %s in %s, version %u: no one column holds both; a filter "
                   "can choose one of these events, and properties shows all",
                   named->field ? named->field : "", ek_arrow_forms[node->type].name, node->origin ? node->origin : "",
                   node->version, ek_arrow_forms[type].name, etwkit_schema_event_name(schema), schema->version);
}

/* Makes a node's type one that holds both. */
static etwkit_status widen(ek_arrow_plan *plan, ek_arrow_node *node, const etwkit_schema *schema, ek_arrow_type type,
                           etwkit_error *error) {
    ek_arrow_type both;
    if (!ek_arrow_widen(node->type, type, &both))
        return refuse(node, schema, type, error);
    if (both != node->type || !node->origin) { /* from here on this event is the one that asks for it */
        const char *event = etwkit_schema_event_name(schema);
        node->origin = ek_arena_text(&plan->arena, event, strlen(event));
        node->version = schema->version;
    }
    node->type = both;
    return node->origin ? ETWKIT_OK : ek_fail_memory(error);
}

/* The child for a field; made where there is none yet. */
static etwkit_status child_of(ek_arrow_plan *plan, ek_arrow_node *parent, const char *field, ek_arrow_node **child,
                              etwkit_error *error) {
    *child = find(plan, parent, field, false);
    if (*child)
        return ETWKIT_OK;
    if (plan->node_count >= EK_ARROW_NODES)
        return ek_fail(error, ETWKIT_E_LIMIT, "the events selected have more than %u different fields", EK_ARROW_NODES);
    *child = ek_arrow_add(plan, parent, field, EK_ARROW_NULL);
    if (!*child)
        return ek_fail_memory(error);
    (*child)->field = (*child)->name;
    if (strcmp((*child)->name, field) != 0)
        (*child)->field = ek_arena_text(&plan->arena, field, strlen(field));
    return (*child)->field && list_node(plan, *child, field, false) ? ETWKIT_OK : ek_fail_memory(error);
}

/* The one child of a list. */
static etwkit_status element_of(ek_arrow_plan *plan, ek_arrow_node *list, ek_arrow_node **element,
                                etwkit_error *error) {
    *element = list->first ? list->first : ek_arrow_add(plan, list, "item", EK_ARROW_NULL);
    return *element ? ETWKIT_OK : ek_fail_memory(error);
}

/* Fields side by side, and (structs have no more than ETWKIT_WALK_DEPTH levels) what is in them. */
static etwkit_status add_fields(ek_arrow_plan *plan, ek_arrow_node *parent, const etwkit_schema *schema,
                                const etwkit_field *fields, size_t count, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; i < count && status == ETWKIT_OK; i++) {
        const etwkit_field *field = &fields[i];
        ek_arrow_node *node;
        if (!ek_arrow_shows(field))
            continue;
        status = child_of(plan, parent, field->name, &node, error);
        if (status == ETWKIT_OK && ek_arrow_is_list(field)) {
            status = widen(plan, node, schema, EK_ARROW_LIST, error);
            if (status == ETWKIT_OK)
                status = element_of(plan, node, &node, error);
        }
        ek_arrow_type type = ek_arrow_type_of(field, plan->numeric);
        if (status == ETWKIT_OK)
            status = widen(plan, node, schema, type, error);
        if (status == ETWKIT_OK && type == EK_ARROW_STRUCT)
            status =
                add_fields(plan, node, schema, field->layout->fields + field->first_member, field->member_count, error);
    }
    return status;
}

etwkit_status ek_arrow_plan_schema(ek_arrow_plan *plan, const etwkit_schema *schema, etwkit_error *error) {
    const ek_layout *layout = schema->is.layout;
    return schema->known ? add_fields(plan, plan->root, schema, layout->fields, layout->top_count, error) : ETWKIT_OK;
}

const ek_arrow_node *ek_arrow_node_of(const ek_arrow_plan *plan, const ek_arrow_node *parent,
                                      const etwkit_field *field) {
    ek_arrow_type both;
    const ek_arrow_node *node = ek_arrow_shows(field) ? find(plan, parent, field->name, false) : NULL, *leaf = node;
    if (node && ek_arrow_is_list(field)) {
        if (node->type != EK_ARROW_LIST)
            return NULL;
        leaf = node->first;
    }
    if (!leaf || !ek_arrow_widen(leaf->type, ek_arrow_type_of(field, plan->numeric), &both) || both != leaf->type)
        return NULL;
    return node;
}
