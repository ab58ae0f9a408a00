/* SPDX-License-Identifier: MIT */
/* Turns operands into traces. What can be read at offsets is left where it is; pipes are spooled, archives unpacked
 * into the spool, of which only what is a trace is kept. */
#include "inputs.h"

#include "json_reports.h"
#include "unpack.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_RATIO = 200,
    DEPTH_MOST = 1,       /* archives in archives */
    ENTRIES_MOST = 65536, /* of an archive that are looked at */
    TRACES_MOST = 1024,   /* of an archive that are opened */
    PIECE = 1 << 18       /* bytes that go into the spool at once */
};
#define DEFAULT_LIMIT (UINT64_C(64) << 30)
#define STANDARD_INPUT "standard input"

#define AT(member) offsetof(input_options, member)

const cli_option input_option_table[] = {
    {"spool-limit", 0, CLI_TEXT, "SIZE", AT(limit),
     "bytes that may go into the temporary file, with K, M or G\n(default 64G; its folder: TMPDIR)"},
    {"spool-ratio", 0, CLI_TEXT, "N", AT(ratio), "how many times its size an archive may become (default 200)"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static bool read_options(const input_options *options, uint64_t *limit, uint64_t *ratio, const char **wrong) {
    *limit = DEFAULT_LIMIT;
    *ratio = DEFAULT_RATIO;
    if (options->limit && !cli_size(options->limit, limit))
        *wrong = "--spool-limit takes a number of bytes with K, M or G";
    else if (options->ratio && (!cli_number(options->ratio, ratio) || *ratio == 0))
        *wrong = "--spool-ratio takes a whole number from 1 on";
    else
        return true;
    return false;
}

int input_options_check(const char *command, const input_options *options) {
    uint64_t limit, ratio;
    const char *wrong = NULL;
    return read_options(options, &limit, &ratio, &wrong) ? CLI_GO_ON : cli_usage(command, "%s", wrong);
}

/* One archive that is being unpacked. */
typedef struct unpacking {
    inputs *to;
    unpack *from;
    const char *name; /* as shown */
    const char *what; /* "zip archive" */
    unsigned depth;
    size_t entries, found;
    bool was_damaged;
    cli_progress progress;
    uint64_t size;
} unpacking;

/* Memory that goes with the inputs. */
static void *own(inputs *to, void *block) {
    to->owned = cli_resize(to->owned, to->owned_count + 1, sizeof *to->owned);
    to->owned[to->owned_count++] = block;
    return block;
}

static void add_name(inputs *to, const char *name) {
    to->names.items = cli_resize(to->names.items, to->names.count + 1, sizeof *to->names.items);
    to->names.items[to->names.count++] = name;
}

static bool is_last_name(const inputs *to, const char *name) {
    return to->names.count && to->names.items[to->names.count - 1] == name;
}

/* "boot.zip/boot.etl" */
static const char *join(inputs *to, const char *outer, const char *inner) {
    size_t length = strlen(outer), rest = strlen(inner);
    char *name = own(to, cli_resize(NULL, length + rest + 2, 1));
    cli_format(name, length + rest + 2, "%s/%s", outer, inner);
    return name;
}

static etwkit_input *add(inputs *to, const char *name) {
    to->items = cli_resize(to->items, to->count + 1, sizeof *to->items);
    etwkit_input *added = &to->items[to->count++];
    *added = (etwkit_input)ETWKIT_INPUT;
    added->name = name;
    return added;
}

static etwkit_input input_of(const char *name, spool_part *part) {
    etwkit_input input = ETWKIT_INPUT;
    input.name = name;
    input.context = part;
    input.read_at = spool_part_read;
    input.size = spool_part_size;
    return input;
}

static void add_part(inputs *to, const char *name, const spool_part *part) {
    spool_part *kept = own(to, cli_resize(NULL, 1, sizeof *kept));
    *kept = *part;
    *add(to, name) = input_of(name, kept);
}

CLI_PRINTF(3, 0)
static etwkit_error error_of(const char *name, etwkit_status status, const char *format, va_list arguments) {
    etwkit_error error = {
        .status = status, .buffer = ETWKIT_NO_NUMBER, .record = ETWKIT_NO_NUMBER, .offset = ETWKIT_NO_OFFSET};
    cli_format(error.message, sizeof error.message, "%s: ", name);
    size_t length = strlen(error.message);
    (void)vsnprintf(error.message + length, sizeof error.message - length, format, arguments);
    return error;
}

/* Says why nothing can be read, and returns the code. */
CLI_PRINTF(4, 5)
static int fail(const char *name, etwkit_status status, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    etwkit_error error = error_of(name, status, format, arguments);
    va_end(arguments);
    if (json_reports_wanted())
        json_report("error", &error);
    else
        cli_message("%s", error.message);
    return code;
}

/* Something of an archive is lost, the rest is not. */
CLI_PRINTF(3, 4)
static int damaged(unpacking *of, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    etwkit_error error = error_of(name, ETWKIT_E_DAMAGED, format, arguments);
    va_end(arguments);
    if (name != of->name && !is_last_name(of->to, name))
        add_name(of->to, name);
    of->was_damaged = true;
    cli_progress_clear(&of->progress);
    cli_damage_found(of->to->damage, &error);
    return of->to->damage->strict ? CLI_DAMAGED : CLI_GO_ON;
}

static int stopped(void) {
    return CLI_INTERRUPTED + system_interrupted();
}

static int full(const inputs *to, const char *name) {
    return fail(name, ETWKIT_E_LIMIT, CLI_UNREADABLE,
                "more than %llu bytes would go into the temporary file: --spool-limit SIZE allows more",
                (unsigned long long)to->spool.limit);
}

static int spooled(inputs *to, const char *name, const void *data, size_t size) {
    switch (spool_add(&to->spool, data, size)) {
    case SPOOL_FULL: return full(to, name);
    case SPOOL_FAILED: return CLI_USAGE;
    default: return CLI_GO_ON;
    }
}

static void begin_part(const inputs *to, spool_part *part) {
    *part = (spool_part){.file = SYSTEM_NO_FILE, .offset = to->spool.size};
}

static void end_part(const inputs *to, spool_part *part) {
    part->file = to->spool.file;
    part->size = to->spool.size - part->offset;
}

static int bomb(const unpacking *of) {
    return fail(of->name, ETWKIT_E_LIMIT, CLI_UNREADABLE,
                "this %s becomes more than %llu times its size: --spool-ratio N allows more", of->what,
                (unsigned long long)of->to->ratio);
}

static int unpack_part(inputs *to, const char *name, spool_part *packed, content_kind kind, const char *what,
                       unsigned depth, size_t *found);

/* All of an entry into the spool, its first bytes from `head`. *intact: it ended where it should. */
static int spool_entry(unpacking *of, const char *name, const uint8_t *head, size_t size, bool *intact,
                       spool_part *part) {
    static uint8_t piece[PIECE]; /* too large for a stack; what it holds is in the spool before it is used again */
    inputs *to = of->to;
    begin_part(to, part);
    int code = spooled(to, name, head, size);
    unpack_status status = size == CONTENT_HEAD ? UNPACK_OK : UNPACK_END;
    while (code == CLI_GO_ON && status == UNPACK_OK) {
        size_t got = 0;
        status = unpack_read(of->from, piece, sizeof piece, &got);
        code = spooled(to, name, piece, got);
        cli_progress_update(&of->progress, unpack_position(of->from), of->size);
        if (status == UNPACK_OK && got < sizeof piece)
            status = UNPACK_END;
        if (system_interrupted())
            status = UNPACK_STOPPED;
    }
    end_part(to, part);
    if (code != CLI_GO_ON)
        return code;
    *intact = status == UNPACK_END;
    switch (status) {
    case UNPACK_BOMB: return bomb(of);
    case UNPACK_STOPPED: return stopped();
    case UNPACK_END: return CLI_GO_ON;
    default:
        return damaged(of, name, "damaged: %s (what came out until there is read; use --strict to stop)",
                       unpack_why(of->from));
    }
}

static bool ends_like_a_trace(const char *name) {
    static const char *const endings[] = {".etl", ".ETL", ".Etl"};
    const char *base = strrchr(name, '/'), *back = strrchr(name, '\\');
    if (back > base)
        base = back;
    base = base ? base + 1 : name;
    size_t length = strlen(base);
    if (length < 4 || (base[0] == '.' && base[1] == '_')) /* what macOS puts beside a file in an archive */
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(base + length - 4, endings[i]) == 0)
            return true;
    return false;
}

/* An entry whose first bytes are read. */
static int take_entry(unpacking *of, const char *name, const uint8_t *head, size_t size) {
    spool_part part;
    const char *what;
    bool intact = true;
    size_t found = 0;
    content_kind kind = content_of(head, size, &what);
    if (kind == CONTENT_TRACE && of->found >= TRACES_MOST)
        return damaged(of, name, "left out, as all further ones: more than %d traces in one archive", TRACES_MOST);
    if (kind == CONTENT_TRACE || (kind != CONTENT_OTHER && of->depth < DEPTH_MOST)) {
        int code = spool_entry(of, name, head, size, &intact, &part);
        if (code != CLI_GO_ON)
            return code;
        if (kind == CONTENT_TRACE) {
            add_name(of->to, name);
            add_part(of->to, name, &part);
            found = 1;
        } else {
            code = unpack_part(of->to, name, &part, kind, what, of->depth + 1, &found);
        }
        of->found += found;
        return code;
    }
    if (ends_like_a_trace(name))
        return damaged(of, name, "%s (left out; use --strict to stop)",
                       size ? "its name says that it is a trace, and it is none" : "it is empty");
    switch (unpack_skip(of->from)) {
    case UNPACK_BOMB: return bomb(of);
    case UNPACK_STOPPED: return stopped();
    default: return CLI_GO_ON; /* what is damaged there is not asked for */
    }
}

static int next_entry(unpacking *of, unpack_status status, const char *inner) {
    static uint8_t head[CONTENT_HEAD];
    char number[32];
    size_t size = 0;
    cli_format(number, sizeof number, "entry %llu", (unsigned long long)of->entries);
    const char *name = of->name;
    if (inner || of->entries > 1)
        name = join(of->to, of->name, inner ? inner : number);
    if (status == UNPACK_LOCKED)
        return damaged(of, name, "it is locked with a password (left out: unpack it first; use --strict to stop)");
    status = unpack_read(of->from, head, sizeof head, &size);
    switch (status) {
    case UNPACK_BOMB: return bomb(of);
    case UNPACK_STOPPED: return stopped();
    case UNPACK_OK: {
        size_t owned = of->to->owned_count;
        int code = take_entry(of, name, head, size);
        if (name != of->name && of->to->owned_count == owned && !is_last_name(of->to, name))
            free(of->to->owned[--of->to->owned_count]); /* of most entries nothing is said */
        return code;
    }
    default: return damaged(of, name, "damaged: %s (left out; use --strict to stop)", unpack_why(of->from));
    }
}

static int all_entries(unpacking *of) {
    const char *inner;
    for (;;) {
        unpack_status status = unpack_next(of->from, &inner);
        cli_progress_update(&of->progress, unpack_position(of->from), of->size);
        if (status == UNPACK_STOPPED || system_interrupted())
            return stopped();
        if (status == UNPACK_END)
            return CLI_GO_ON;
        if (status == UNPACK_BOMB)
            return bomb(of);
        if (status == UNPACK_BROKEN)
            return damaged(of, of->name, "the %s is damaged: %s (what stands behind is not read; use --strict to stop)",
                           of->what, unpack_why(of->from));
        if (++of->entries > ENTRIES_MOST)
            return damaged(of, of->name, "of more than %d files in it the others are not looked at", ENTRIES_MOST);
        int code = next_entry(of, status, inner);
        if (code != CLI_GO_ON)
            return code;
    }
}

/* `depth` 0: an operand, in which a trace is expected. */
static int unpack_part(inputs *to, const char *name, spool_part *packed, content_kind kind, const char *what,
                       unsigned depth, size_t *found) {
    etwkit_input input = input_of(name, packed);
    unpack_settings settings = {.packed = &input, .kind = kind, .ratio = to->ratio, .free = UNPACK_FREE};
    unpacking of = {.to = to, .name = name, .what = what, .depth = depth};
    char why[160] = "";
    unpack_status status = unpack_open(&of.from, &settings, why, sizeof why);
    if (status == UNPACK_ABSENT && depth == 0)
        return fail(name, ETWKIT_E_UNSUPPORTED, CLI_USAGE,
                    "it is a %s, which this build of etwkit cannot unpack: unpack it first, as by `tar -xf`, and give "
                    "the .etl file",
                    what);
    if (status == UNPACK_STOPPED)
        return stopped();
    if (!of.from)
        return depth ? damaged(&of, name, "the %s cannot be unpacked: %s (left out; use --strict to stop)", what, why)
                     : fail(name, ETWKIT_E_NOT_A_TRACE, CLI_UNREADABLE, "the %s cannot be unpacked: %s", what, why);
    (void)spool_part_size(packed, &of.size, &(etwkit_error){.message = ""});
    cli_progress_begin(&of.progress, true);
    int code = all_entries(&of);
    cli_progress_clear(&of.progress);
    unpack_close(&of.from);
    *found = of.found;
    if (code != CLI_GO_ON || of.found || depth)
        return code;
    return fail(name, ETWKIT_E_NOT_A_TRACE, CLI_UNREADABLE,
                of.was_damaged ? "no trace could be read from this %s" : "there is no trace in this %s", what);
}

/* All of a pipe. */
static int spool_pipe(inputs *to, const char *name, intptr_t file, spool_part *part) {
    static uint8_t piece[PIECE];
    size_t got = 1;
    int code = CLI_GO_ON;
    begin_part(to, part);
    while (code == CLI_GO_ON && got) {
        int system_error = input_read(file, piece, sizeof piece, &got);
        if (system_interrupted())
            return stopped();
        if (system_error) {
            char text[128];
            system_error_text(system_error, text, sizeof text);
            return fail(name, ETWKIT_E_IO, CLI_UNREADABLE, "cannot read: %s", text);
        }
        code = spooled(to, name, piece, got);
    }
    end_part(to, part);
    return code;
}

/* What is open: a file, or a pipe that was spooled. `path` NULL: it cannot be opened by a name. */
static int take_part(inputs *to, const char *name, const char *path, spool_part *part) {
    uint8_t head[CONTENT_HEAD];
    size_t size = 0, found = 0;
    const char *what;
    etwkit_error error = {.message = ""};
    /* Where even that cannot be read, whoever opens the trace finds out, and says so. */
    if (part->file != SYSTEM_NO_FILE && spool_part_read(part, 0, head, sizeof head, &size, &error))
        size = 0;
    content_kind kind = content_of(head, size, &what);
    if (kind == CONTENT_ARCHIVE || kind == CONTENT_COMPRESSED) {
        to->spooled = name;
        return unpack_part(to, name, part, kind, what, 0, &found);
    }
    if (path)
        (void)add(to, path);
    else
        add_part(to, name, part);
    return CLI_GO_ON;
}

static int take_operand(inputs *to, const char *operand) {
    bool is_standard = strcmp(operand, "-") == 0;
    const char *name = is_standard ? STANDARD_INPUT : operand, *path = is_standard ? NULL : operand;
    intptr_t file;
    input_kind kind;
    spool_part part = {.file = SYSTEM_NO_FILE, .is_whole = true};
    int system_error = input_open(path, &file, &kind), code;
    add_name(to, name);
    if (system_interrupted())
        return stopped();
    if (path && (system_error || kind == INPUT_OTHER || kind == INPUT_TERMINAL)) {
        (void)add(to, path); /* the library says what is wrong with it */
        code = CLI_GO_ON;
    } else if (system_error || kind == INPUT_OTHER || kind == INPUT_TERMINAL) {
        code = fail(name, ETWKIT_E_IO, kind == INPUT_TERMINAL ? CLI_USAGE : CLI_UNREADABLE,
                    kind == INPUT_TERMINAL ? "it is a terminal, from which no trace comes" : "it cannot be read");
    } else if (kind == INPUT_PIPE) {
        to->spooled = name;
        code = spool_pipe(to, name, file, &part);
        part.is_whole = false;
        if (code == CLI_GO_ON)
            code = take_part(to, name, NULL, &part);
    } else {
        part.file = file;
        code = take_part(to, name, path, &part);
    }
    if (path && file != SYSTEM_NO_FILE)
        (void)system_close(file);
    return code;
}

int inputs_open(inputs *to, const cli_list *operands, const input_options *options, cli_damage *damage) {
    uint64_t limit;
    const char *wrong = NULL;
    *to = (inputs){.damage = damage};
    if (!read_options(options, &limit, &to->ratio, &wrong))
        return cli_usage(NULL, "%s", wrong);
    spool_begin(&to->spool, limit);
    int code = CLI_GO_ON;
    for (size_t i = 0; i < operands->count && code == CLI_GO_ON; i++)
        code = take_operand(to, operands->items[i]);
    return code;
}

void inputs_close(inputs *to) {
    if (to->damage) /* else it was never opened */
        spool_close(&to->spool);
    for (size_t i = 0; i < to->owned_count; i++)
        free(to->owned[i]);
    free(to->owned);
    free(to->items);
    cli_list_free(&to->names);
    *to = (inputs){.damage = NULL};
}
