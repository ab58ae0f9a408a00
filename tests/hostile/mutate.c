/* SPDX-License-Identifier: MIT */
/* Reads many seeded variants of one trace in one process, all of each: what a fuzzer does, but the same every time.
 * Knows the form of buffers in numbers of its own, to hit where it hurts; of the library only what the public headers
 * offer.
 *
 *   mutate MODE FILE SEED COUNT [VERBOSE]   any, payload, inside: COUNT seeded variants
 *   mutate truncate FILE STEP FROM TO       every STEP-th length of FILE from FROM to TO
 *
 * Prints one line of JSON. Exit code 1: a rule was broken, and stderr says by which variant.
 */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BUFFER_HEAD = 0x48,
    TEXT = 1 << 16,
    SECONDS_MAX = 60 /* of processor time, for one variant: under sanitizers a real one takes 4 */
};

/* A file, and what may be asked of it. */
typedef struct input {
    const char *name;
    uint8_t *data;
    size_t size;
} input;

/* One event as it came out: enough to tell whether it is the same. */
typedef struct seen {
    uint32_t buffer;
    uint32_t position;
    uint32_t payload; /* offset in the event */
    uint32_t payload_size;
    uint64_t place; /* of its buffer, in the file */
    uint64_t raw;   /* digest of its header and bytes */
    uint64_t line;  /* digest of its line of jsonl: names and values too */
    bool teaches;   /* its payload describes other events, or the clock */
} seen;

typedef struct outcome {
    seen *events;
    size_t count, capacity;
    etwkit_trace_stats stats;
    etwkit_status status; /* of the opening, or what ended the reading */
    bool opened;
} outcome;

static struct {
    unsigned long long variants, refused, ended, events, damages;
    double slowest;
    const char *broken; /* the rule that was */
} total;

static uint64_t digest(uint64_t so_far, const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        so_far = (so_far ^ bytes[i]) * UINT64_C(0x100000001B3);
    return so_far;
}

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit) {
    return limit ? (size_t)(next_random(state) % limit) : 0;
}

static void break_rule(const char *rule) {
    if (!total.broken)
        total.broken = rule;
}

/* Reading: every record, schema and value, and the line that a sink makes of it. */

static etwkit_status take_line(void *context, const void *data, size_t size, etwkit_error *error) {
    (void)error;
    uint64_t *line = context;
    *line = digest(*line, data, size);
    return ETWKIT_OK;
}

static void walk_values(const etwkit_schema *schema, const etwkit_record *record) {
    static char text[TEXT];
    etwkit_walk walk;
    etwkit_step step;
    size_t length = 0, steps = 0;
    etwkit_walk_begin(&walk, schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK) {
        if (step.kind == ETWKIT_STEP_VALUE) {
            (void)etwkit_value_text(&step.value, 0, text, sizeof text, &length);
            if (step.value.data < record->payload ||
                step.value.size > (size_t)(record->payload + record->payload_size - step.value.data))
                break_rule("a value lies outside its payload");
        }
        if (++steps > 1u << 20) {
            break_rule("a walk of a million steps");
            break;
        }
    }
}

static void look_at(etwkit_trace *trace, const etwkit_record *record, outcome *result, uint64_t *line,
                    etwkit_sink *sink) {
    static const uint8_t metadata_class[16] = {0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48,
                                               0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71};
    static const uint8_t header_class[16] = {0x00, 0xd9, 0xfd, 0x68, 0x3e, 0x4a, 0xd1, 0x11,
                                             0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3};
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    const uint8_t *item;
    size_t size, depth;
    uint16_t type;
    uint64_t frames[4];
    for (size_t i = 0; etwkit_record_item_at(record, i, &type, &item, &size) == ETWKIT_OK; i++)
        if (item < record->data || size > (size_t)(record->data + record->data_size - item))
            break_rule("an extended item lies outside its event");
    (void)etwkit_record_stack(record, frames, 4, &depth);
    walk_values(schema, record);
    *line = UINT64_C(0xCBF29CE484222325);
    if (etwkit_sink_record(sink, trace, record, NULL) || etwkit_sink_flush(sink, NULL))
        break_rule("the sink failed");
    if (result->count == result->capacity) {
        result->capacity = result->capacity ? 2 * result->capacity : 1024;
        result->events = realloc(result->events, result->capacity * sizeof *result->events);
        if (!result->events)
            exit(3);
    }
    uint64_t raw = digest(UINT64_C(0xCBF29CE484222325), record->data, record->data_size);
    raw = digest(raw, &record->timestamp, sizeof record->timestamp);
    result->events[result->count++] = (seen){
        .buffer = record->buffer,
        .position = record->buffer_position,
        .payload = (uint32_t)(record->payload - record->data),
        .payload_size = record->payload_size,
        .place = record->buffer_offset,
        .raw = digest(raw, &record->processor, sizeof record->processor),
        .line = *line,
        .teaches = memcmp(record->provider_id.bytes, metadata_class, 16) == 0 ||
                   (memcmp(record->provider_id.bytes, header_class, 16) == 0 && record->opcode == 0) ||
                   record->event_id == 0xFFFE,
    };
}

static void read_trace(etwkit_trace *trace, outcome *result) {
    const etwkit_batch *batch;
    etwkit_error error = {.status = ETWKIT_OK};
    uint64_t line = 0;
    etwkit_sink *sink = NULL;
    const etwkit_sink_options how = {
        .struct_size = sizeof how, .format = ETWKIT_FORMAT_JSONL, .write = take_line, .context = &line};
    etwkit_processes *processes = NULL;
    if (etwkit_sink_open(&sink, &how, NULL) || etwkit_processes_open(&processes, NULL, NULL))
        exit(3);
    if (etwkit_processes_collect(processes, trace, NULL, NULL, &error) < 0 && !*error.message)
        break_rule("the search for processes ended without a word");
    etwkit_processes_close(&processes);
    while ((result->status = etwkit_trace_next(trace, &batch, &error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            look_at(trace, etwkit_batch_record(batch, i), result, &line, sink);
    if (result->status < 0 && (error.status != result->status || !*error.message))
        break_rule("the reading ended without a word");
    etwkit_sink_close(&sink);
}

/* Reads bytes that stand in a block of exactly their size, so that nothing may be read behind them. */
static void read_all(const char *name, const uint8_t *data, size_t size, outcome *result) {
    etwkit_trace *trace = NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        exit(3);
    if (size)
        memcpy(exact, data, size);
    clock_t began = clock();
    result->count = 0;
    result->status = etwkit_trace_open_memory(&trace, exact, size, name, NULL, &error);
    result->opened = result->status == ETWKIT_OK;
    if (result->opened) {
        read_trace(trace, result);
        result->stats = etwkit_trace_get_stats(trace);
        if (result->stats.events != result->count)
            break_rule("the statistics count other events than came out");
    } else if (trace || error.status != result->status || !*error.message) {
        break_rule("the opening failed without a word");
    }
    etwkit_trace_close(&trace);
    free(exact);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    if (seconds > total.slowest)
        total.slowest = seconds;
    if (seconds > SECONDS_MAX)
        break_rule("one variant took a minute");
    total.variants++;
    total.refused += !result->opened;
    total.ended += result->opened && result->status != ETWKIT_END;
    total.events += result->count;
    total.damages += result->opened ? (unsigned long long)result->stats.damage : 0;
}

/* Variants. */

static uint32_t u32_at(const input *file, size_t at) {
    uint32_t value = 0;
    if (at + sizeof value <= file->size)
        memcpy(&value, file->data + at, sizeof value);
    return value;
}

/* The start of a buffer somewhere in the file. */
static size_t any_buffer(const input *file, uint64_t *state) {
    size_t starts[64], count = 0, seen_so_far = 0;
    for (size_t at = 0; at + BUFFER_HEAD <= file->size && u32_at(file, at) >= BUFFER_HEAD; at += u32_at(file, at)) {
        size_t slot = count < 64 ? count++ : below(state, ++seen_so_far + 64);
        if (slot < 64)
            starts[slot] = at;
    }
    return count ? starts[below(state, count)] : 0;
}

static void poke(uint8_t *data, size_t size, size_t at, uint64_t *state) {
    static const uint32_t words[] = {0,          1,          7,      8,      0x48,       0xFFFF,    0x10000,
                                     0x7FFFFFFF, 0x80000000, 0x00FF, 0x4000, 0xFFFFFFFF, 0xFFFFFFF8};
    uint32_t word = words[below(state, sizeof words / sizeof words[0])];
    size_t width = (size_t)1 << below(state, 3);
    if (at < size)
        memcpy(data + at, &word, width < size - at ? width : size - at);
}

/* Changes data in place, or its size. `data` has room for a quarter more than the file. */
static size_t mutate(const input *file, uint8_t *data, uint64_t *state) {
    size_t size = file->size, buffer = any_buffer(file, state), at = below(state, size);
    memcpy(data, file->data, size);
    switch (below(state, 10)) {
    case 0: return at; /* truncated */
    case 1: /* a bit, a byte */ data[at] ^= (uint8_t)(1u << below(state, 8)); return size;
    case 2: data[at] = (uint8_t)next_random(state); return size;
    case 3: /* many bytes */
        for (size_t i = 1 + below(state, 200); i > 0; i--)
            data[below(state, size)] = (uint8_t)next_random(state);
        return size;
    case 4: /* the header of a buffer */ poke(data, size, buffer + below(state, 0x38), state); return size;
    case 5: /* its first event's */ poke(data, size, buffer + BUFFER_HEAD + below(state, 0x60), state); return size;
    case 6: /* anything */ poke(data, size, at & ~(size_t)3, state); return size;
    case 7: /* the header event */ poke(data, size, BUFFER_HEAD + below(state, 0x1A0), state); return size;
    case 8: { /* a piece taken away */
        size_t piece = below(state, 2000);
        if (piece > size - at)
            piece = size - at;
        memmove(data + at, data + at + piece, size - at - piece);
        return size - piece;
    }
    default: { /* a piece put in twice */
        size_t piece = below(state, size / 4 < 2000 ? size / 4 : 2000);
        if (piece > size - at)
            piece = size - at;
        memmove(data + at + piece, data + at, size - at);
        return size + piece;
    }
    }
}

static void report(const char *mode, const input *file, uint64_t variant) {
    if (!total.broken)
        return;
    fprintf(stderr, "%s %s, variant %llu: %s\n", mode, file->name, (unsigned long long)variant, total.broken);
    exit(1);
}

/* Anything may happen to the file; nothing may happen to us. */
static void run_any(const input *file, uint64_t seed, size_t count, bool verbose) {
    outcome result = {0};
    uint8_t *data = malloc(file->size + file->size / 4 + 1);
    if (!data)
        exit(3);
    for (size_t i = 0; i < count; i++) {
        uint64_t state = seed * 1000003 + i;
        if (verbose)
            fprintf(stderr, "variant %zu\n", i);
        read_all(file->name, data, mutate(file, data, &state), &result);
        report("any", file, i);
    }
    free(data);
    free(result.events);
}

/*
 * One byte of one payload changes, of an event that teaches nothing about others, in a buffer that is stored plain:
 * every event comes out, in its place, and all but that one unchanged to the last letter of its line.
 */
static void run_payload(const input *file, uint64_t seed, size_t count) {
    outcome base = {0}, other = {0};
    uint64_t state = seed;
    read_all(file->name, file->data, file->size, &base);
    for (size_t i = 0, tries = 0; i < count && tries < 100 * count; tries++) {
        size_t victim = below(&state, base.count);
        const seen *event = &base.events[victim];
        if (event->teaches || event->payload_size == 0 || file->data[event->place + 0x34] & 0x40)
            continue;
        size_t at = (size_t)event->place + event->position + event->payload + below(&state, event->payload_size);
        uint8_t change = (uint8_t)(1 + below(&state, 255));
        file->data[at] ^= change;
        read_all(file->name, file->data, file->size, &other);
        file->data[at] ^= change;
        if (other.count != base.count || other.status != base.status || other.stats.damage != base.stats.damage)
            break_rule("a payload's byte changed what comes out");
        for (size_t j = 0; j < other.count && j < base.count; j++) {
            const seen *a = &base.events[j], *b = &other.events[j];
            bool same_place = a->buffer == b->buffer && a->position == b->position;
            if (!same_place || (j == victim ? a->raw == b->raw : a->raw != b->raw || a->line != b->line))
                break_rule(j == victim ? "the change did not come out" : "a payload's byte changed another event");
        }
        report("payload", file, i++);
    }
    free(base.events);
    free(other.events);
}

/* Compares all events but those of one buffer, in their order. With `lines` also names and values. */
static bool same_elsewhere(const outcome *base, const outcome *other, uint32_t buffer, bool lines) {
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < base->count && base->events[i].buffer == buffer)
            i++;
        while (j < other->count && other->events[j].buffer == buffer)
            j++;
        if (i == base->count || j == other->count)
            return i == base->count && j == other->count;
        const seen *a = &base->events[i], *b = &other->events[j];
        if (a->buffer != b->buffer || a->position != b->position || a->raw != b->raw || (lines && a->line != b->line))
            return false;
    }
}

/*
 * One byte changes anywhere behind the header of a data buffer, compressed or not, headers and extended items of events
 * included: every event of every other buffer comes out unchanged. If an event of the buffer describes others, their
 * bytes do, but their names may not.
 */
static void run_inside(const input *file, uint64_t seed, size_t count) {
    outcome base = {0}, other = {0};
    uint64_t state = seed;
    read_all(file->name, file->data, file->size, &base);
    for (size_t i = 0, tries = 0; i < count && tries < 100 * count; tries++) {
        const seen *event = &base.events[below(&state, base.count)];
        size_t filled = u32_at(file, (size_t)event->place + 0x30), stored = u32_at(file, (size_t)event->place);
        size_t end = filled < stored ? filled : stored;
        if (event->buffer == 0)
            continue;
        bool lines = true;
        for (size_t j = 0; j < base.count; j++)
            lines = lines && !(base.events[j].teaches && base.events[j].buffer == event->buffer);
        /* Half of the time in the header of the event that was drawn, where it stands plain. */
        size_t at = BUFFER_HEAD + below(&state, end - BUFFER_HEAD);
        if (!(file->data[event->place + 0x34] & 0x40) && below(&state, 2))
            at = event->position + below(&state, event->payload);
        uint8_t change = (uint8_t)(1 + below(&state, 255));
        file->data[event->place + at] ^= change;
        read_all(file->name, file->data, file->size, &other);
        file->data[event->place + at] ^= change;
        if (!other.opened || other.status != ETWKIT_END)
            break_rule("a damaged buffer ended the reading");
        else if (!same_elsewhere(&base, &other, event->buffer, lines))
            break_rule("a damaged buffer changed another one");
        report("inside", file, i++);
    }
    free(base.events);
    free(other.events);
}

/*
 * Every STEP-th length from FROM to TO; in the slack of a buffer, where all bytes are alike, one of 64 of them. What
 * ends in buffer k reads as the header buffer and k: a length is thus read as the header buffer, if it is whole, and
 * the cut buffer alone.
 */
static void run_truncate(const input *file, size_t step, size_t from, size_t to) {
    outcome result = {0};
    size_t head = u32_at(file, 0), start = 0;
    uint8_t *data = malloc(file->size + 1);
    if (!data)
        exit(3);
    memcpy(data, file->data, file->size);
    for (size_t length = from; length < to && length <= file->size;) {
        while (u32_at(file, start) && start + u32_at(file, start) <= length)
            start += u32_at(file, start);
        size_t kept = start ? head : 0, cut = length - start;
        memcpy(data + kept, file->data + start, cut);
        read_all(file->name, data, kept + cut, &result);
        report("truncate", file, length);
        bool slack = cut > BUFFER_HEAD && cut > u32_at(file, start + 0x30) + 8;
        length += slack && step < 64 ? 64 : step;
    }
    free(data);
    free(result.events);
}

static bool load(input *file) {
    FILE *stream = fopen(file->name, "rb");
    long size = -1;
    if (stream && fseek(stream, 0, SEEK_END) == 0 && (size = ftell(stream)) >= 0 && fseek(stream, 0, SEEK_SET) == 0) {
        file->size = (size_t)size;
        file->data = malloc(file->size + 1);
        if (file->data && fread(file->data, 1, file->size, stream) != file->size)
            size = -1;
    }
    if (stream)
        (void)fclose(stream);
    return size >= 0 && file->data;
}

int main(int argc, char **argv) {
    if (argc < 5)
        return fprintf(stderr, "usage: mutate any|payload|inside|truncate FILE NUMBER NUMBER [NUMBER]\n"), 2;
    input file = {.name = argv[2]};
    unsigned long long first = strtoull(argv[3], NULL, 10), second = strtoull(argv[4], NULL, 10);
    unsigned long long third = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
    if (!load(&file))
        return fprintf(stderr, "cannot read %s\n", file.name), 3;
    if (strcmp(argv[1], "any") == 0)
        run_any(&file, first, (size_t)second, third != 0);
    else if (strcmp(argv[1], "payload") == 0)
        run_payload(&file, first, (size_t)second);
    else if (strcmp(argv[1], "inside") == 0)
        run_inside(&file, first, (size_t)second);
    else
        run_truncate(&file, (size_t)(first ? first : 1), (size_t)second, (size_t)third);
    printf("{\"variants\": %llu, \"refused\": %llu, \"ended\": %llu, \"events\": %llu, \"damages\": %llu, \"slowest\": "
           "%.3f}\n",
           total.variants, total.refused, total.ended, total.events, total.damages, total.slowest);
    free(file.data);
    return 0;
}
