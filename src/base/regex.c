/* SPDX-License-Identifier: MIT */
/* Compiles a pattern to steps and follows all of their paths at once (Thompson's way): no path is gone twice. */
#include "base/regex.h"

#include <string.h>

typedef enum step_kind {
    STEP_CHARACTER,
    STEP_ANY,
    STEP_SET,
    STEP_EITHER,
    STEP_GO,
    STEP_BEGIN,
    STEP_END,
    STEP_FOUND
} step_kind;

/* Targets are relative, so that pieces of program can be moved and copied. */
typedef struct step {
    uint8_t kind;
    bool negated;   /* STEP_SET */
    uint16_t count; /* STEP_SET: ranges */
    int32_t a, b;   /* EITHER: two targets; GO: one; CHARACTER: its code; SET: its first range */
} step;

typedef struct range {
    uint32_t from, to;
} range;

struct ek_regex {
    step *steps;
    range *ranges;
    uint32_t step_count, range_count;
    bool ignore_case;
};

#define MOST_RANGES 4096

typedef struct parser {
    const uint8_t *at, *end;
    ek_regex *to;
    unsigned depth;
    bool failed;
    step nowhere; /* what is written once it failed */
} parser;

/* One character; bytes that are no UTF-8 stand for themselves, above all characters. */
static uint32_t next_code(const uint8_t **at, const uint8_t *end) {
    const uint8_t *p = *at;
    uint32_t first = *p++;
    unsigned more = first < 0xC2 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF5 ? 3 : 0;
    if (more && (size_t)(end - p) >= more) {
        uint32_t code = first & (0x3Fu >> more);
        for (unsigned i = 0; i < more; i++) {
            if ((p[i] & 0xC0) != 0x80) {
                *at = p;
                return 0x110000u + first;
            }
            code = code << 6 | (p[i] & 0x3Fu);
        }
        *at = p + more;
        return code;
    }
    *at = p;
    return first < 0x80 ? first : 0x110000u + first;
}

static uint32_t fold(uint32_t code) {
    return code >= 'A' && code <= 'Z' ? code | 0x20 : code;
}

static int32_t here(const parser *in) {
    return (int32_t)in->to->step_count;
}

static void fail(parser *in) {
    in->failed = true;
    in->at = in->end;
}

/* Makes room for one step at `place`, moving what stands there. */
static step *insert(parser *in, int32_t place, step_kind kind, int32_t a, int32_t b) {
    ek_regex *to = in->to;
    if (in->failed || to->step_count >= EK_REGEX_MOST) {
        fail(in);
        return &in->nowhere;
    }
    memmove(to->steps + place + 1, to->steps + place, (to->step_count - (uint32_t)place) * sizeof *to->steps);
    to->steps[place] = (step){.kind = (uint8_t)kind, .a = a, .b = b};
    to->step_count++;
    return &to->steps[place];
}

static step *emit(parser *in, step_kind kind, int32_t a, int32_t b) {
    return insert(in, here(in), kind, a, b);
}

static void add_range(parser *in, uint32_t from, uint32_t to) {
    ek_regex *regex = in->to;
    if (from > to || regex->range_count >= MOST_RANGES)
        fail(in);
    else
        regex->ranges[regex->range_count++] = (range){from, to};
}

/* \d, \w, \s: their ranges; the others' too, between them. false: no such class. */
static bool add_class(parser *in, uint8_t letter) {
    static const range digits[] = {{'0', '9'}}, words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
                       spaces[] = {{'\t', '\r'}, {' ', ' '}};
    uint8_t lower = letter | 0x20;
    const range *list = lower == 'd' ? digits : lower == 'w' ? words : lower == 's' ? spaces : NULL;
    size_t count = lower == 'd' ? 1 : lower == 'w' ? 4 : 2;
    uint32_t from = 0;
    if (!list)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (letter == lower)
            add_range(in, list[i].from, list[i].to);
        else
            add_range(in, from, list[i].from - 1);
        from = list[i].to + 1;
    }
    if (letter != lower)
        add_range(in, from, UINT32_MAX);
    return true;
}

static int hex_digit(uint8_t c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* Behind a backslash: one character. */
static uint32_t escaped(parser *in) {
    if (in->at == in->end) {
        fail(in);
        return 0;
    }
    uint8_t c = *in->at;
    if (c >= 0x80)
        return next_code(&in->at, in->end);
    in->at++;
    if (c == 't' || c == 'n' || c == 'r')
        return c == 't' ? '\t' : c == 'n' ? '\n' : '\r';
    if (c == 'x' && in->end - in->at >= 2 && hex_digit(in->at[0]) >= 0 && hex_digit(in->at[1]) >= 0) {
        uint32_t code = (uint32_t)(hex_digit(in->at[0]) * 16 + hex_digit(in->at[1]));
        in->at += 2;
        return code;
    }
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        fail(in); /* a reference, \b and the like: not here */
    return c;
}

static uint32_t set_character(parser *in) {
    if (*in->at != '\\')
        return next_code(&in->at, in->end);
    in->at++;
    return escaped(in);
}

/* Behind the bracket. */
static void parse_set(parser *in) {
    uint32_t first = in->to->range_count;
    bool negated = in->at < in->end && *in->at == '^';
    in->at += negated;
    for (bool begun = false; !in->failed; begun = true) {
        if (in->at >= in->end) {
            fail(in);
            return;
        }
        if (*in->at == ']' && begun)
            break;
        if (*in->at == '\\' && in->end - in->at > 1 && add_class(in, in->at[1])) {
            in->at += 2;
            continue;
        }
        uint32_t from = set_character(in), to = from;
        if (in->end - in->at > 1 && in->at[0] == '-' && in->at[1] != ']') {
            in->at++;
            to = set_character(in);
        }
        add_range(in, from, to);
    }
    in->at++;
    step *made = emit(in, STEP_SET, (int32_t)first, 0);
    made->negated = negated;
    made->count = (uint16_t)(in->to->range_count - first);
}

static void parse_either(parser *in);

static void parse_group(parser *in) {
    if (in->end - in->at >= 2 && in->at[0] == '?' && in->at[1] == ':')
        in->at += 2;
    if (++in->depth > EK_REGEX_DEPTH || (in->at < in->end && *in->at == '?'))
        fail(in);
    parse_either(in);
    in->depth--;
    if (in->at >= in->end || *in->at != ')')
        fail(in);
    else
        in->at++;
}

static void parse_escape(parser *in) {
    uint32_t first = in->to->range_count;
    if (in->at < in->end && add_class(in, *in->at)) {
        in->at++;
        emit(in, STEP_SET, (int32_t)first, 0)->count = (uint16_t)(in->to->range_count - first);
        return;
    }
    uint32_t code = escaped(in);
    emit(in, STEP_CHARACTER, (int32_t)code, 0);
}

static void parse_atom(parser *in) {
    uint8_t c = *in->at;
    switch (c) {
    case '(':
        in->at++;
        parse_group(in);
        break;
    case '[':
        in->at++;
        parse_set(in);
        break;
    case '\\':
        in->at++;
        parse_escape(in);
        break;
    case '.':
        in->at++;
        emit(in, STEP_ANY, 0, 0);
        break;
    case '^':
        in->at++;
        emit(in, STEP_BEGIN, 0, 0);
        break;
    case '$':
        in->at++;
        emit(in, STEP_END, 0, 0);
        break;
    case '*':
    case '+':
    case '?':
    case '{': fail(in); break; /* nothing to repeat */
    default: emit(in, STEP_CHARACTER, (int32_t)next_code(&in->at, in->end), 0); break;
    }
}

static bool parse_number(parser *in, int32_t *number) {
    const uint8_t *from = in->at;
    *number = 0;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && *number <= EK_REGEX_MOST)
        *number = *number * 10 + (*in->at++ - '0');
    return in->at > from;
}

/* A copy of `length` steps that stand at `from`, at the end. */
static void copy(parser *in, int32_t from, int32_t length) {
    for (int32_t i = 0; i < length && !in->failed; i++) {
        step one = in->to->steps[from + i];
        *emit(in, STEP_GO, 0, 0) = one;
    }
}

/* At least `least` times, at most `most` times (-1: any number) what stands from `start` on. */
static void repeat(parser *in, int32_t start, int32_t least, int32_t most) {
    int32_t length = here(in) - start;
    for (int32_t i = 0; i < least; i++)
        copy(in, start, length);
    if (most < 0) {
        emit(in, STEP_EITHER, 1, length + 2);
        copy(in, start, length);
        emit(in, STEP_GO, -(length + 1), 0);
    }
    for (int32_t i = least; i < most && !in->failed; i++) {
        emit(in, STEP_EITHER, 1, length + 1);
        copy(in, start, length);
    }
    if (in->failed)
        return;
    /* The copies stand behind the original, which is taken out. */
    in->to->step_count -= (uint32_t)length;
    memmove(in->to->steps + start, in->to->steps + start + length,
            (in->to->step_count - (uint32_t)start) * sizeof *in->to->steps);
}

static void parse_repeat(parser *in, int32_t start) {
    int32_t length = here(in) - start, least = 0, most = -1;
    switch (*in->at++) {
    case '*':
        insert(in, start, STEP_EITHER, 1, length + 2);
        emit(in, STEP_GO, -(length + 1), 0);
        break;
    case '+': emit(in, STEP_EITHER, -length, 1); break;
    case '?': insert(in, start, STEP_EITHER, 1, length + 1); break;
    default:
        if (!parse_number(in, &least))
            fail(in);
        if (in->at >= in->end || *in->at != ',') {
            most = least;
        } else {
            in->at++;
            if (!parse_number(in, &most))
                most = -1;
            else if (most < least)
                fail(in);
        }
        if (in->at >= in->end || *in->at++ != '}')
            fail(in);
        else
            repeat(in, start, least, most);
        break;
    }
    if (in->at < in->end && *in->at == '?')
        in->at++; /* which match is the shortest makes no difference here */
}

static void parse_either(parser *in) {
    int32_t start = here(in), go = -1;
    for (;;) {
        while (in->at < in->end && *in->at != '|' && *in->at != ')') {
            int32_t atom = here(in);
            parse_atom(in);
            while (!in->failed && in->at < in->end && strchr("*+?{", *in->at) && *in->at)
                parse_repeat(in, atom);
        }
        if (in->failed)
            return;
        if (go >= 0)
            in->to->steps[go].a = here(in) - go;
        if (in->at >= in->end || *in->at != '|')
            return;
        in->at++;
        insert(in, start, STEP_EITHER, 1, here(in) - start + 2);
        go = here(in);
        emit(in, STEP_GO, 0, 0);
    }
}

static void shrink(void **block, size_t size, const etwkit_allocator *allocator) {
    void *smaller = ek_resize(allocator, *block, size, 1);
    if (smaller)
        *block = smaller;
}

ek_regex *ek_regex_new(const etwkit_allocator *allocator, const char *pattern, size_t length, bool ignore_case) {
    ek_regex *made = ek_new(allocator, sizeof *made);
    if (!made)
        return NULL;
    made->ignore_case = ignore_case;
    made->steps = ek_resize(allocator, NULL, EK_REGEX_MOST, sizeof *made->steps);
    made->ranges = ek_resize(allocator, NULL, MOST_RANGES, sizeof *made->ranges);
    parser in = {.at = (const uint8_t *)pattern, .end = (const uint8_t *)pattern + length, .to = made};
    in.failed = !made->steps || !made->ranges;
    if (!in.failed)
        parse_either(&in);
    if (in.at != in.end)
        in.failed = true; /* a bracket that closes nothing */
    emit(&in, STEP_FOUND, 0, 0);
    if (in.failed) {
        ek_regex_free(made, allocator);
        return NULL;
    }
    void *steps = made->steps, *ranges = made->ranges;
    shrink(&steps, made->step_count * sizeof *made->steps, allocator);
    shrink(&ranges, made->range_count * sizeof *made->ranges + 1, allocator);
    made->steps = steps;
    made->ranges = ranges;
    return made;
}

void ek_regex_free(ek_regex *regex, const etwkit_allocator *allocator) {
    if (!regex)
        return;
    ek_release(allocator, regex->steps);
    ek_release(allocator, regex->ranges);
    ek_release(allocator, regex);
}

static bool in_set(const ek_regex *regex, const step *set, uint32_t code) {
    for (uint32_t i = 0; i < set->count; i++) {
        range one = regex->ranges[(uint32_t)set->a + i];
        if (code >= one.from && code <= one.to)
            return true;
        if (regex->ignore_case && code >= 'a' && code <= 'z' && code - 0x20 >= one.from && code - 0x20 <= one.to)
            return true;
    }
    return false;
}

static bool takes(const ek_regex *regex, const step *one, uint32_t code) {
    switch (one->kind) {
    case STEP_ANY: return code != '\n';
    case STEP_CHARACTER: return code == (regex->ignore_case ? fold((uint32_t)one->a) : (uint32_t)one->a);
    default: return in_set(regex, one, code) != one->negated;
    }
}

/* The steps that are reached, each once. */
typedef struct front {
    uint16_t list[EK_REGEX_MOST];
    uint16_t count;
} front;

/* Follows what takes no character; true: the end of the program. `seen` marks what this position has reached. */
static bool reach(const ek_regex *regex, front *to, uint8_t *seen, uint16_t from, bool at_begin, bool at_end) {
    uint16_t waiting[2 * EK_REGEX_MOST + 1], count = 0; /* each step is followed once, to two others at most */
    waiting[count++] = from;
    while (count) {
        uint16_t at = waiting[--count];
        if (seen[at])
            continue;
        seen[at] = 1;
        const step *one = &regex->steps[at];
        switch (one->kind) {
        case STEP_FOUND: return true;
        case STEP_GO: waiting[count++] = (uint16_t)(at + one->a); break;
        case STEP_EITHER:
            waiting[count++] = (uint16_t)(at + one->b);
            waiting[count++] = (uint16_t)(at + one->a);
            break;
        case STEP_BEGIN:
        case STEP_END:
            if (one->kind == STEP_BEGIN ? at_begin : at_end)
                waiting[count++] = (uint16_t)(at + 1);
            break;
        default: to->list[to->count++] = at; break;
        }
    }
    return false;
}

bool ek_regex_matches(const ek_regex *regex, const uint8_t *text, size_t length) {
    front fronts[2];
    uint8_t seen[EK_REGEX_MOST];
    front *now = &fronts[0], *then = &fronts[1];
    const uint8_t *at = text, *end = text + length;
    now->count = 0;
    memset(seen, 0, regex->step_count);
    for (;;) {
        if (reach(regex, now, seen, 0, at == text, at == end)) /* a match may begin here */
            return true;
        if (at == end)
            return false;
        uint32_t code = next_code(&at, end);
        if (regex->ignore_case)
            code = fold(code);
        then->count = 0;
        memset(seen, 0, regex->step_count);
        for (uint16_t i = 0; i < now->count; i++)
            if (takes(regex, &regex->steps[now->list[i]], code) &&
                reach(regex, then, seen, (uint16_t)(now->list[i] + 1), false, at == end))
                return true;
        front *used = now;
        now = then;
        then = used;
    }
}
