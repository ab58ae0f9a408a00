/* SPDX-License-Identifier: MIT */
/* Fuzz target: filter trees of any shape over any record, held against an evaluation of our own.
 *
 * Input: u16 number of the allocation that fails (0: none), a record's fields and two names, then instructions: each
 * pushes a condition or joins those on the stack.
 */
#include "fuzz.h"
#include "schema/schema.h"
#include "trace/filter.h"

#include <stdlib.h>
#include <string.h>

enum {
    STACK = 128,
    MOST_NAME = 48,
    MOST_LIST = 8
};

/* A record, what its schema says, and the conditions so far: as filters, and what they are to answer. */
typedef struct state {
    fuzz_input input;
    etwkit_allocator allocator;
    fuzz_memory memory;
    etwkit_record record;
    etwkit_schema schema;
    char provider[4 * MOST_NAME + 1], event[4 * MOST_NAME + 1];
    etwkit_filter *filters[STACK];
    bool expected[STACK];
    size_t count;
} state;

/* Text of a small alphabet, in which patterns often match; whole characters only. */
static void take_text(fuzz_input *input, char *text, bool pattern) {
    static const char *const letters[] = {"a", "A", "b", "/", "\xC3\xA9", "\xE6\xBC\xA2", "*", "?"};
    size_t length = fuzz_u8(input) % MOST_NAME;
    text[0] = 0;
    for (size_t i = 0; i < length; i++)
        strcat(text, letters[fuzz_u8(input) % (pattern ? 8 : 6)]);
}

static size_t next(const char *text) {
    size_t size = 1;
    while ((text[size] & 0xC0) == 0x80)
        size++;
    return size;
}

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
}

/* By the book: row by row over the text, `reached[i]` tells whether the pattern's first i bytes can match so far. */
static bool matches(const char *pattern, const char *text) {
    bool reached[4 * MOST_NAME + 1] = {true};
    size_t length = strlen(pattern);
    for (size_t i = 0; i < length && pattern[i] == '*'; i++)
        reached[i + 1] = true;
    for (; *text; text += next(text)) {
        bool after[4 * MOST_NAME + 1] = {false};
        size_t size = next(text);
        for (size_t i = 0; i < length; i++) {
            bool same = size == 1 ? lower(pattern[i]) == lower(*text) : strncmp(pattern + i, text, size) == 0;
            if (pattern[i] == '*') {
                after[i] |= reached[i];
                after[i + 1] |= after[i];
            } else if (reached[i] && (pattern[i] == '?' || same))
                after[i + (pattern[i] == '?' ? 1 : size)] = true;
        }
        for (size_t i = 0; i < length; i++) /* an empty match of a star behind */
            if (pattern[i] == '*' && after[i])
                after[i + 1] = true;
        memcpy(reached, after, sizeof reached);
    }
    return reached[length];
}

static void push(state *s, etwkit_filter *filter, bool expected) {
    FUZZ_CHECK(filter || fuzz_memory_failed(&s->memory));
    s->filters[s->count] = filter;
    s->expected[s->count++] = expected;
}

static void push_list(state *s, unsigned kind) {
    uint8_t bytes[MOST_LIST];
    uint16_t words[MOST_LIST];
    uint32_t numbers[MOST_LIST];
    size_t count = fuzz_u8(&s->input) % MOST_LIST;
    bool has_byte = false, has_word = false, has_process = false, has_thread = false;
    for (size_t i = 0; i < count; i++) {
        bytes[i] = fuzz_u8(&s->input);
        words[i] = bytes[i];
        numbers[i] = bytes[i] == 255 ? ETWKIT_NO_ID : bytes[i];
        has_byte |= bytes[i] == s->record.opcode;
        has_word |= words[i] == s->record.event_id;
        has_process |= numbers[i] == s->record.process_id && numbers[i] != ETWKIT_NO_ID;
        has_thread |= numbers[i] == s->record.thread_id && numbers[i] != ETWKIT_NO_ID;
    }
    switch (kind) {
    case 0: push(s, etwkit_filter_ids(&s->allocator, words, count), has_word); break;
    case 1: push(s, etwkit_filter_opcodes(&s->allocator, bytes, count), has_byte); break;
    case 2: push(s, etwkit_filter_processes(&s->allocator, numbers, count), has_process); break;
    default: push(s, etwkit_filter_threads(&s->allocator, numbers, count), has_thread); break;
    }
}

static void push_name(state *s, bool event) {
    char pattern[4 * MOST_NAME + 1];
    take_text(&s->input, pattern, true);
    if (event)
        push(s, etwkit_filter_event_name(&s->allocator, pattern), matches(pattern, s->event));
    else
        push(s, etwkit_filter_provider_name(&s->allocator, pattern),
             s->schema.is.provider_name && matches(pattern, s->provider));
}

/* all, any, not: of the topmost conditions. */
static void join(state *s, unsigned kind) {
    size_t wanted = kind == 2 ? 1 : fuzz_u8(&s->input) % (STACK / 2), count = wanted < s->count ? wanted : s->count;
    if (kind == 2 && count == 0)
        return;
    bool all = true, any = false, good = true;
    s->count -= count;
    for (size_t i = s->count; i < s->count + count; i++) {
        all &= s->expected[i];
        any |= s->expected[i];
        good &= s->filters[i] != NULL;
    }
    etwkit_filter *const *from = s->filters + s->count;
    etwkit_filter *made = kind == 0   ? etwkit_filter_all(&s->allocator, from, count)
                          : kind == 1 ? etwkit_filter_any(&s->allocator, from, count)
                                      : etwkit_filter_not(&s->allocator, from[0]);
    FUZZ_CHECK(made || !good || fuzz_memory_failed(&s->memory));
    FUZZ_CHECK(!made || good);
    s->filters[s->count] = made;
    s->expected[s->count++] = kind == 0 ? all : kind == 1 ? any : !all;
}

static void instruct(state *s) {
    unsigned kind = fuzz_u8(&s->input) % 16;
    uint64_t any, all, keywords = s->record.keywords;
    int64_t since, until;
    etwkit_guid id;
    if (s->count == STACK)
        return;
    switch (kind) {
    case 0:
    case 1:
    case 2:
    case 3: push_list(s, kind); break;
    case 4:
        kind = fuzz_u8(&s->input);
        push(s, etwkit_filter_level_at_most(&s->allocator, (uint8_t)kind), s->record.level <= kind);
        break;
    case 5:
        any = fuzz_u64(&s->input);
        all = fuzz_u64(&s->input);
        push(s, etwkit_filter_keywords(&s->allocator, any, all),
             keywords == 0 || ((keywords & (any ? any : UINT64_MAX)) && (keywords & all) == all));
        break;
    case 6:
        memset(&id, fuzz_u8(&s->input), sizeof id);
        push(s, etwkit_filter_provider_id(&s->allocator, &id), memcmp(&id, &s->record.provider_id, sizeof id) == 0);
        break;
    case 7:
    case 8: push_name(s, kind == 7); break;
    case 9:
        since = (int64_t)fuzz_u64(&s->input);
        until = (int64_t)fuzz_u64(&s->input);
        push(s, etwkit_filter_time(&s->allocator, since, until),
             s->record.timestamp >= since && s->record.timestamp <= until);
        break;
    default: join(s, kind % 3); break;
    }
}

static const etwkit_schema *schema_of(void *context, const etwkit_record *record) {
    state *s = context;
    FUZZ_CHECK(record == &s->record);
    return &s->schema;
}

static void take_record(state *s) {
    s->record.event_id = fuzz_u8(&s->input);
    s->record.opcode = fuzz_u8(&s->input);
    s->record.level = fuzz_u8(&s->input);
    s->record.keywords = fuzz_u64(&s->input);
    s->record.process_id = fuzz_u8(&s->input);
    s->record.thread_id = fuzz_u8(&s->input);
    s->record.process_id = s->record.process_id == 255 ? ETWKIT_NO_ID : s->record.process_id;
    s->record.thread_id = s->record.thread_id == 255 ? ETWKIT_NO_ID : s->record.thread_id;
    memset(&s->record.provider_id, fuzz_u8(&s->input), sizeof s->record.provider_id);
    s->record.timestamp = (int64_t)fuzz_u64(&s->input);
    take_text(&s->input, s->provider, false);
    take_text(&s->input, s->event, false);
    s->schema.is.provider_name = s->provider[0] ? s->provider : NULL;
    s->schema.is.event_name = s->event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    state *s = calloc(1, sizeof *s);
    FUZZ_CHECK(s != NULL);
    s->input = (fuzz_input){data, size};
    s->allocator = fuzz_allocator(&s->memory);
    s->memory.fail_at = fuzz_u16(&s->input);
    take_record(s);
    while (s->input.left)
        instruct(s);
    ek_filter_names names = {schema_of, s};
    for (size_t i = 0; i < s->count; i++) {
        if (s->filters[i])
            FUZZ_CHECK(ek_filter_match(s->filters[i], &s->record, &names) == s->expected[i]);
        etwkit_filter_free(s->filters[i]);
    }
    FUZZ_CHECK(s->memory.live == 0);
    free(s);
    return 0;
}
