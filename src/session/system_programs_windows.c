/* SPDX-License-Identifier: MIT */
/* Which program a process runs: asked once, and kept as long as the number is the process's; where it cannot be asked,
 * not for each event. */
#include "session/system_windows.h"

enum {
    PATH_UNITS = 32768, /* the longest that Windows has */
    PATIENCE = 100      /* milliseconds, after which a number that nobody had may be somebody's */
};

/* The name of its file, UTF-8. NULL: not known. */
static char *ask(HANDLE process, const etwkit_allocator *allocator) {
    wchar_t *path = ek_resize(allocator, NULL, PATH_UNITS, sizeof *path);
    char *name = NULL;
    DWORD units = PATH_UNITS;
    if (path && QueryFullProcessImageNameW(process, 0, path, &units)) {
        const wchar_t *last = wcsrchr(path, L'\\');
        last = last ? last + 1 : path;
        int size = WideCharToMultiByte(CP_UTF8, 0, last, -1, NULL, 0, NULL, NULL);
        name = size > 0 ? ek_alloc(allocator, (size_t)size) : NULL;
        if (name)
            WideCharToMultiByte(CP_UTF8, 0, last, -1, name, size, NULL, NULL);
    }
    ek_release(allocator, path);
    return name;
}

static void empty(ek_program *slot, const etwkit_allocator *allocator) {
    if (slot->process)
        CloseHandle(slot->process);
    ek_release(allocator, slot->name);
    *slot = (ek_program){0};
}

static int64_t created_at(HANDLE process) {
    FILETIME created, ignored;
    if (!GetProcessTimes(process, &created, &ignored, &ignored, &ignored))
        return 0;
    return (int64_t)((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime);
}

static void fill(ek_program *slot, uint32_t process_id, const etwkit_allocator *allocator) {
    empty(slot, allocator);
    slot->process_id = process_id;
    slot->process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);
    slot->name = slot->process ? ask(slot->process, allocator) : NULL;
    if (slot->name) {
        slot->created = created_at(slot->process);
        return;
    }
    empty(slot, allocator);
    slot->process_id = process_id;
    slot->ask_again = GetTickCount64() + PATIENCE;
}

/* NULL: not known (any more). */
static const ek_program *find(ek_system *system, uint32_t process_id) {
    ek_program *slot = &system->programs[process_id / 4 % EK_PROGRAM_SLOTS]; /* numbers are multiples of 4 */
    if (slot->process_id != process_id || (!slot->process && GetTickCount64() >= slot->ask_again))
        fill(slot, process_id, &system->arena.allocator);
    return slot->process ? slot : NULL;
}

ek_verdict ek_process_runs(void *context, const etwkit_record *record, const ek_wanted *wanted) {
    const ek_program *program = find(context, record->process_id);
    if (!program || record->timestamp < program->created)
        return EK_UNKNOWN;
    for (size_t i = 0; i < wanted->enable.program_count; i++)
        if (ek_is_program(program->name, wanted->enable.programs[i]))
            return EK_YES;
    return EK_NO;
}

void ek_programs_free(ek_system *system) {
    for (size_t i = 0; i < EK_PROGRAM_SLOTS; i++)
        empty(&system->programs[i], &system->arena.allocator);
}
