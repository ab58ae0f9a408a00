/* SPDX-License-Identifier: MIT */
/* Filters: a list of conditions, each of which says where to go on. Knows headers and names; payloads are next door. */
#include "trace/filter.h"

#include "base/guid.h"
#include "base/memory.h"
#include "trace/filter_property.h"

typedef enum condition_kind {
    IDS,
    OPCODES,
    LEVEL,
    KEYWORDS,
    PROCESSES,
    THREADS,
    PROVIDER_ID,
    PROVIDER_NAME,
    EVENT_NAME,
    TIME,
    PROPERTY
} condition_kind;

/* Where a condition leads to, beside the index of a later one. */
#define PASS UINT32_MAX
#define FAIL (UINT32_MAX - 1)
#define MOST_CONDITIONS ((size_t)1 << 24)

typedef struct condition {
    condition_kind kind;
    uint32_t on_true, on_false;
    size_t count; /* of numbers; of a pattern its length */
    union {
        uint32_t *numbers;
        char *pattern;
        ek_property_condition *property;
        etwkit_guid provider;
        struct {
            uint64_t any, all;
        } keywords;
        struct {
            int64_t since, until;
        } time;
        uint8_t level;
    } of;
} condition;

/* No tree: nothing recurses, however deep filters are nested. A condition only leads to later ones. */
struct etwkit_filter {
    etwkit_allocator allocator;
    condition *conditions;
    size_t count;
    unsigned owners; /* by atomic operations: they may be on different threads */
    bool answer;     /* where there is no condition */
};

static etwkit_filter *new_filter(const etwkit_allocator *allocator, size_t count) {
    etwkit_allocator own = ek_allocator_or_default(allocator);
    etwkit_filter *filter = ek_new(&own, sizeof *filter);
    if (!filter)
        return NULL;
    filter->allocator = own;
    filter->owners = 1;
    filter->conditions = ek_resize(&own, NULL, count, sizeof *filter->conditions);
    if (!filter->conditions) {
        ek_release(&own, filter);
        return NULL;
    }
    return filter;
}

static etwkit_filter *new_condition(const etwkit_allocator *allocator, condition_kind kind) {
    etwkit_filter *filter = new_filter(allocator, 1);
    if (!filter)
        return NULL;
    memset(&filter->conditions[0], 0, sizeof filter->conditions[0]);
    filter->conditions[0].kind = kind;
    filter->conditions[0].on_true = PASS;
    filter->conditions[0].on_false = FAIL;
    filter->count = 1;
    return filter;
}

static bool has_numbers(const condition *of) {
    return of->kind == IDS || of->kind == OPCODES || of->kind == PROCESSES || of->kind == THREADS;
}

static bool has_pattern(const condition *of) {
    return of->kind == PROVIDER_NAME || of->kind == EVENT_NAME;
}

static void free_condition(condition *ending, const etwkit_allocator *allocator) {
    if (has_numbers(ending))
        ek_release(allocator, ending->of.numbers);
    else if (has_pattern(ending))
        ek_release(allocator, ending->of.pattern);
    else if (ending->kind == PROPERTY)
        ek_property_condition_free(ending->of.property, allocator);
}

etwkit_filter *etwkit_filter_share(const etwkit_filter *filter) {
    etwkit_filter *shared = (etwkit_filter *)filter; /* its conditions stay as they are */
    if (shared)
        __atomic_fetch_add(&shared->owners, 1, __ATOMIC_RELAXED);
    return shared;
}

/* Nobody else's, so that it may be taken apart. */
static bool is_sole(const etwkit_filter *filter) {
    return __atomic_load_n(&filter->owners, __ATOMIC_ACQUIRE) == 1;
}

void etwkit_filter_free(etwkit_filter *filter) {
    if (!filter || __atomic_sub_fetch(&filter->owners, 1, __ATOMIC_ACQ_REL))
        return;
    for (size_t i = 0; i < filter->count; i++)
        free_condition(&filter->conditions[i], &filter->allocator);
    etwkit_allocator allocator = filter->allocator;
    ek_release(&allocator, filter->conditions);
    ek_release(&allocator, filter);
}

/* The same as `from`, with memory of its own. */
static bool copy_condition(condition *copy, const condition *from, const etwkit_allocator *allocator) {
    *copy = *from;
    if (has_numbers(from)) {
        copy->of.numbers = ek_resize(allocator, NULL, from->count, sizeof *copy->of.numbers);
        if (copy->of.numbers && from->count)
            memcpy(copy->of.numbers, from->of.numbers, from->count * sizeof *copy->of.numbers);
        return copy->of.numbers != NULL;
    }
    if (has_pattern(from)) {
        copy->of.pattern = ek_alloc(allocator, from->count + 1);
        if (copy->of.pattern)
            memcpy(copy->of.pattern, from->of.pattern, from->count + 1);
        return copy->of.pattern != NULL;
    }
    return from->kind != PROPERTY || (copy->of.property = ek_property_condition_copy(from->of.property, allocator));
}

etwkit_filter *etwkit_filter_copy(const etwkit_allocator *allocator, const etwkit_filter *filter) {
    etwkit_filter *copy = new_filter(allocator, filter->count);
    if (!copy)
        return NULL;
    copy->answer = filter->answer;
    while (copy->count < filter->count) {
        if (!copy_condition(&copy->conditions[copy->count], &filter->conditions[copy->count], &copy->allocator)) {
            etwkit_filter_free(copy);
            return NULL;
        }
        copy->count++;
    }
    return copy;
}

static uint32_t moved(uint32_t target, size_t by, uint32_t pass, uint32_t fail) {
    return target == PASS ? pass : target == FAIL ? fail : target + (uint32_t)by;
}

/* Appends the conditions of a filter, which lead to `pass` and `fail` in the end, and lets go of it. false: no memory.
 */
static bool append(etwkit_filter *to, etwkit_filter *from, uint32_t pass, uint32_t fail) {
    size_t by = to->count;
    const etwkit_allocator *a = &to->allocator, *b = &from->allocator;
    bool same = a->resize == b->resize && a->release == b->release && a->context == b->context;
    bool sole = same && is_sole(from), good = true; /* else its memory is not ours to take */
    for (size_t i = 0; i < from->count && good; i++) {
        condition *made = &to->conditions[to->count];
        if (sole)
            *made = from->conditions[i];
        else
            good = copy_condition(made, &from->conditions[i], &to->allocator);
        if (!good)
            break;
        made->on_true = moved(made->on_true, by, pass, fail);
        made->on_false = moved(made->on_false, by, pass, fail);
        to->count++;
    }
    if (sole)
        from->count = 0;
    etwkit_filter_free(from);
    return good;
}

static void free_all(etwkit_filter *const *filters, size_t count) {
    for (size_t i = 0; i < count; i++)
        etwkit_filter_free(filters[i]);
}

/*
 * One behind the other: with `all` the next is asked where one passes, else where one fails. A filter without
 * conditions decides all, or makes no difference.
 */
static etwkit_filter *combine(const etwkit_allocator *allocator, etwkit_filter *const *children, size_t count,
                              bool all) {
    size_t total = 0, last = 0;
    bool good = true, decided = false;
    for (size_t i = 0; i < count && good; i++) {
        good = children[i] && children[i]->count <= MOST_CONDITIONS - total;
        if (!good)
            break;
        total += children[i]->count;
        if (children[i]->count)
            last = i;
        else
            decided |= children[i]->answer != all;
    }
    etwkit_filter *filter = good ? new_filter(allocator, decided ? 0 : total) : NULL;
    if (!filter || decided || total == 0) {
        free_all(children, count);
        if (filter)
            filter->answer = decided ? !all : all;
        return filter;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t next = (uint32_t)(filter->count + children[i]->count);
        bool ends = i >= last;
        if (append(filter, children[i], all && !ends ? next : PASS, all || ends ? FAIL : next))
            continue;
        free_all(children + i + 1, count - i - 1);
        etwkit_filter_free(filter);
        return NULL;
    }
    return filter;
}

etwkit_filter *etwkit_filter_all(const etwkit_allocator *allocator, etwkit_filter *const *filters, size_t count) {
    return combine(allocator, filters, count, true);
}

etwkit_filter *etwkit_filter_any(const etwkit_allocator *allocator, etwkit_filter *const *filters, size_t count) {
    return combine(allocator, filters, count, false);
}

etwkit_filter *etwkit_filter_not(const etwkit_allocator *allocator, etwkit_filter *filter) {
    (void)allocator; /* nothing is needed */
    if (filter && !is_sole(filter)) {
        etwkit_filter *copy = etwkit_filter_copy(&filter->allocator, filter);
        etwkit_filter_free(filter);
        filter = copy;
    }
    if (!filter)
        return NULL;
    filter->answer = !filter->answer;
    for (size_t i = 0; i < filter->count; i++) {
        filter->conditions[i].on_true = moved(filter->conditions[i].on_true, 0, FAIL, PASS);
        filter->conditions[i].on_false = moved(filter->conditions[i].on_false, 0, FAIL, PASS);
    }
    return filter;
}

static etwkit_filter *new_list(const etwkit_allocator *allocator, condition_kind kind, size_t count) {
    etwkit_filter *filter = new_condition(allocator, kind);
    if (!filter)
        return NULL;
    condition *made = &filter->conditions[0];
    made->of.numbers = ek_resize(&filter->allocator, NULL, count, sizeof *made->of.numbers);
    made->count = count;
    if (made->of.numbers)
        return filter;
    etwkit_filter_free(filter);
    return NULL;
}

etwkit_filter *etwkit_filter_ids(const etwkit_allocator *allocator, const uint16_t *ids, size_t count) {
    etwkit_filter *filter = new_list(allocator, IDS, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->conditions[0].of.numbers[i] = ids[i];
    return filter;
}

etwkit_filter *etwkit_filter_opcodes(const etwkit_allocator *allocator, const uint8_t *opcodes, size_t count) {
    etwkit_filter *filter = new_list(allocator, OPCODES, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->conditions[0].of.numbers[i] = opcodes[i];
    return filter;
}

static etwkit_filter *number_list(const etwkit_allocator *allocator, condition_kind kind, const uint32_t *numbers,
                                  size_t count) {
    etwkit_filter *filter = new_list(allocator, kind, count);
    for (size_t i = 0; filter && i < count; i++)
        filter->conditions[0].of.numbers[i] = numbers[i];
    return filter;
}

etwkit_filter *etwkit_filter_processes(const etwkit_allocator *allocator, const uint32_t *ids, size_t count) {
    return number_list(allocator, PROCESSES, ids, count);
}

etwkit_filter *etwkit_filter_threads(const etwkit_allocator *allocator, const uint32_t *ids, size_t count) {
    return number_list(allocator, THREADS, ids, count);
}

etwkit_filter *etwkit_filter_level_at_most(const etwkit_allocator *allocator, uint8_t level) {
    etwkit_filter *filter = new_condition(allocator, LEVEL);
    if (filter)
        filter->conditions[0].of.level = level;
    return filter;
}

etwkit_filter *etwkit_filter_keywords(const etwkit_allocator *allocator, uint64_t any, uint64_t all) {
    etwkit_filter *filter = new_condition(allocator, KEYWORDS);
    if (filter) {
        filter->conditions[0].of.keywords.any = any ? any : UINT64_MAX;
        filter->conditions[0].of.keywords.all = all;
    }
    return filter;
}

etwkit_filter *etwkit_filter_provider_id(const etwkit_allocator *allocator, const etwkit_guid *id) {
    etwkit_filter *filter = new_condition(allocator, PROVIDER_ID);
    if (filter)
        filter->conditions[0].of.provider = *id;
    return filter;
}

etwkit_filter *etwkit_filter_time(const etwkit_allocator *allocator, int64_t since, int64_t until) {
    etwkit_filter *filter = new_condition(allocator, TIME);
    if (filter) {
        filter->conditions[0].of.time.since = since;
        filter->conditions[0].of.time.until = until;
    }
    return filter;
}

static etwkit_filter *pattern_filter(const etwkit_allocator *allocator, condition_kind kind, const char *pattern) {
    etwkit_filter *filter = pattern ? new_condition(allocator, kind) : NULL;
    if (!filter)
        return NULL;
    condition *made = &filter->conditions[0];
    made->count = strlen(pattern);
    made->of.pattern = ek_alloc(&filter->allocator, made->count + 1);
    if (made->of.pattern) {
        memcpy(made->of.pattern, pattern, made->count + 1);
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

static etwkit_filter *property_filter(const etwkit_allocator *allocator, const ek_property_condition *like) {
    etwkit_filter *filter = ek_property_condition_is_good(like) ? new_condition(allocator, PROPERTY) : NULL;
    if (!filter)
        return NULL;
    filter->conditions[0].of.property = ek_property_condition_copy(like, &filter->allocator);
    if (filter->conditions[0].of.property)
        return filter;
    etwkit_filter_free(filter);
    return NULL;
}

etwkit_filter *etwkit_filter_property_i64(const etwkit_allocator *allocator, const char *name,
                                          etwkit_comparison comparison, int64_t number) {
    const ek_property_condition like = {.name = name,
                                        .comparison = comparison,
                                        .operand = EK_OPERAND_INTEGER,
                                        .negative = number < 0,
                                        .number = (uint64_t)number};
    return property_filter(allocator, &like);
}

etwkit_filter *etwkit_filter_property_u64(const etwkit_allocator *allocator, const char *name,
                                          etwkit_comparison comparison, uint64_t number) {
    const ek_property_condition like = {
        .name = name, .comparison = comparison, .operand = EK_OPERAND_INTEGER, .number = number};
    return property_filter(allocator, &like);
}

etwkit_filter *etwkit_filter_property_f64(const etwkit_allocator *allocator, const char *name,
                                          etwkit_comparison comparison, double number) {
    const ek_property_condition like = {
        .name = name, .comparison = comparison, .operand = EK_OPERAND_REAL, .real = number};
    return property_filter(allocator, &like);
}

etwkit_filter *etwkit_filter_property_text(const etwkit_allocator *allocator, const char *name,
                                           etwkit_comparison comparison, const char *text, size_t length,
                                           bool ignore_case) {
    const ek_property_condition like = {.name = name,
                                        .comparison = comparison,
                                        .operand = EK_OPERAND_TEXT,
                                        .text = text,
                                        .length = length,
                                        .ignore_case = ignore_case};
    return property_filter(allocator, &like);
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

static bool contains(const condition *of, uint32_t number) {
    for (size_t i = 0; i < of->count; i++)
        if (of->of.numbers[i] == number)
            return true;
    return false;
}

static bool matches_name(const condition *of, const etwkit_record *record, const ek_filter_names *names) {
    const etwkit_schema *schema = names->schema(names->context, record);
    const char *name = of->kind == EVENT_NAME ? etwkit_schema_event_name(schema) : etwkit_schema_provider_name(schema);
    return name && matches_pattern(of->of.pattern, name);
}

static bool passes_keywords(const condition *of, uint64_t keywords) {
    uint64_t all = of->of.keywords.all;
    return keywords == 0 || ((keywords & of->of.keywords.any) != 0 && (keywords & all) == all);
}

static bool holds(const condition *of, const etwkit_record *record, const ek_filter_names *names) {
    switch (of->kind) {
    case IDS: return contains(of, record->event_id);
    case OPCODES: return contains(of, record->opcode);
    case LEVEL: return record->level <= of->of.level;
    case KEYWORDS: return passes_keywords(of, record->keywords);
    case PROCESSES: return record->process_id != ETWKIT_NO_ID && contains(of, record->process_id);
    case THREADS: return record->thread_id != ETWKIT_NO_ID && contains(of, record->thread_id);
    case PROVIDER_ID: return ek_guid_equal(&of->of.provider, &record->provider_id);
    case TIME: return record->timestamp >= of->of.time.since && record->timestamp <= of->of.time.until;
    case PROVIDER_NAME:
    case EVENT_NAME: return matches_name(of, record, names);
    case PROPERTY: return ek_property_condition_holds(of->of.property, record, names->schema(names->context, record));
    }
    return false;
}

bool ek_filter_match(const etwkit_filter *filter, const etwkit_record *record, const ek_filter_names *names) {
    if (!filter->count)
        return filter->answer;
    uint32_t at = 0;
    do {
        const condition *asked = &filter->conditions[at];
        at = holds(asked, record, names) ? asked->on_true : asked->on_false;
    } while (at < FAIL);
    return at == PASS;
}

static const etwkit_schema *give_schema(void *context, const etwkit_record *record) {
    (void)record;
    return context;
}

bool etwkit_filter_matches(const etwkit_filter *filter, const etwkit_record *record, const etwkit_schema *schema) {
    /* The context is not written to. */
    const ek_filter_names names = {give_schema, (void *)(uintptr_t)schema};
    return ek_filter_match(filter, record, &names);
}
