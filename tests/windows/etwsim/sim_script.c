/* SPDX-License-Identifier: MIT */
/* The script that steers the double: the file named by ETWSIM, read once; README.md tells its lines. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sim_options sim_script = {
    .build = 19045,
    .max_sessions = 64,
    .max_private = 8,
    .begin_enables = 1,
    .header_event = true,
    .filters_honoured = true,
    .ms_flush = true,
    .profile_privilege = true,
    .rundown_pieces = 1,
};

ULONGLONG sim_number(const char *text) {
    char *end = NULL;
    const ULONGLONG value = strtoull(text, &end, 0);
    if (end == text || *end)
        sim_fatal("the script says \"%s\" where a number belongs", text);
    return value;
}

bool sim_guid(const char *text, GUID *guid) {
    unsigned long a = 0;
    unsigned b = 0, c = 0, d[8] = {0};
    if (*text == '{')
        text++;
    if (sscanf(text, "%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5],
               &d[6], &d[7]) != 11)
        return false;
    guid->Data1 = (ULONG)a;
    guid->Data2 = (USHORT)b;
    guid->Data3 = (USHORT)c;
    for (unsigned i = 0; i < 8; i++)
        guid->Data4[i] = (UCHAR)d[i];
    return true;
}

const char *sim_word(const sim_line *line, const char *name, const char *fallback) {
    for (unsigned i = 1; i + 1 < line->count; i++)
        if (strcmp(line->words[i], name) == 0)
            return line->words[i + 1];
    return fallback;
}

/* Cuts a line into words; "quotes" hold blanks together, # begins a remark. */
static void cut(char *text, sim_line *line) {
    const unsigned capacity = sizeof line->words / sizeof *line->words;
    line->count = 0;
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (!*text || *text == '#')
            return;
        if (line->count == capacity)
            sim_fatal("line %u of the script has too many words", line->number);
        const char *ends = " \t\r\n";
        if (*text == '"') {
            text++;
            ends = "\"";
        }
        line->words[line->count++] = text;
        text += strcspn(text, ends);
        if (*text)
            *text++ = 0;
    }
}

static ULONG choice(const sim_line *line, const char *const *names, ULONG count) {
    for (ULONG i = 0; line->count == 2 && i < count; i++)
        if (strcmp(line->words[1], names[i]) == 0)
            return i;
    sim_fatal("line %u of the script: %s has no such value", line->number, line->words[0]);
}

static bool set_number(const sim_line *line) {
    const struct {
        const char *key;
        ULONG *value;
    } numbers[] = {
        {"build", &sim_script.build},
        {"processors", &sim_script.processors},
        {"max-sessions", &sim_script.max_sessions},
        {"max-private", &sim_script.max_private},
        {"rt-queue", &sim_script.rt_queue},
        {"flush-ms", &sim_script.flush_ms},
        {"stop-delay", &sim_script.stop_delay},
        {"rundown-start", &sim_script.rundown_start},
        {"rundown-end", &sim_script.rundown_end},
        {"rundown-pieces", &sim_script.rundown_pieces},
        {"rundown-pause", &sim_script.rundown_pause},
        {"after-stop", &sim_script.after_stop},
        {"capture-state", &sim_script.capture_state},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(line->words[0], numbers[i].key) == 0 && line->count == 2) {
            *numbers[i].value = (ULONG)sim_number(line->words[1]);
            return true;
        }
    return false;
}

static void set_privilege(ULONG chosen) {
    sim_script.profile_privilege = chosen != 0;
    sim_script.profile_missing = chosen == 2;
}

static bool set_choice(const sim_line *line) {
    static const char *const no_yes[] = {"no", "yes"}, *const rights[] = {"admin", "log-users", "none", "system"},
                             *const afters[] = {"scribble", "protect", "keep"},
                             *const filters[] = {"ignored", "honoured"}, *const privileges[] = {"no", "yes", "missing"};
    const char *key = line->words[0];
    if (strcmp(key, "rights") == 0)
        sim_script.rights = (sim_rights)choice(line, rights, 4);
    else if (strcmp(key, "after-callback") == 0)
        sim_script.after = (sim_after)choice(line, afters, 3);
    else if (strcmp(key, "filters") == 0)
        sim_script.filters_honoured = choice(line, filters, 2) == 1;
    else if (strcmp(key, "header-event") == 0)
        sim_script.header_event = choice(line, no_yes, 2) == 1;
    else if (strcmp(key, "ms-flush-timer") == 0)
        sim_script.ms_flush = choice(line, no_yes, 2) == 1;
    else if (strcmp(key, "profile-privilege") == 0)
        set_privilege(choice(line, privileges, 3));
    else if (strcmp(key, "open-missing-fails") == 0)
        sim_script.open_missing_fails = choice(line, no_yes, 2) == 1;
    else
        return false;
    return true;
}

static void obey(const sim_line *line) {
    if (strcmp(line->words[0], "begin") == 0 && line->count == 2 && strcmp(line->words[1], "started") == 0)
        sim_script.begin_started = true;
    else if (strcmp(line->words[0], "begin") == 0 && line->count == 2 && strcmp(line->words[1], "processing") == 0)
        sim_script.begin_processing = true;
    else if (strcmp(line->words[0], "begin") == 0 && line->count == 3 && strcmp(line->words[1], "enables") == 0)
        sim_script.begin_enables = (ULONG)sim_number(line->words[2]);
    else if (strcmp(line->words[0], "log") == 0 && line->count == 2)
        (void)snprintf(sim_script.log, sizeof sim_script.log, "%s", line->words[1]);
    else if (!set_number(line) && !set_choice(line) && !sim_foreign_line(line) && !sim_feed_line(line) &&
             !sim_tdh_line(line) && !sim_call_line(line) && !sim_lookup_line(line) && !sim_process_line(line) &&
             !sim_provider_line(line) && !sim_owner_line(line))
        sim_fatal("line %u of the script: \"%s\" is not known, or not so", line->number, line->words[0]);
}

static BOOL CALLBACK read_script(PINIT_ONCE once, void *parameter, void **context) {
    (void)once, (void)parameter, (void)context;
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    sim_script.processors = system.dwNumberOfProcessors;
    char path[1024];
    const DWORD length = GetEnvironmentVariableA("ETWSIM", path, sizeof path);
    if (!length || length >= sizeof path)
        return TRUE;
    FILE *file = fopen(path, "r");
    if (!file)
        sim_fatal("ETWSIM names %s, which cannot be read", path);
    char text[2048];
    sim_line line = {.number = 0};
    while (fgets(text, sizeof text, file)) {
        line.number++;
        char *kept = _strdup(text); /* the lines' words live as long as the program */
        if (!kept)
            sim_fatal("no memory");
        cut(kept, &line);
        if (line.count)
            obey(&line);
    }
    (void)fclose(file);
    return TRUE;
}

void sim_begin(void) {
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    (void)InitOnceExecuteOnce(&once, read_script, NULL, NULL);
}
