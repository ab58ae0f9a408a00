/* SPDX-License-Identifier: MIT */
/* Any event in any format: lines of jsonl are JSON with every key once, and no control character gets through. */
#include "base/utf.h"
#include "decode/random_made.h"
#include "sink/lines.h"

/* A strict little JSON reader; NULL: it is none. Depth is bounded by the layouts. */
static const char *json_value(const char *at);

static const char *json_string(const char *at) {
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        if ((uint8_t)*at < 0x20 || *at == 0x7F)
            return NULL;
        if (*at++ != '\\')
            continue;
        if (*at == 'u') {
            if (strspn(at + 1, "0123456789abcdef") < 4)
                return NULL;
            at += 5;
        } else if (*at && strchr("\"\\nrt", *at))
            at++;
        else
            return NULL;
    }
    return at + 1;
}

static const char *json_list(const char *at, char end, bool named) {
    const char *keys[64];
    size_t lengths[64], count = 0;
    at++;
    if (*at == end)
        return at + 1;
    for (;; at++) {
        if (named) {
            const char *key = at;
            if (!(at = json_string(at)) || count == COUNT(keys))
                return NULL;
            lengths[count] = (size_t)(at - key);
            for (size_t i = 0; i < count; i++)
                if (lengths[i] == lengths[count] && memcmp(keys[i], key, lengths[i]) == 0)
                    return NULL;
            keys[count++] = key;
            if (*at++ != ':')
                return NULL;
        }
        if (!(at = json_value(at)))
            return NULL;
        if (*at == end)
            return at + 1;
        if (*at != ',')
            return NULL;
    }
}

static const char *json_number(const char *at) {
    at += *at == '-';
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || (digits > 1 && *at == '0'))
        return NULL;
    at += digits;
    if (*at == '.') {
        if ((digits = strspn(++at, "0123456789")) == 0)
            return NULL;
        at += digits;
    }
    if (*at == 'e') {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        if ((digits = strspn(at, "0123456789")) == 0)
            return NULL;
        at += digits;
    }
    return at;
}

static const char *json_value(const char *at) {
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    return *at == '"'   ? json_string(at)
           : *at == '{' ? json_list(at, '}', true)
           : *at == '[' ? json_list(at, ']', false)
                        : json_number(at);
}

static bool is_clean(const char *line, size_t size) {
    for (size_t i = 0; i + 1 < size; i++) {
        bool high = (uint8_t)line[i] == 0xC2 && (uint8_t)line[i + 1] < 0xA0;
        if (((uint8_t)line[i] < 0x20 && line[i] != '\n') || line[i] == 0x7F || high)
            return false;
    }
    return ek_utf8_valid((const uint8_t *)line, size) == size;
}

/* The cells of a csv line; 0: its quoting is wrong. */
static size_t count_cells(const char *at) {
    for (size_t cells = 1;; cells++, at++) {
        if (*at == '"')
            for (at++; *at != '"' || *++at == '"'; at++)
                if (!*at || *at == '\n')
                    return 0;
        at += strcspn(at, "\",\n");
        if (*at == '\n')
            return at[1] ? 0 : cells;
        if (*at != ',')
            return 0;
    }
}

static lines_of out;

static void check_format(etwkit_format format, unsigned flags) {
    uint64_t random = 99 + flags;
    REQUIRE(open_lines(&out, format, flags, NULL));
    for (unsigned i = 0; i < 5000 && test_failures == 0; i++) {
        made m;
        if (!make_random(&m, &random))
            continue;
        REQUIRE(name_schema(&m, "P\x1B", "E\n\""));
        for (int times = 0; times < 4; times++) {
            etwkit_record record = random_record(&random);
            record.timestamp = NOON;
            const char *line = line_of(&out, &m, &record);
            CHECK(is_clean(line, out.size));
            if (format == ETWKIT_FORMAT_JSONL) {
                const char *end = json_value(line);
                CHECK(end && strcmp(end, "\n") == 0);
                if (test_failures)
                    fprintf(stderr, "# %.2000s\n", line);
            }
            release_record(&record);
        }
        unmake(&m);
    }
    etwkit_sink_close(&out.sink);
}

TEST(jsonl) {
    check_format(ETWKIT_FORMAT_JSONL, 0);
    check_format(ETWKIT_FORMAT_JSONL, ETWKIT_SINK_PAYLOAD);
}

TEST(text) {
    check_format(ETWKIT_FORMAT_TEXT, 0);
    check_format(ETWKIT_FORMAT_TEXT, ETWKIT_SINK_PAYLOAD | ETWKIT_SINK_LOCAL);
}

TEST(csv) {
    check_format(ETWKIT_FORMAT_CSV, 0);
    check_format(ETWKIT_FORMAT_CSV, ETWKIT_SINK_PAYLOAD);
}

TEST(csv_with_fields) {
    uint64_t random = 5;
    for (unsigned i = 0; i < 2000 && test_failures == 0; i++) {
        made m;
        if (!make_random(&m, &random))
            continue;
        REQUIRE(name_schema(&m, "P\x1B", "E\n\"") && open_lines(&out, ETWKIT_FORMAT_CSV, ETWKIT_SINK_FIELDS, NULL));
        size_t cells = 24 + etwkit_schema_field_count(&m.schema);
        for (int times = 0; times < 4; times++) {
            etwkit_record record = random_record(&random);
            record.timestamp = NOON;
            const char *line = line_of(&out, &m, &record);
            CHECK(is_clean(line, out.size));
            CHECK_EQ_UINT(count_cells(strchr(line, '\n') + 1 < line + out.size ? strchr(line, '\n') + 1 : line), cells);
            release_record(&record);
        }
        etwkit_sink_close(&out.sink);
        unmake(&m);
    }
}

TEST_MAIN(CASE(jsonl), CASE(text), CASE(csv), CASE(csv_with_fields))
