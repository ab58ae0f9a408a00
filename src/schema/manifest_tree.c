/* SPDX-License-Identifier: MIT */
/* XML to a tree, by Expat. Knows which elements stand where, not what they say. */
#include "schema/manifest_tree.h"

#include "base/error.h"
#include "schema/manifest_text.h"

#include <expat.h>
#include <string.h>

#define WITHIN(element) (1u << EK_ELEMENT_##element)

/* Elements that mean something, and within which others (containers are looked through). */
static const struct {
    const char *name;
    ek_manifest_element element;
    uint32_t within;
} elements[] = {
    {"data", EK_ELEMENT_DATA, WITHIN(TEMPLATE) | WITHIN(STRUCT)},
    {"event", EK_ELEMENT_EVENT, WITHIN(PROVIDER)},
    {"map", EK_ELEMENT_MAP, WITHIN(VALUE_MAP) | WITHIN(BIT_MAP)},
    {"task", EK_ELEMENT_TASK, WITHIN(PROVIDER)},
    {"opcode", EK_ELEMENT_OPCODE, WITHIN(PROVIDER) | WITHIN(TASK)},
    {"template", EK_ELEMENT_TEMPLATE, WITHIN(PROVIDER)},
    {"struct", EK_ELEMENT_STRUCT, WITHIN(TEMPLATE) | WITHIN(STRUCT)},
    {"string", EK_ELEMENT_STRING, WITHIN(RESOURCES)},
    {"keyword", EK_ELEMENT_KEYWORD, WITHIN(PROVIDER)},
    {"valueMap", EK_ELEMENT_VALUE_MAP, WITHIN(PROVIDER)},
    {"bitMap", EK_ELEMENT_BIT_MAP, WITHIN(PROVIDER)},
    {"level", EK_ELEMENT_LEVEL, WITHIN(PROVIDER)},
    {"channel", EK_ELEMENT_CHANNEL, WITHIN(PROVIDER)},
    {"importChannel", EK_ELEMENT_IMPORT_CHANNEL, WITHIN(PROVIDER)},
    {"message", EK_ELEMENT_MESSAGE, WITHIN(ROOT) | WITHIN(PROVIDER) | WITHIN(RESOURCES)},
    {"resources", EK_ELEMENT_RESOURCES, WITHIN(ROOT)},
    {"provider", EK_ELEMENT_PROVIDER, WITHIN(ROOT)},
};

/* Elements that only hold others. What is neither here nor above is skipped with all that stands in it: UserData and
 * counters have elements of the same names. */
static const char containers[][24] = {
    "instrumentationManifest",
    "instrumentation",
    "events",
    "localization",
    "stringTable",
    "messageTable",
    "assembly",
    "channels",
    "levels",
    "tasks",
    "opcodes",
    "keywords",
    "maps",
    "templates",
};

static const char attributes[EK_ATTRIBUTES][12] = {
    [EK_ATTRIBUTE_CHANNEL] = "channel", [EK_ATTRIBUTE_CHID] = "chid",         [EK_ATTRIBUTE_COUNT] = "count",
    [EK_ATTRIBUTE_CULTURE] = "culture", [EK_ATTRIBUTE_GUID] = "guid",         [EK_ATTRIBUTE_ID] = "id",
    [EK_ATTRIBUTE_IN_TYPE] = "inType",  [EK_ATTRIBUTE_KEYWORDS] = "keywords", [EK_ATTRIBUTE_LENGTH] = "length",
    [EK_ATTRIBUTE_LEVEL] = "level",     [EK_ATTRIBUTE_MAP] = "map",           [EK_ATTRIBUTE_MASK] = "mask",
    [EK_ATTRIBUTE_MESSAGE] = "message", [EK_ATTRIBUTE_MID] = "mid",           [EK_ATTRIBUTE_NAME] = "name",
    [EK_ATTRIBUTE_OPCODE] = "opcode",   [EK_ATTRIBUTE_OUT_TYPE] = "outType",  [EK_ATTRIBUTE_SOURCE] = "source",
    [EK_ATTRIBUTE_SYMBOL] = "symbol",   [EK_ATTRIBUTE_TASK] = "task",         [EK_ATTRIBUTE_TEMPLATE] = "template",
    [EK_ATTRIBUTE_TID] = "tid",         [EK_ATTRIBUTE_VALUE] = "value",       [EK_ATTRIBUTE_VERSION] = "version",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One attempt at the text. */
typedef struct parsing {
    ek_manifest *manifest;
    XML_Parser parser;
    ek_manifest_node *at; /* the innermost element that is open, and kept */
    bool kept[EK_MANIFEST_DEPTH];
    size_t depth;
    size_t skipped; /* the depth from which on elements are skipped, or 0 */
    size_t count;
    const char *refused; /* why the parser was stopped */
} parsing;

/*
 * Expat's memory functions are given no context, and the allocator of a handle must reach them; so it is held here for
 * as long as one call of ek_manifest_parse() runs on this thread. Nothing outlives the call.
 */
static _Thread_local const etwkit_allocator *expat_allocator;

static void *expat_resize(void *block, size_t size) {
    return expat_allocator->resize(expat_allocator->context, block, size ? size : 1);
}
static void *expat_alloc(size_t size) {
    return expat_resize(NULL, size);
}
static void expat_release(void *block) {
    expat_allocator->release(expat_allocator->context, block);
}

void ek_manifest_tell(ek_manifest *manifest, const ek_manifest_node *at, const char *what, const char *detail) {
    etwkit_error error;
    if (manifest->told++ >= EK_MANIFEST_REPORTS || !manifest->report)
        return;
    ek_fail(&error, ETWKIT_E_DAMAGED, "%s: line %u, column %u: %s%s%s%s", manifest->name, (unsigned)at->line,
            (unsigned)at->column, what, detail ? ": \"" : "", detail ? detail : "", detail ? "\"" : "");
    manifest->report(manifest->context, &error);
}

const char *ek_manifest_attribute_of(const ek_manifest_node *node, ek_manifest_attribute attribute) {
    for (uint32_t i = 0; i < node->text_count; i++)
        if (node->texts[i].attribute == attribute)
            return node->texts[i].text;
    return NULL;
}

static const char *without_prefix(const char *name) {
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

/* false: nothing is kept of it. *element stays ROOT for a container. */
static bool find_element(const char *name, unsigned within, ek_manifest_element *element) {
    *element = EK_ELEMENT_ROOT;
    for (size_t i = 0; i < COUNT(elements); i++)
        if (elements[i].within & 1u << within && strcmp(elements[i].name, name) == 0) {
            *element = elements[i].element;
            return true;
        }
    for (size_t i = 0; i < COUNT(containers); i++)
        if (strcmp(containers[i], name) == 0)
            return true;
    return false;
}

static size_t find_attribute(const char *name) {
    size_t at = 0;
    while (at < EK_ATTRIBUTES && strcmp(attributes[at], name) != 0)
        at++;
    return at;
}

static bool keep_attributes(ek_arena *arena, ek_manifest_node *node, const char **given) {
    uint32_t count = 0;
    for (size_t i = 0; given[i]; i += 2)
        count += find_attribute(given[i]) < EK_ATTRIBUTES;
    ek_manifest_text *texts = ek_arena_alloc(arena, count * sizeof *texts);
    if (!texts)
        return false;
    node->texts = texts;
    for (size_t i = 0; given[i]; i += 2) {
        size_t attribute = find_attribute(given[i]);
        if (attribute == EK_ATTRIBUTES)
            continue;
        *texts = (ek_manifest_text){(ek_manifest_attribute)attribute, NULL};
        if (!(texts->text = ek_arena_text(arena, given[i + 1], strlen(given[i + 1]))))
            return false;
        texts++;
        node->text_count++;
    }
    return true;
}

static void stop(parsing *p, const char *why) {
    p->refused = why;
    XML_StopParser(p->parser, XML_FALSE);
}

static void keep(parsing *p, ek_manifest_element element, const char **given) {
    ek_arena *arena = &p->manifest->arena;
    ek_manifest_node *node = ek_arena_new(arena, sizeof *node);
    if (!node || !keep_attributes(arena, node, given)) {
        p->manifest->failed = true;
        stop(p, "out of memory");
        return;
    }
    node->element = (uint8_t)element;
    node->line = (uint32_t)XML_GetCurrentLineNumber(p->parser);
    node->column = (uint32_t)XML_GetCurrentColumnNumber(p->parser);
    node->parent = p->at;
    if (p->at->last)
        p->at->last->next = node;
    else
        p->at->first = node;
    p->at->last = node;
    p->at = node;
    p->kept[p->depth - 1] = true;
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **given) {
    parsing *p = context;
    ek_manifest_element element;
    if (p->refused)
        return;
    if (p->depth == EK_MANIFEST_DEPTH || p->count == EK_MANIFEST_ELEMENTS) {
        stop(p, p->depth == EK_MANIFEST_DEPTH ? "elements are nested too deep" : "there are too many elements");
        return;
    }
    p->kept[p->depth++] = false;
    p->count++;
    if (p->skipped)
        return;
    if (!find_element(without_prefix(name), p->at->element, &element))
        p->skipped = p->depth;
    else if (element != EK_ELEMENT_ROOT)
        keep(p, element, given);
}

static void XMLCALL on_end(void *context, const XML_Char *name) {
    (void)name;
    parsing *p = context;
    if (p->refused)
        return;
    if (p->skipped == p->depth)
        p->skipped = 0;
    if (p->kept[--p->depth])
        p->at = p->at->parent;
}

/* Manifests need no declarations of their own, and entities and default attributes can be made to multiply. */
static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_declarations) {
    (void)name, (void)system_id, (void)public_id;
    if (has_declarations)
        stop(context, "declarations of entities and the like are refused");
}

/* Where an attempt ended. */
typedef struct fault {
    enum XML_Error code;
    const char *what;
    size_t at; /* byte of the text */
    ek_manifest_node place;
} fault;

static ek_manifest_node *parse_once(ek_manifest *manifest, const ek_buf *text, fault *found) {
    static const XML_Memory_Handling_Suite memory = {expat_alloc, expat_resize, expat_release};
    ek_arena_reset(&manifest->arena);
    ek_manifest_node *root = ek_arena_new(&manifest->arena, sizeof *root);
    parsing p = {.manifest = manifest, .at = root, .parser = XML_ParserCreate_MM("UTF-8", &memory, NULL)};
    if (!root || !p.parser) {
        manifest->failed = true;
    } else {
        XML_SetUserData(p.parser, &p);
        XML_SetElementHandler(p.parser, on_start, on_end);
        XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
        enum XML_Status status = XML_Parse(p.parser, (const char *)text->data, (int)text->size, XML_TRUE);
        found->code = status == XML_STATUS_OK ? XML_ERROR_NONE : XML_GetErrorCode(p.parser);
        found->what = p.refused ? p.refused : XML_ErrorString(found->code);
        XML_Index at = XML_GetCurrentByteIndex(p.parser);
        found->at = at < 0 ? text->size : (size_t)at;
        found->place.line = (uint32_t)XML_GetCurrentLineNumber(p.parser);
        found->place.column = (uint32_t)XML_GetCurrentColumnNumber(p.parser);
        manifest->failed |= found->code == XML_ERROR_NO_MEMORY;
    }
    if (p.parser)
        XML_ParserFree(p.parser);
    return manifest->failed ? NULL : root;
}

static bool is_reference(enum XML_Error code) {
    return code == XML_ERROR_UNDEFINED_ENTITY || code == XML_ERROR_BAD_CHAR_REF;
}

static bool may_be_mended(enum XML_Error code) {
    return is_reference(code) || code == XML_ERROR_INVALID_TOKEN || code == XML_ERROR_PARTIAL_CHAR;
}

static void tell_mended(ek_manifest *manifest, const ek_manifest_node *place, size_t cleaned, size_t mended) {
    char what[160];
    ek_format(what, sizeof what, "not well-formed: from here on %zu characters replaced by '?', %zu by entities",
              cleaned, mended);
    ek_manifest_tell(manifest, place, what, NULL);
}

/* Parses and mends by turns: first what no XML may hold, then place by place. */
static ek_manifest_node *parse(ek_manifest *manifest, ek_buf *text) {
    fault found = {0};
    ek_manifest_node *root = parse_once(manifest, text, &found), first = found.place;
    size_t cleaned = 0, mended = 0, parsed = 0;
    if (root && may_be_mended(found.code) && (cleaned = ek_manifest_clean(text->data, text->size)))
        root = parse_once(manifest, text, &found);
    while (root && may_be_mended(found.code) && mended < EK_MANIFEST_REPAIRS && parsed < EK_MANIFEST_REPARSED &&
           ek_manifest_mend(text, found.at, is_reference(found.code))) {
        root = parse_once(manifest, text, &found);
        parsed += found.at;
        mended++;
    }
    if (root && (cleaned || mended))
        tell_mended(manifest, &first, cleaned, mended);
    if (root && found.code != XML_ERROR_NONE) {
        if (!root->first) {
            ek_fail(manifest->error, ETWKIT_E_DAMAGED, "%s: line %u, column %u: %s", manifest->name,
                    (unsigned)found.place.line, (unsigned)found.place.column, found.what);
            return NULL;
        }
        ek_manifest_tell(manifest, &found.place, found.what, NULL);
    }
    return root;
}

const ek_manifest_node *ek_manifest_parse(ek_manifest *manifest, const void *data, size_t size) {
    const etwkit_allocator *outer = expat_allocator;
    ek_buf text;
    expat_allocator = &manifest->arena.allocator;
    ek_buf_init(&text, &manifest->arena.allocator);
    ek_manifest_decode(&text, data, size);
    manifest->failed |= text.failed;
    const ek_manifest_node *root = text.failed ? NULL : parse(manifest, &text);
    ek_buf_free(&text);
    expat_allocator = outer;
    return root;
}
