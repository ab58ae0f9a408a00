/* SPDX-License-Identifier: MIT */
/* Reads TMF files into messages and enumerations, and finds them again. Knows the lines, not the types in them. */
#include "schema/tmf.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/guid.h"
#include "base/utf.h"

#include <string.h>

#define MAX_KEPT ((size_t)512 << 20) /* bytes of messages of all files */
#define MAX_FORMAT 65536             /* bytes of one message's format, its lines together */
#define MAX_LINES 64                 /* of one message's format */
#define MAX_NAME 1024                /* bytes of a provider, source file, place or enumeration */
#define MAX_COMMENT 4096             /* bytes of what stands behind a format */

typedef struct line {
    const char *at;
    const char *end;
} line;

/* One file on its way in. */
typedef struct reader {
    ek_tmf *tmf;
    const char *path;
    const char *at;
    const char *end;
    size_t number; /* of the line read last */
    etwkit_error *fault;
    etwkit_guid id; /* of the messages that follow */
    bool has_id;
    const char *provider;
    const char *source;
    ek_tmf_parameter parameters[EK_TMF_PARAMETERS]; /* of the message being read */
    ek_buf text;                                    /* scratch */
    bool skips;                                     /* what is read now is known already */
    bool no_memory;
} reader;

void ek_tmf_init(ek_tmf *tmf, const etwkit_allocator *allocator) {
    *tmf = (ek_tmf){.file_count = 0};
    ek_arena_init(&tmf->arena, allocator);
    ek_table_init(&tmf->messages, allocator);
    ek_table_init(&tmf->enums, allocator);
}

void ek_tmf_free(ek_tmf *tmf) {
    ek_table_free(&tmf->messages);
    ek_table_free(&tmf->enums);
    ek_arena_free(&tmf->arena);
}

/* Keys. */

typedef struct message_key {
    etwkit_guid id;
    uint16_t number;
} message_key;

static uint64_t hash_message(const ek_tmf *tmf, const etwkit_guid *id, uint16_t number) {
    return ek_hash(id->bytes, sizeof id->bytes, ek_hash_seed(tmf) ^ number);
}

static bool is_message(const void *value, const void *key) {
    const ek_tmf_message *message = value;
    const message_key *wanted = key;
    return message->number == wanted->number && ek_guid_equal(&message->id, &wanted->id);
}

const ek_tmf_message *ek_tmf_find(const ek_tmf *tmf, const etwkit_guid *id, uint16_t number) {
    const message_key key = {*id, number};
    return ek_table_find(&tmf->messages, hash_message(tmf, id, number), is_message, &key);
}

typedef struct enum_key {
    const char *name;
    size_t length;
    uint32_t file;
} enum_key;

static bool is_enum(const void *value, const void *key) {
    const ek_tmf_enum *one = value;
    const enum_key *wanted = key;
    return one->file == wanted->file && strlen(one->name) == wanted->length &&
           memcmp(one->name, wanted->name, wanted->length) == 0;
}

static uint64_t hash_enum(const ek_tmf *tmf, uint32_t file, const char *name, size_t length) {
    return ek_hash(name, length, ek_hash_seed(tmf) ^ file);
}

const ek_tmf_enum *ek_tmf_find_enum(const ek_tmf *tmf, uint32_t file, const char *name, size_t length) {
    const enum_key key = {name, length, file};
    return ek_table_find(&tmf->enums, hash_enum(tmf, file, name, length), is_enum, &key);
}

/* Lines. */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static line trimmed(line text) {
    while (text.at < text.end && is_blank(*text.at))
        text.at++;
    while (text.at < text.end && is_blank(text.end[-1]))
        text.end--;
    return text;
}

static bool next_line(reader *r, line *next) {
    if (r->at == r->end)
        return false;
    const char *feed = memchr(r->at, '\n', (size_t)(r->end - r->at));
    *next = trimmed((line){r->at, feed ? feed : r->end});
    r->at = feed ? feed + 1 : r->end;
    r->number++;
    return true;
}

static bool begins(line text, const char *with) {
    size_t length = strlen(with);
    return (size_t)(text.end - text.at) >= length && memcmp(text.at, with, length) == 0;
}

static line skip(line text, size_t count) {
    text.at += count;
    return trimmed(text);
}

static line take_word(line *text) {
    line word = {text->at, text->at};
    while (word.end < text->end && !is_blank(*word.end))
        word.end++;
    *text = trimmed((line){word.end, text->end});
    return word;
}

static const char *find_text(line in, const char *what) {
    size_t length = strlen(what);
    for (const char *at = in.at; (size_t)(in.end - at) >= length; at++)
        if (memcmp(at, what, length) == 0)
            return at;
    return NULL;
}

static const char *find_last(line in, const char *what) {
    size_t length = strlen(what);
    for (const char *at = in.end; (size_t)(at - in.at) >= length; at--)
        if (memcmp(at - length, what, length) == 0)
            return at - length;
    return NULL;
}

/* Only the first fault of a file is told: what follows from it would only hide it. */
static void complain(const reader *r, const char *what) {
    if (!r->fault->status)
        ek_fail(r->fault, ETWKIT_E_DAMAGED, "%s: line %zu: %s", r->path, r->number, what);
}

/* A copy as UTF-8; "" and no_memory where memory ran out. */
static const char *keep(reader *r, line text) {
    const char *kept;
    r->text.size = 0;
    if (text.at == text.end || r->skips)
        return "";
    ek_ansi_append(&r->text, (const uint8_t *)text.at, (size_t)(text.end - text.at), false);
    size_t length = r->text.size;
    const uint8_t *nul = r->text.failed ? NULL : memchr(r->text.data, 0, length);
    kept = r->text.failed
               ? NULL
               : ek_arena_text(&r->tmf->arena, (const char *)r->text.data, nul ? (size_t)(nul - r->text.data) : length);
    if (kept)
        return kept;
    r->text.failed = false;
    r->no_memory = true;
    return "";
}

/* What is longer than any real one is cut. */
static const char *keep_short(reader *r, line text, size_t most) {
    if ((size_t)(text.end - text.at) > most)
        text.end = text.at + most;
    return keep(r, text);
}

/* false: it is none, or too large. */
static bool to_number(line text, uint64_t most, uint64_t *number) {
    unsigned base = begins(text, "0x") || begins(text, "0X") ? 16 : 10;
    text.at += base == 16 ? 2 : 0;
    *number = 0;
    if (text.at == text.end)
        return false;
    for (; text.at < text.end; text.at++) {
        char c = *text.at;
        unsigned digit = ek_ascii_is_digit(c)                               ? (unsigned)(c - '0')
                         : base == 16 && (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a' + 10)
                                                                            : 99;
        if (digit >= base || *number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return *number <= most;
}

/* "01e9b841-7d67-315a-7b92-23b2033356de BthPS3 // SRC=L2CAP.c MJ= MN=" */
static bool to_guid(line text, etwkit_guid *id) {
    char copy[ETWKIT_GUID_TEXT];
    size_t length = ETWKIT_GUID_TEXT - 1;
    if ((size_t)(text.end - text.at) < length || (text.at + length < text.end && !is_blank(text.at[length])))
        return false;
    memcpy(copy, text.at, length);
    copy[length] = 0;
    return copy[0] != '{' && etwkit_guid_parse(id, copy) == ETWKIT_OK;
}

bool ek_tmf_is(const void *data, size_t size) {
    line text = {data, (const char *)data + size};
    etwkit_guid id;
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        text.at += 3;
    while (text.at < text.end && (is_blank(*text.at) || *text.at == '\n'))
        text.at++;
    return begins(text, "// PDB:") || begins(text, "//PDB:") || to_guid(text, &id);
}

/* What stands behind "SRC=" up to a blank. */
static line source_of(line comment) {
    const char *at = find_text(comment, "SRC=");
    line rest = {at ? at + 4 : comment.end, comment.end};
    return take_word(&rest);
}

static void read_guid(reader *r, line text) {
    line rest = skip(text, ETWKIT_GUID_TEXT - 1), name = rest;
    const char *comment = find_text(rest, "//");
    r->has_id = true;
    if (comment)
        name.end = comment;
    r->provider = keep_short(r, trimmed(name), MAX_NAME);
    r->source = keep_short(r, source_of((line){comment ? comment : rest.end, rest.end}), MAX_NAME);
}

/* Parameters. */

/* Where the type begins that ends at text.end: "Item..." and what stands in parentheses behind it. */
static const char *type_begin(line text) {
    const char *at = text.end;
    if (at > text.at && at[-1] == ')') {
        size_t depth = 0;
        do {
            at--;
            depth += *at == ')';
            depth -= *at == '(';
        } while (depth && at > text.at);
        while (at > text.at && is_blank(at[-1]))
            at--;
    }
    while (at > text.at && at[-1] != ',' && !is_blank(at[-1]))
        at--;
    return at;
}

/* "&usLhs, ItemPWString -- 10". The expression in front may hold anything, so the line is read from its end. */
static bool read_parameter(reader *r, line text, ek_tmf_parameter *parameter) {
    const char *dashes = find_last(text, "--");
    uint64_t number;
    if (!dashes || !to_number(trimmed((line){dashes + 2, text.end}), UINT16_MAX, &number))
        return false;
    line type = trimmed((line){text.at, dashes});
    type.at = type_begin(type);
    if (!begins(type, "Item"))
        return false;
    *parameter = (ek_tmf_parameter){.type = keep(r, type), .number = (uint16_t)number};
    ek_tmf_kind_of(parameter);
    return true;
}

/* The lines between { and }. What cannot be understood becomes a parameter of unknown type: all behind it is unknown
 * too. Returns their number. */
static uint16_t read_parameters(reader *r) {
    uint16_t count = 0;
    const char *before = r->at;
    line text;
    if (!next_line(r, &text) || !begins(text, "{")) {
        r->at = before; /* some messages of old files have none */
        return 0;
    }
    while (next_line(r, &text) && !begins(text, "}")) {
        if (text.at == text.end)
            continue;
        if (count == EK_TMF_PARAMETERS) {
            complain(r, "the message has more parameters than can be");
            continue;
        }
        ek_tmf_parameter *parameter = &r->parameters[count++];
        if (!read_parameter(r, text, parameter)) {
            complain(r, "this is no parameter");
            *parameter = (ek_tmf_parameter){.type = ""};
        }
    }
    return count;
}

/* Messages. */

/* The format between the first quotation mark and the last one, in front of the comment: it may hold some itself. */
static bool split_format(line text, line *format, line *comment) {
    const char *last = find_last(text, "\" //");
    if (!last)
        last = find_last(text, "\"//");
    if (!last)
        last = find_last(text, "\"");
    if (!last || last < text.at)
        return false;
    *format = (line){text.at, last};
    *comment = (line){last + 1, text.end};
    return true;
}

/* A format with line ends in it stands on several lines: more of them, up to the one that ends it. */
static bool read_format(reader *r, line text, line *format, line *comment) {
    if (!begins(text, "\""))
        return false;
    const char *begin = ++text.at, *back = r->at;
    size_t number = r->number;
    for (size_t lines = 1; !split_format(text, format, comment); lines++) {
        line more;
        if (lines == MAX_LINES || !next_line(r, &more) || begins(more, "#") || begins(more, "{") ||
            more.end - begin > MAX_FORMAT) {
            r->at = back;
            r->number = number;
            return false;
        }
        text = (line){begin, more.end};
    }
    return true;
}

static bool add_message(reader *r, const ek_tmf_message *message) {
    uint64_t hash = hash_message(r->tmf, &message->id, message->number);
    ek_tmf_message *kept = ek_arena_copy(&r->tmf->arena, message, sizeof *message);
    if (!kept)
        return false;
    kept->parameters =
        ek_arena_copy(&r->tmf->arena, r->parameters, message->parameter_count * sizeof *kept->parameters);
    if (!kept->parameters || !ek_table_add(&r->tmf->messages, hash, kept))
        return false;
    kept->older = r->tmf->newest;
    r->tmf->newest = kept;
    return true;
}

/* "#typev Queue_c174 13 "%0 text %10!p!" //   LEVEL=... FLAGS=... FUNC=..." */
static void read_message(reader *r, line text) {
    (void)take_word(&text);
    line symbol = take_word(&text), number = take_word(&text), format, comment;
    uint64_t value;
    if (!r->has_id || !to_number(number, UINT16_MAX, &value) || !read_format(r, text, &format, &comment)) {
        complain(r, r->has_id ? "this is no message" : "a message comes before any GUID");
        return;
    }
    if ((size_t)(format.end - format.at) > MAX_FORMAT) {
        complain(r, "the message's format is too long");
        format.end = format.at + MAX_FORMAT;
    }
    r->skips = ek_tmf_find(r->tmf, &r->id, (uint16_t)value) != NULL; /* tracepdb writes most of them twice */
    const char *slashes = find_text(comment, "//");
    if (slashes)
        comment = trimmed((line){slashes + 2, comment.end});
    ek_tmf_message message = {.id = r->id,
                              .number = (uint16_t)value,
                              .file = r->tmf->file_count,
                              .provider = r->provider,
                              .source = r->source,
                              .symbol = keep_short(r, symbol, MAX_NAME),
                              .format = keep(r, format),
                              .comment = keep_short(r, comment, MAX_COMMENT)};
    message.parameter_count = read_parameters(r);
    if (!r->skips)
        r->no_memory |= !r->no_memory && !add_message(r, &message);
    r->skips = false;
}

/* Enumerations: a name, then lines with a name and a number, in either order, whatever stands between. */

typedef struct enum_entries {
    ek_map_entry *list;
    size_t count;
    size_t capacity;
} enum_entries;

static bool add_entry(reader *r, enum_entries *to, line text) {
    static const char between[] = " \t\r,=;-";
    line words[2] = {{NULL, NULL}, {NULL, NULL}};
    uint64_t value;
    words[0] = (line){text.at, text.at};
    while (words[0].end < text.end && !strchr(between, *words[0].end))
        words[0].end++;
    words[1].at = words[0].end;
    while (words[1].at < text.end && strchr(between, *words[1].at))
        words[1].at++;
    words[1].end = words[1].at;
    while (words[1].end < text.end && !strchr(between, *words[1].end))
        words[1].end++;
    bool swapped = !to_number(words[1], UINT32_MAX, &value);
    if (swapped && !to_number(words[0], UINT32_MAX, &value))
        return false;
    void *list = to->list;
    if (!ek_grow(&r->tmf->arena.allocator, &list, &to->capacity, to->count + 1, sizeof *to->list)) {
        r->no_memory = true;
        return true;
    }
    to->list = list;
    to->list[to->count++] = (ek_map_entry){value, keep(r, words[swapped])};
    return true;
}

static void keep_enum(reader *r, const char *name, const enum_entries *entries) {
    ek_arena *arena = &r->tmf->arena;
    ek_tmf_enum *kept = ek_arena_new(arena, sizeof *kept);
    r->no_memory = true;
    if (!kept)
        return;
    kept->name = name;
    kept->file = r->tmf->file_count;
    kept->values = ek_map_build(arena, name, false, entries->list, entries->count);
    kept->bits = ek_map_build(arena, name, true, entries->list, entries->count);
    r->no_memory = !kept->values || !kept->bits ||
                   !ek_table_add(&r->tmf->enums, hash_enum(r->tmf, kept->file, name, strlen(name)), kept);
}

static void read_enum(reader *r, line text) {
    (void)take_word(&text);
    const char *name = keep_short(r, take_word(&text), MAX_NAME);
    enum_entries entries = {NULL, 0, 0};
    bool ended = false;
    while (!ended && !r->no_memory && next_line(r, &text)) {
        ended = begins(text, "}");
        if (ended || text.at == text.end || begins(text, "{") || begins(text, "//"))
            continue;
        if (begins(text, "#") || !add_entry(r, &entries, text))
            complain(r, "this is no value of an enumeration");
    }
    if (!r->no_memory && entries.count && !ek_tmf_find_enum(r->tmf, r->tmf->file_count, name, strlen(name)))
        keep_enum(r, name, &entries);
    ek_release(&r->tmf->arena.allocator, entries.list);
}

static void read_line(reader *r, line text) {
    if (text.at == text.end || begins(text, "//"))
        return;
    if (begins(text, "#typev") || begins(text, "#type ") || begins(text, "#type\t"))
        read_message(r, text);
    else if (begins(text, "#enumv") || begins(text, "#enum ") || begins(text, "#enum\t"))
        read_enum(r, text);
    else if (to_guid(text, &r->id))
        read_guid(r, text);
    else if (!begins(text, "#") && !begins(text, "{") && !begins(text, "}")) /* other keywords: of other versions */
        complain(r, "this is nothing that a TMF file may hold");
}

etwkit_status ek_tmf_read(ek_tmf *tmf, const char *path, const void *data, size_t size, etwkit_error *fault,
                          etwkit_error *error) {
    reader *r = ek_new(&tmf->arena.allocator, sizeof *r);
    line text;
    fault->status = ETWKIT_OK;
    if (!r)
        return ek_fail_memory(error);
    *r = (reader){.tmf = tmf, .path = path, .at = data, .end = (const char *)data + size, .fault = fault};
    r->provider = r->source = "";
    r->at += size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    ek_buf_init(&r->text, &tmf->arena.allocator);
    bool full = false;
    while (!r->no_memory && !full && next_line(r, &text)) {
        read_line(r, text);
        full = tmf->arena.total > MAX_KEPT;
    }
    tmf->file_count++;
    bool no_memory = r->no_memory;
    size_t number = r->number;
    ek_buf_free(&r->text);
    ek_release(&tmf->arena.allocator, r);
    if (no_memory)
        return ek_fail_memory(error);
    if (full)
        return ek_fail(error, ETWKIT_E_LIMIT, "%s: line %zu: too many messages, those behind are not read", path,
                       number);
    return ETWKIT_OK;
}
