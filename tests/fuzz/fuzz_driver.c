/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target without libFuzzer: over the files and folders that it is given, one test each, told as TAP. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_FILES = 4096,
    MOST_PATH = 4096
};

static unsigned tests;
static char *files[MOST_FILES];
static size_t file_count;

/* Mutators need libFuzzer's own; the driver only runs what it is given. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity) {
    (void)data, (void)capacity;
    return size;
}

static void ok(bool good, const char *name) {
    (void)fprintf(stdout, "%sok %u - %s\n", good ? "" : "not ", ++tests, name);
    (void)fflush(stdout); /* what ran before a crash is not lost */
}

static bool run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t size = 0, capacity = 1 << 16;
    uint8_t *data = fuzz_block(capacity);
    for (size_t more; (more = fread(data + size, 1, capacity - size, file)) > 0;) {
        size += more;
        if (size == capacity) {
            uint8_t *larger = realloc(data, capacity *= 2);
            FUZZ_CHECK(larger != NULL);
            data = larger;
        }
    }
    bool good = !ferror(file);
    (void)fclose(file);
    uint8_t *input = fuzz_copy(data, size);
    free(data);
    (void)LLVMFuzzerTestOneInput(input, size);
    free(input);
    return good;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(const char *folder, const char *name) {
    size_t room = strlen(folder) + strlen(name) + 2;
    FUZZ_CHECK(file_count < MOST_FILES && room < MOST_PATH);
    files[file_count] = malloc(room);
    FUZZ_CHECK(files[file_count] != NULL);
    (void)snprintf(files[file_count++], room, "%s%s%s", folder, *folder ? "/" : "", name);
}

/* The files of a folder, or the file itself. */
static void gather(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        add("", path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            add(path, entry->d_name);
    (void)closedir(folder);
}

int main(int argc, char **argv) {
    unsigned failed = 0;
    uint8_t *nothing = fuzz_block(0);
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    free(nothing);
    ok(true, "empty input");
    for (int i = 1; i < argc; i++)
        gather(argv[i]);
    qsort(files, file_count, sizeof files[0], by_name);
    for (size_t i = 0; i < file_count; i++) {
        bool good = run_file(files[i]);
        failed += !good;
        ok(good, files[i]);
        free(files[i]);
    }
    (void)fprintf(stdout, "1..%u\n", tests);
    return failed != 0;
}
