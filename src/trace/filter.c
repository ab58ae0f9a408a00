/* SPDX-License-Identifier: MIT */
/* Filters: a small tree of conditions on headers and names. Knows nothing of payloads. */
#include "trace/filter.h"

#include "base/guid.h"
#include "base/memory.h"

typedef enum condition_kind {
    ALL,
    ANY,
    NOT,
    IDS,
    OPCODES,
    LEVEL,
    KEYWORDS,
    PROCESSES,
    THREADS,
    PROVIDER_ID,
    PROVIDER_NAME,
    EVENT_NAME,
    TIME
} condition_kind;

#define DEPTH_MAX 64 /* of nested all/any/not: bounds the recursion below */

struct etwkit_filter {
    etwkit_allocator allocator;
    condition_kind condition;
    unsigned depth;
    unsigned owners; /* by atomic operations: they may be on different threads */
    size_t count; /* of children, numbers; of a pattern its length */
    union {
        struct etwkit_filter **children;
        uint32_t *numbers;
        char *pattern;
        etwkit_guid provider;
        struct {
            uint64_t any, all;
        } keywords;
        struct {
            int64_t since, until;
        } time;
        uint8_t level;
    } of;
};

static etwkit_filter *new_filter(const etwkit_allocator *allocator, condition_kind condition) {
    etwkit_allocator own = ek_allocator_or_default(allocator);
    etwkit_filter *filter = ek_new(&own, sizeof *filter);
    if (!filter)
        return NULL;
    filter->allocator = own;
    filter->condition = condition;
    filter->depth = 1;
    filter->owners = 1;
    return filter;
}

etwkit_filter *etwkit_filter_share(const etwkit_filter *filter) {
    etwkit_filter *shared = (etwkit_filter *)filter; /* its conditions stay as they are */
    if (shared)
        __atomic_fetch_add(&shared->owners, 1, __ATOMIC_RELAXED);
    return shared;
}

static bool has_children(const etwkit_filter *filter) {
    return filter->condition == ALL || filter->condition == ANY || filter->condition == NOT;
}

void etwkit_filter_free(etwkit_filter *filter) {
    if (!filter || __atomic_sub_fetch(&filter->owners, 1, __ATOMIC_ACQ_REL))
        return;
    if (has_children(filter)) {
        for (size_t i = 0; i < filter->count; i++)
            etwkit_filter_free(filter->of.children[i]); /* at most DEPTH_MAX deep: see combine() */
        ek_release(&filter->allocator, filter->of.children);
    } else if (filter->condition == IDS || filter->condition == OPCODES || filter->condition == PROCESSES ||
               filter->condition == THREADS) {
        ek_release(&filter->allocator, filter->of.numbers);
    } else if (filter->condition == PROVIDER_NAME || filter->condition == EVENT_NAME) {
        ek_release(&filter->allocator, filter->of.pattern);
    }
    etwkit_allocator allocator = filter->allocator;
    ek_release(&allocator, filter);
}

static etwkit_filter *combine(const etwkit_allocator *allocator, condition_kind condition,
                              etwkit_filter *const *children, size_t count) {
    etwkit_filter *filter = new_filter(allocator, condition);
    bool good = filter != NULL;
    if (good) {
        filter->of.children = ek_resize(&filter->allocator, NULL, count, sizeof *children);
        good = filter->of.children != NULL;
    }
    for (size_t i = 0; i < count && good; i++) {
        good = children[i] != NULL && children[i]->depth < DEPTH_MAX;
        if (good && children[i]->depth >= filter->depth)
            filter->depth = children[i]->depth + 1;
    }
    if (good) {
        for (size_t i = 0; i < count; i++)
            filter->of.children[i] = children[i];
        filter->count = count;
        return filter;
    }
    for (size_t i = 0; i < count; i++)
        etwkit_filter_free(children[i]);
    etwkit_filter_free(filter);
    return NULL;
}

etwkit_filter *etwkit_filter_all(const etwkit_allocator *allocator, etwkit_filter *const *filters, size_t count) {
    return combine(allocator, ALL, filters, count);
}

etwkit_filter *etwkit_filter_any(const etwkit_allocator *allocator, etwkit_filter *const *filters, size_t count) {
    return combine(allocator, ANY, filters, count);
}

etwkit_filter *etwkit_filter_not(const etwkit_allocator *allocator, etwkit_filter *filter) {
    return combine(allocator, NOT, &filter, 1);
}

static etwkit_filter *new_list(const etwkit_allocator *allocator, condition_kind condition, size_t count) {
    etwkit_filter *filter = new_filter(allocator, condition);
    if (!filter)
        return NULL;
    filter->of.numbers = ek_resize(&filter->allocator, NULL, count, sizeof *filter->of.numbers);
    filter->count = count;
    if (filter->of.numbers)
        return filter;
    etwkit_filter_free(filter);
    return NULL;
}

etwkit_filter *etwkit_filter_ids(const etwkit_allocator *allocator, const uint16_t *ids, size_t count) {
    etwkit_filter *filter = new_list(allocator, IDS, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->of.numbers[i] = ids[i];
    return filter;
}

etwkit_filter *etwkit_filter_opcodes(const etwkit_allocator *allocator, const uint8_t *opcodes, size_t count) {
    etwkit_filter *filter = new_list(allocator, OPCODES, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->of.numbers[i] = opcodes[i];
    return filter;
}

static etwkit_filter *number_list(const etwkit_allocator *allocator, condition_kind condition, const uint32_t *numbers,
                                  size_t count) {
    etwkit_filter *filter = new_list(allocator, condition, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->of.numbers[i] = numbers[i];
    return filter;
}

etwkit_filter *etwkit_filter_processes(const etwkit_allocator *allocator, const uint32_t *ids, size_t count) {
    return number_list(allocator, PROCESSES, ids, count);
}

etwkit_filter *etwkit_filter_threads(const etwkit_allocator *allocator, const uint32_t *ids, size_t count) {
    return number_list(allocator, THREADS, ids, count);
}

etwkit_filter *etwkit_filter_level_at_most(const etwkit_allocator *allocator, uint8_t level) {
    etwkit_filter *filter = new_filter(allocator, LEVEL);
    if (filter)
        filter->of.level = level;
    return filter;
}

etwkit_filter *etwkit_filter_keywords(const etwkit_allocator *allocator, uint64_t any, uint64_t all) {
    etwkit_filter *filter = new_filter(allocator, KEYWORDS);
    if (filter) {
        filter->of.keywords.any = any ? any : UINT64_MAX;
        filter->of.keywords.all = all;
    }
    return filter;
}

etwkit_filter *etwkit_filter_provider_id(const etwkit_allocator *allocator, const etwkit_guid *id) {
    etwkit_filter *filter = new_filter(allocator, PROVIDER_ID);
    if (filter)
        filter->of.provider = *id;
    return filter;
}

etwkit_filter *etwkit_filter_time(const etwkit_allocator *allocator, int64_t since, int64_t until) {
    etwkit_filter *filter = new_filter(allocator, TIME);
    if (filter) {
        filter->of.time.since = since;
        filter->of.time.until = until;
    }
    return filter;
}

static etwkit_filter *pattern_filter(const etwkit_allocator *allocator, condition_kind condition, const char *pattern) {
    etwkit_filter *filter = pattern ? new_filter(allocator, condition) : NULL;
    if (!filter)
        return NULL;
    filter->count = strlen(pattern);
    filter->of.pattern = ek_alloc(&filter->allocator, filter->count + 1);
    if (filter->of.pattern) {
        memcpy(filter->of.pattern, pattern, filter->count + 1);
        return filter;
    }
    etwkit_filter_free(filter);
    return NULL;
}

etwkit_filter *etwkit_filter_provider_name(const etwkit_allocator *allocator, const char *pattern) {
    return pattern_filter(allocator, PROVIDER_NAME, pattern);
}

etwkit_filter *etwkit_filter_event_name(const etwkit_allocator *allocator, const char *pattern) {
    return pattern_filter(allocator, EVENT_NAME, pattern);
}

static bool same_letter(char a, char b) {
    char lower_a = a >= 'A' && a <= 'Z' ? (char)(a | 0x20) : a, lower_b = b >= 'A' && b <= 'Z' ? (char)(b | 0x20) : b;
    return lower_a == lower_b;
}

static const char *next_character(const char *text) {
    for (text++; (*text & 0xC0) == 0x80; text++) {
    }
    return text;
}

/* `*` is tried shortest first, going back only to the latest one: linear in practice, quadratic at worst. */
static bool matches_pattern(const char *pattern, const char *text) {
    const char *star = NULL, *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == '?') {
            pattern++;
            text = next_character(text);
        } else if (*pattern && same_letter(*pattern, *text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = retry = next_character(retry);
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool contains(const etwkit_filter *filter, uint32_t number) {
    for (size_t i = 0; i < filter->count; i++)
        if (filter->of.numbers[i] == number)
            return true;
    return false;
}

static bool matches_name(const etwkit_filter *filter, const etwkit_record *record, const ek_filter_names *names) {
    const etwkit_schema *schema = names->schema(names->context, record);
    const char *name =
        filter->condition == EVENT_NAME ? etwkit_schema_event_name(schema) : etwkit_schema_provider_name(schema);
    return name && matches_pattern(filter->of.pattern, name);
}

static bool passes_keywords(const etwkit_filter *filter, uint64_t keywords) {
    uint64_t all = filter->of.keywords.all;
    return keywords == 0 || ((keywords & filter->of.keywords.any) != 0 && (keywords & all) == all);
}

bool ek_filter_match(const etwkit_filter *filter, const etwkit_record *record, const ek_filter_names *names) {
    switch (filter->condition) {
    case ALL:
        for (size_t i = 0; i < filter->count; i++)
            if (!ek_filter_match(filter->of.children[i], record, names))
                return false;
        return true;
    case ANY:
        for (size_t i = 0; i < filter->count; i++)
            if (ek_filter_match(filter->of.children[i], record, names))
                return true;
        return false;
    case NOT: return !ek_filter_match(filter->of.children[0], record, names);
    case IDS: return contains(filter, record->event_id);
    case OPCODES: return contains(filter, record->opcode);
    case LEVEL: return record->level <= filter->of.level;
    case KEYWORDS: return passes_keywords(filter, record->keywords);
    case PROCESSES: return record->process_id != ETWKIT_NO_ID && contains(filter, record->process_id);
    case THREADS: return record->thread_id != ETWKIT_NO_ID && contains(filter, record->thread_id);
    case PROVIDER_ID: return ek_guid_equal(&filter->of.provider, &record->provider_id);
    case TIME: return record->timestamp >= filter->of.time.since && record->timestamp <= filter->of.time.until;
    case PROVIDER_NAME:
    case EVENT_NAME: return matches_name(filter, record, names);
    }
    return false;
}
