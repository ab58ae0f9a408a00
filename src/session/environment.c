/* SPDX-License-Identifier: MIT */
/* ETWKIT_RECORD: from its text to a session that records into a file. Nobody is there to be asked, so whatever is wrong
 * is said on standard error, and the program runs on without a recording. */
#include "session/environment.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/machine.h"
#include "base/memory.h"

#include <etwkit/provider.h>
#include <etwkit/session.h>

#include <string.h>

#define VARIABLE "ETWKIT_RECORD"

enum {
    COMPLAINT_MAX = 1024,
    BUFFERS = 256 /* 16 MiB, that are memory once they are used; and four times as many where that is not enough */
};

static etwkit_session *recording; /* NULL: none, or it was stopped */

typedef struct wish {
    bool every;
    etwkit_guid provider;
    etwkit_enable wanted;
} wish;

/* What the variable says. */
typedef struct settings {
    const char *file;
    etwkit_session_options options;
    wish *wishes;
    size_t wish_count;
    ek_arena *arena;
} settings;

static void complain(const char *what) {
    char line[COMPLAINT_MAX];
    (void)ek_format(line, sizeof line - 1, "etwkit: " VARIABLE ": %s", what);
    size_t length = strlen(line);
    line[length] = '\n';
    line[length + 1] = 0;
    ek_machine_complain(line);
}

/* Numbers and sizes. */

/* Digits from *text on, decimal or 0x...; *text ends behind them. */
static bool take_number(const char **text, uint64_t *number) {
    const char *at = *text;
    bool hex = at[0] == '0' && ek_ascii_lower(at[1]) == 'x';
    const uint64_t base = hex ? 16 : 10;
    at += hex ? 2 : 0;
    const char *first = at;
    for (*number = 0;; at++) {
        char c = ek_ascii_lower(*at);
        uint64_t digit = ek_ascii_is_digit(c)   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
                                                : 16;
        if (digit >= base)
            break;
        if (*number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    *text = at;
    return at > first;
}

static bool read_number(const char *text, uint64_t most, uint64_t *number) {
    return take_number(&text, number) && *text == 0 && *number <= most;
}

/* Perhaps with K, M or G (and B) behind. */
static bool read_size(const char *text, uint64_t *size) {
    if (!take_number(&text, size))
        return false;
    static const char units[] = "kmg";
    const char *unit = *text ? strchr(units, ek_ascii_lower(*text)) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    text += unit != NULL;
    text += unit && ek_ascii_lower(*text) == 'b';
    if (*text || *size == 0 || *size > (UINT64_MAX >> 1) >> shift)
        return false;
    *size <<= shift;
    return true;
}

static bool read_level(const char *text, uint8_t *level) {
    static const char *const names[] = {"always", "critical", "error", "warning", "info", "verbose"};
    uint64_t number;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *level = (uint8_t)i;
            return true;
        }
    if (!read_number(text, UINT8_MAX, &number))
        return false;
    *level = (uint8_t)number;
    return true;
}

/* Providers: NAME[:level[:keywords]]. */

/* Ends the text at its first ':'; what stands behind that, NULL: nothing. */
static char *part_of(char *text) {
    char *colon = strchr(text, ':');
    if (colon)
        *colon++ = 0;
    return colon;
}

static etwkit_status add_wish(settings *all, const char *said, etwkit_error *error) {
    wish *made = &all->wishes[all->wish_count++];
    *made = (wish){.wanted = ETWKIT_ENABLE};
    char *name = ek_arena_text(all->arena, said, strlen(said));
    if (!name)
        return ek_fail_memory(error);
    char *level = part_of(name), *keywords = level ? part_of(level) : NULL;
    if (!*name)
        return ek_fail(error, ETWKIT_E_INVALID, "provider=%s: give a name, a GUID, or * for all", said);
    if (level && *level && !read_level(level, &made->wanted.level))
        return ek_fail(error, ETWKIT_E_INVALID,
                       "provider=%s: a level is critical, error, warning, info, verbose or a number up to 255", said);
    if (keywords && *keywords && !read_number(keywords, UINT64_MAX, &made->wanted.keywords_any))
        return ek_fail(error, ETWKIT_E_INVALID,
                       "provider=%s: keywords are one number, such as 0x11; of a name with ':' in it give the GUID",
                       said);
    made->every = strcmp(name, "*") == 0;
    if (!made->every && etwkit_guid_parse(&made->provider, name) != ETWKIT_OK)
        etwkit_guid_from_name(&made->provider, name);
    return ETWKIT_OK;
}

/* The variable: KEY=VALUE;KEY=VALUE... */

/* The next setting of *text, in place, with "key=" and value parted; *text goes on behind it. */
static void next_setting(char **text, char **key, char **value) {
    char *to = *text, *from = *text;
    *key = to;
    *value = NULL;
    for (; *from && (*from != ';' || from[1] == ';'); from++) {
        if (*from == '=' && !*value) {
            *to++ = 0;
            *value = to;
            continue;
        }
        from += *from == ';'; /* of two one counts */
        *to++ = *from;
    }
    *text = *from ? from + 1 : from;
    *to = 0;
}

static etwkit_status set_mode(settings *all, etwkit_session_mode mode, const char *key, const char *value,
                              etwkit_error *error) {
    if (!read_size(value, &all->options.maximum_file_size))
        return ek_fail(error, ETWKIT_E_INVALID, "%s=%s: a size is a number with K, M or G", key, value);
    if (all->options.mode != ETWKIT_SESSION_FILE)
        return ek_fail(error, ETWKIT_E_INVALID, "%s=%s: a size was given already; one of ring and new-file", key,
                       value);
    all->options.mode = mode;
    return ETWKIT_OK;
}

static etwkit_status set(settings *all, const char *key, const char *value, etwkit_error *error) {
    if (strcmp(key, "file") == 0 && *value) {
        all->file = value;
    } else if (strcmp(key, "provider") == 0) {
        return add_wish(all, value, error);
    } else if (strcmp(key, "ring") == 0) {
        return set_mode(all, ETWKIT_SESSION_CIRCULAR, key, value, error);
    } else if (strcmp(key, "new-file") == 0) {
        return set_mode(all, ETWKIT_SESSION_NEW_FILE, key, value, error);
    } else if (strcmp(key, "flush") == 0) {
        uint64_t milliseconds;
        if (!read_number(value, UINT32_MAX, &milliseconds) || milliseconds == 0)
            return ek_fail(error, ETWKIT_E_INVALID, "flush=%s: a number of milliseconds", value);
        all->options.flush_ms = (uint32_t)milliseconds;
    } else {
        return ek_fail(error, ETWKIT_E_INVALID, "%s=%s: there are file, provider, ring, new-file and flush", key,
                       value);
    }
    return ETWKIT_OK;
}

static etwkit_status read_settings(settings *all, const char *text, ek_arena *arena, etwkit_error *error) {
    char *rest = ek_arena_text(arena, text, strlen(text)), *key, *value;
    size_t most = 1;
    for (const char *c = text; *c; c++)
        most += *c == ';';
    *all = (settings){.file = "",
                      .options = ETWKIT_SESSION_OPTIONS,
                      .wishes = ek_arena_alloc(arena, most * sizeof *all->wishes),
                      .arena = arena};
    all->options.mode = ETWKIT_SESSION_FILE;
    all->options.minimum_buffers = BUFFERS;
    if (!rest || !all->wishes)
        return ek_fail_memory(error);
    while (*rest) {
        next_setting(&rest, &key, &value);
        if (!value && *key)
            return ek_fail(error, ETWKIT_E_INVALID, "'%s' is no setting; they look like file=app.etl;provider=Name",
                           key);
        etwkit_status status = value ? set(all, key, value, error) : ETWKIT_OK;
        if (status)
            return status;
    }
    if (!*all->file)
        return ek_fail(error, ETWKIT_E_INVALID, "it names no file; it looks like file=app.etl;provider=Name");
    if (all->wish_count == 0)
        all->wishes[all->wish_count++] = (wish){.every = true, .wanted = ETWKIT_ENABLE};
    return ETWKIT_OK;
}

/* The file: what is there is never written over. */

/* "app.etl" as "app.4711.etl"; NULL: memory ran out. */
static char *name_of_process(const char *path, ek_arena *arena) {
    const char *dot = NULL;
    for (const char *c = path; *c; c++)
        dot = *c == '.' ? c : *c == '/' || *c == '\\' ? NULL : dot;
    size_t length = strlen(path), stem = dot && dot > path ? (size_t)(dot - path) : length;
    const size_t size = length + sizeof ".4294967295";
    char *name = ek_arena_alloc(arena, size);
    if (!name)
        return NULL;
    memcpy(name, path, stem);
    (void)ek_format(name + stem, size - stem, ".%u%s", ek_process_id(), path + stem);
    return name;
}

/* Makes the file, of a series the first one, unless it is there. */
static etwkit_status claim(settings *all, etwkit_error *error) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const char *path = all->options.path, *number = strstr(path, "%d");
    char *first = ek_arena_text(all->arena, path, strlen(path));
    if (!first)
        return ek_fail_memory(error);
    if (number && all->options.mode == ETWKIT_SESSION_NEW_FILE) {
        char *at = first + (number - path);
        *at = '1';
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
    }
    ek_file *file;
    etwkit_status status = ek_file_create_new(&file, first, &allocator, error);
    ek_file_close(&file);
    return status;
}

/* Where this process may write: all->file, or where that is another's, the same with the process's number. */
static etwkit_status choose_file(settings *all, etwkit_error *error) {
    all->options.path = all->file;
    etwkit_status status = claim(all, error);
    if (status != ETWKIT_E_EXISTS)
        return status;
    all->options.path = name_of_process(all->file, all->arena);
    return all->options.path ? claim(all, error) : ek_fail_memory(error);
}

/* The session. */

static void tell_losses(const etwkit_session *session) {
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    const uint64_t lost = etwkit_session_events_lost(&stats);
    char text[128];
    if (lost == 0)
        return;
    (void)ek_format(text, sizeof text, "%llu of %llu events were lost", (unsigned long long)lost,
                    (unsigned long long)stats.events_received);
    complain(text);
}

static void stop(void) {
    etwkit_error error = {.status = ETWKIT_OK};
    bool was_running = etwkit_session_is_running(recording); /* not in the child of a fork */
    if (etwkit_session_stop(recording, &error))
        complain(error.message);
    if (was_running)
        tell_losses(recording);
    etwkit_session_free(&recording);
}

static etwkit_status start(const char *text, ek_arena *arena, etwkit_error *error) {
    settings all;
    etwkit_session *session = NULL;
    etwkit_status status = read_settings(&all, text, arena, error);
    if (status == ETWKIT_OK)
        status = choose_file(&all, error);
    if (status == ETWKIT_OK)
        status = etwkit_session_new(&session, VARIABLE, &all.options, error);
    for (size_t i = 0; i < all.wish_count && status == ETWKIT_OK; i++) {
        const wish *it = &all.wishes[i];
        status = etwkit_session_enable(session, it->every ? NULL : &it->provider, &it->wanted, error);
    }
    if (status == ETWKIT_OK)
        status = etwkit_session_start(session, error);
    if (status) {
        etwkit_session_free(&session);
        return status;
    }
    recording = session;
    ek_machine_at_exit(stop);
    return ETWKIT_OK;
}

void ek_environment_record(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_error error;
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    const char *text = ek_environment(&arena, VARIABLE);
    if (text && *text && start(text, &arena, &error))
        complain(error.message);
    ek_arena_free(&arena);
}
