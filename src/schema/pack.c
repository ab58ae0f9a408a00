/* SPDX-License-Identifier: MIT */
/* Finds events in packs, where they lie: hostile bytes to descriptions. Knows not where a pack comes from. */
#include "base/error.h"
#include "base/utf.h"
#include "schema/corrections.h"
#include "schema/names.h"
#include "schema/pack_inside.h"

#include <string.h>

#define MAX_DESCRIPTION ((size_t)4 << 20) /* bytes that are made of one event */
#define MAX_KEYWORDS 64                   /* names of one event */
#define MAX_SEARCHED EK_MAX_PROVIDERS     /* places of the hash */

/* One layout of a version, and how well it suits the trace. */
typedef struct candidate {
    const ek_packed_event *event;
    uint32_t distance;
} candidate;

/* What a layout is asked for. */
typedef struct question {
    const ek_pack *pack;
    const etwkit_record *record;
    const ek_pack_choice *choice;
    const etwkit_allocator *allocator;
    etwkit_error *error;
    size_t left; /* of MAX_DESCRIPTION */
} question;

etwkit_status ek_pack_damaged(etwkit_error *error, const char *what) {
    return ek_fail(error, ETWKIT_E_DAMAGED, "schema pack: %s", what);
}

etwkit_status ek_pack_open(ek_pack *pack, const void *bytes, size_t size, etwkit_error *error) {
    *pack = (ek_pack){bytes, size, ETWKIT_SOURCE_PACK};
    if (size < EK_PACK_HEAD_SIZE || memcmp(bytes, EK_PACK_MAGIC, 8) != 0)
        return ek_pack_damaged(error, "it does not begin as a pack does");
    uint32_t version = ek_load32(pack->bytes + EK_PACK_AT_VERSION);
    if (version != EK_PACK_VERSION)
        return ek_fail(error, ETWKIT_E_UNSUPPORTED,
                       "schema pack: its format is version %u, and this etwkit reads %u: build it anew with `etwkit "
                       "schema pack`",
                       version, (unsigned)EK_PACK_VERSION);
    if (ek_load32(pack->bytes + EK_PACK_AT_SIZE) > size || size > EK_PACK_MAX_SIZE)
        return ek_pack_damaged(error, "it is shorter than its head says");
    for (int i = 0; i < EK_PACK_SECTIONS; i++) {
        const uint8_t *at = pack->bytes + EK_PACK_AT_SECTIONS + 8 * (size_t)i;
        uint32_t offset = ek_load32(at), count = ek_load32(at + 4);
        if (offset % 8 || offset > size || count > (size - offset) / ek_pack_element_size[i])
            return ek_pack_damaged(error, "a section lies outside of it");
    }
    uint32_t length;
    const char *strings = ek_pack_elements(pack, EK_PACK_STRINGS, &length);
    if (!length || strings[length - 1])
        return ek_pack_damaged(error, "its texts do not end");
    return ETWKIT_OK;
}

const char *ek_pack_string(const ek_pack *pack, uint32_t offset) {
    uint32_t count;
    const char *strings = ek_pack_elements(pack, EK_PACK_STRINGS, &count);
    if (offset >= count)
        return "";
    size_t most = count - offset <= EK_PACK_MAX_TEXT ? count - offset : EK_PACK_MAX_TEXT + 1;
    const char *text = strings + offset, *end = memchr(text, 0, most);
    size_t length = end ? (size_t)(end - text) : 0;
    return end && ek_utf8_valid((const uint8_t *)text, length) == length ? text : "";
}

const char *ek_pack_text(const ek_pack *pack, uint32_t offset) {
    const char *text = ek_pack_string(pack, offset);
    return *text ? text : NULL;
}

const ek_packed_provider *ek_pack_find(const ek_pack *pack, const etwkit_guid *id, uint32_t *index) {
    uint32_t places;
    const uint32_t *table = ek_pack_elements(pack, EK_PACK_HASH, &places);
    if (!places || places & (places - 1))
        return NULL;
    uint32_t at = ek_pack_hash((const uint8_t *)id);
    for (uint32_t tried = 0; tried < places && tried < MAX_SEARCHED; tried++, at++) {
        uint32_t value = table[at & (places - 1)];
        const ek_packed_provider *provider = value ? ek_pack_element(pack, EK_PACK_PROVIDERS, value - 1) : NULL;
        if (!provider)
            return NULL;
        *index = value - 1;
        if (memcmp(provider->id, id, sizeof provider->id) == 0)
            return provider;
    }
    return NULL;
}

/* The names of one table, sorted by value. */
static const ek_packed_name *find_table(const ek_pack *pack, const ek_packed_provider *provider, ek_table_kind kind,
                                        uint32_t *count) {
    ek_pack_range range = provider->tables[kind];
    const ek_packed_name *names = ek_pack_slice(pack, EK_PACK_NAMES, range);
    *count = names && range.count <= EK_MAX_PROVIDER_EVENTS ? range.count : 0;
    return names;
}

static const char *find_name(const ek_pack *pack, const ek_packed_provider *provider, ek_table_kind kind,
                             uint64_t value) {
    uint32_t count;
    const ek_packed_name *names = find_table(pack, provider, kind, &count);
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (names[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && names[low].value == value ? ek_pack_text(pack, names[low].name) : NULL;
}

/* The names of the keywords that the event has, in the order of their masks. */
static bool find_keywords(const ek_pack *pack, const ek_packed_provider *provider, uint64_t keywords, ek_arena *arena,
                          ek_description *description) {
    uint32_t table_count;
    const ek_packed_name *names = find_table(pack, provider, EK_TABLE_KEYWORDS, &table_count);
    const char *found[MAX_KEYWORDS];
    size_t count = 0;
    for (uint32_t i = 0; i < table_count && count < MAX_KEYWORDS; i++) {
        bool has = names[i].value && (names[i].value & keywords) == names[i].value;
        const char *name = has ? ek_pack_text(pack, names[i].name) : NULL;
        if (name)
            found[count++] = name;
    }
    if (!count)
        return true;
    const char **list = ek_arena_new(arena, (count + 1) * sizeof *list);
    if (list)
        memcpy(list, found, count * sizeof *list);
    description->keyword_names = list;
    return list != NULL;
}

static void fill(const char **name, const char *found) {
    if (!*name)
        *name = found;
}

/* Everything but the layout, where an earlier source did not say it. Names point into the pack. false: memory ran out.
 */
static bool describe_names(const ek_pack *pack, const ek_packed_provider *provider, const etwkit_record *record,
                           ek_arena *arena, ek_description *description) {
    uint64_t opcode = (uint64_t)record->task << 16 | record->opcode;
    const char *of_task = find_name(pack, provider, EK_TABLE_OPCODES, opcode);
    fill(&description->provider_name, ek_pack_text(pack, provider->name));
    fill(&description->task_name, find_name(pack, provider, EK_TABLE_TASKS, record->task));
    fill(&description->opcode_name, ek_plain_opcode_name(of_task));
    fill(&description->opcode_name, ek_plain_opcode_name(find_name(pack, provider, EK_TABLE_OPCODES, record->opcode)));
    fill(&description->level_name, ek_plain_level_name(find_name(pack, provider, EK_TABLE_LEVELS, record->level)));
    fill(&description->channel_name, find_name(pack, provider, EK_TABLE_CHANNELS, record->channel));
    if (description->keyword_names)
        return true;
    return find_keywords(pack, provider, record->keywords, arena, description);
}

/* The layout of one event, without the maps where it is for a trial. ETWKIT_ABSENT where it is not known. */
static etwkit_status read_layout(question *asked, const ek_packed_event *event, bool trial, ek_arena *arena,
                                 const ek_layout **layout) {
    static const ek_packed_template nothing = {0};
    const etwkit_guid *provider_id = &asked->record->provider_id;
    ek_pack_reader reader;
    ek_field_spec *specs = NULL;
    if (event->payload == EK_PACK_UNKNOWN_PAYLOAD)
        return ETWKIT_ABSENT;
    const ek_packed_template *packed = event->payload == EK_PACK_NO_PAYLOAD
                                           ? &nothing
                                           : ek_pack_element(asked->pack, EK_PACK_TEMPLATES, event->payload - 1);
    if (!packed)
        return ek_pack_damaged(asked->error, "a template lies outside of it");
    ek_pack_reader_init(&reader, asked->pack, arena, asked->left);
    reader.without_maps = trial;
    etwkit_status status = ek_pack_read_fields(&reader, packed, &specs, asked->error);
    asked->left = reader.left;
    ek_pack_reader_free(&reader);
    if (status)
        return status;
    size_t count = ek_correct_fields(provider_id, event->id, specs, packed->field_count);
    return ek_layout_build(layout, arena, specs, count, packed->top_count, asked->error);
}

/* How far the event's builds are from the trace's: 0 fits best. A build behind is nearer than any ahead: what Windows
 * changed, it changed for the later ones. */
static uint32_t distance(const ek_pack *pack, const ek_packed_event *event, uint32_t os_build) {
    uint32_t count, nearest = UINT32_MAX;
    const uint32_t *builds = ek_pack_elements(pack, EK_PACK_BUILDS, &count);
    if (!event->builds)
        return 0;
    for (uint32_t i = 0; i < count && i < EK_PACK_MAX_BUILDS; i++) {
        if (!(event->builds >> i & 1))
            continue;
        uint32_t far = !os_build               ? UINT32_MAX / 2 - builds[i] % 0x100000 /* not known: the newest */
                       : builds[i] <= os_build ? os_build - builds[i]
                                               : UINT32_MAX / 2 + (builds[i] - os_build) % 0x100000;
        nearest = far < nearest ? far : nearest;
    }
    return nearest;
}

/* The layouts of one version, nearest first; of those equally near in the pack's order. */
static size_t sort_candidates(const question *asked, const ek_packed_event *events, uint32_t count,
                              candidate sorted[EK_PACK_MAX_LAYOUTS]) {
    size_t sorted_count = 0;
    for (uint32_t i = 0; i < count && i < EK_PACK_MAX_LAYOUTS; i++) {
        candidate next = {&events[i], distance(asked->pack, &events[i], asked->choice->os_build)};
        size_t at = sorted_count++;
        for (; at && sorted[at - 1].distance > next.distance; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = next;
    }
    return sorted_count;
}

/* Would the event's layout read the payload to its end? One that is not known cannot be told from one that does. */
static etwkit_status try_layout(question *asked, const ek_packed_event *event, bool *fits) {
    const ek_layout *layout = NULL;
    ek_arena arena;
    ek_arena_init(&arena, asked->allocator);
    etwkit_status status = read_layout(asked, event, true, &arena, &layout);
    *fits = status == ETWKIT_ABSENT || (layout && asked->choice->fits(layout, asked->record));
    ek_arena_free(&arena);
    return status;
}

/* Of the layouts of one version the nearest that reads the payload to its end; else the nearest that can be read. */
static etwkit_status choose_event(question *asked, const ek_packed_event *events, uint32_t count,
                                  const ek_packed_event **chosen) {
    candidate sorted[EK_PACK_MAX_LAYOUTS];
    count = (uint32_t)sort_candidates(asked, events, count, sorted);
    *chosen = NULL;
    for (uint32_t i = 0; count > 1 && asked->choice->fits && i < count; i++) {
        bool fits;
        etwkit_status status = try_layout(asked, sorted[i].event, &fits);
        if (status == ETWKIT_E_NO_MEMORY)
            return status;
        if (!*chosen && status >= 0)
            *chosen = sorted[i].event;
        if (fits) {
            *chosen = sorted[i].event;
            return ETWKIT_OK;
        }
    }
    if (!*chosen) /* damaged, or the only one: it says so itself */
        *chosen = sorted[0].event;
    return ETWKIT_OK;
}

/* The index of the first event that is not before (id, version). */
static uint32_t lower_bound(const ek_packed_event *events, uint32_t count, uint16_t id, uint8_t version) {
    uint32_t low = 0, high = count, key = (uint32_t)id << 8 | version;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (((uint32_t)events[middle].id << 8 | events[middle].version) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Events of the wanted version, or of the highest lower one; as many as are returned, from *first on. */
static uint32_t find_events(const ek_packed_event *events, uint32_t count, uint16_t id, uint8_t version,
                            uint32_t *first) {
    uint32_t at = lower_bound(events, count, id, version), end;
    if (at == count || events[at].id != id || events[at].version != version) {
        if (!at || events[at - 1].id != id)
            return 0;
        at = lower_bound(events, count, id, events[at - 1].version);
    }
    if (at == count || events[at].id != id)
        return 0; /* not sorted: damaged */
    for (end = at; end < count && end - at < EK_PACK_MAX_LAYOUTS && events[end].id == id &&
                   events[end].version == events[at].version;
         end++)
        ;
    *first = at;
    return end - at;
}

etwkit_status ek_pack_describe(const ek_pack *pack, const etwkit_record *record, const ek_pack_choice *choice,
                               ek_arena *arena, ek_description *description, etwkit_error *error) {
    uint32_t index, first;
    const ek_packed_provider *provider = ek_pack_find(pack, &record->provider_id, &index);
    if (!provider)
        return ETWKIT_ABSENT;
    if (!describe_names(pack, provider, record, arena, description))
        return ek_fail_memory(error);
    const ek_packed_event *events = ek_pack_slice(pack, EK_PACK_EVENTS, provider->events), *chosen;
    uint32_t count =
        events ? find_events(events, provider->events.count, record->event_id, record->version, &first) : 0;
    if (!count)
        return ETWKIT_ABSENT;
    question asked = {pack, record, choice, &arena->allocator, error, MAX_DESCRIPTION};
    const ek_layout *layout = NULL;
    etwkit_status status = choose_event(&asked, events + first, count, &chosen);
    if (!status)
        status = read_layout(&asked, chosen, false, arena, &layout);
    if (status < 0)
        return status;
    fill(&description->event_name, ek_pack_text(pack, chosen->name));
    if (!description->task_name)
        fill(&description->event_name, ek_pack_text(pack, chosen->symbol));
    fill(&description->message, ek_pack_text(pack, chosen->message));
    if (status)
        return status;
    description->layout = layout;
    description->source = pack->source;
    description->guessed = chosen->version != record->version;
    return ETWKIT_OK;
}
