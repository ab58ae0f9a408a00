/* SPDX-License-Identifier: MIT */
/* Folders: what is listed and in which order, what is left out, and the places that a system has for them. */
#include "base/folder.h"
#include "files.h"
#include "oom.h"

#define FOLDER "test_folder.tmp"

static const char *const made[] = {FOLDER "/b.man", FOLDER "/a.man", FOLDER "/C.man",
                                   FOLDER "/.hid",  FOLDER "/a",     FOLDER "/b b"};
#define MADE (sizeof made / sizeof *made)

/* Files, and a folder among them; in whatever order the file system likes. */
static bool make_files(void) {
    bool good = make_folder(FOLDER) && make_folder(FOLDER "/inner");
    for (size_t i = 0; i < MADE; i++)
        good = write_file(made[i], NULL, 0) && good;
    return good;
}

static void remove_files(void) {
    for (size_t i = 0; i < MADE; i++)
        CHECK_EQ_INT(remove(made[i]), 0);
    CHECK(remove_folder(FOLDER "/inner") && remove_folder(FOLDER));
}

static ek_arena new_arena(void) {
    ek_arena arena;
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &memory);
    return arena;
}

TEST(files_are_listed_in_order) {
    static const char *const want[] = {FOLDER "/C.man", FOLDER "/a", FOLDER "/a.man", FOLDER "/b b", FOLDER "/b.man"};
    ek_arena arena = new_arena();
    const char *const *files;
    size_t count;
    CHECK(make_files());
    CHECK_EQ_INT(ek_folder_list(FOLDER, &arena, &files, &count, NULL), ETWKIT_OK);
    remove_files();
    REQUIRE(count == sizeof want / sizeof *want);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ_STR(files[i], want[i]);
    ek_arena_free(&arena);
}

TEST(an_empty_folder_has_no_files) {
    ek_arena arena = new_arena();
    const char *const *files;
    size_t count = 1;
    CHECK(make_folder(FOLDER));
    CHECK(ek_is_folder(FOLDER));
    CHECK_EQ_INT(ek_folder_list(FOLDER, &arena, &files, &count, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(count, 0);
    CHECK(remove_folder(FOLDER));
    CHECK(!ek_is_folder(FOLDER));
    ek_arena_free(&arena);
}

TEST(what_is_no_folder_is_told) {
    ek_arena arena = new_arena();
    etwkit_error error = {0};
    const char *const *files;
    size_t count = 1;
    CHECK_EQ_INT(ek_folder_list("no/such", &arena, &files, &count, &error), ETWKIT_E_NOT_FOUND);
    CHECK(strstr(error.message, "no/such: ") == error.message);
    CHECK(files == NULL && count == 0);
    CHECK(write_file(FOLDER, "x", 1));
    CHECK(!ek_is_folder(FOLDER));
    CHECK_EQ_INT(ek_folder_list(FOLDER, &arena, &files, &count, &error), ETWKIT_E_NOT_FOUND);
    CHECK_EQ_INT(remove(FOLDER), 0);
    ek_arena_free(&arena);
}

static bool take_two(void *context, const char *name) {
    CHECK(name[0] != 0);
    return ++*(int *)context < 2;
}

TEST(a_walk_can_be_ended) {
    int taken = 0;
    CHECK(make_files());
    CHECK_EQ_INT(ek_folder_each(FOLDER, take_two, &taken, NULL), ETWKIT_OK);
    CHECK_EQ_INT(taken, 2);
    remove_files();
}

static bool lists(const etwkit_allocator *allocator, void *context) {
    ek_arena arena;
    const char *const *files;
    size_t count;
    (void)context;
    ek_arena_init(&arena, allocator);
    etwkit_status status = ek_folder_list(FOLDER, &arena, &files, &count, NULL);
    CHECK(status == ETWKIT_OK ? count == 5 : status == ETWKIT_E_NO_MEMORY && count == 0);
    ek_arena_free(&arena);
    return status == ETWKIT_OK;
}

TEST(listing_ends_cleanly_without_memory) {
    CHECK(make_files());
    CHECK_OOM(lists, NULL);
    remove_files();
}

TEST(the_environment_and_the_users_folder) {
    ek_arena arena = new_arena();
    CHECK(set_environment("ETWKIT_TEST", "gr\xC3\xBCn"));
#ifndef _WIN32
    CHECK_EQ_STR(ek_environment(&arena, "ETWKIT_TEST"), "gr\xC3\xBCn");
    CHECK(set_environment("HOME", "/home/me"));
    CHECK_EQ_INT(ek_path_separator(), ':');
#ifndef __APPLE__
    CHECK(set_environment("XDG_DATA_HOME", "/data"));
    CHECK_EQ_STR(ek_user_schema_folder(&arena), "/data/etwkit/schemas");
    CHECK(set_environment("XDG_DATA_HOME", "relative"));
    CHECK_EQ_STR(ek_user_schema_folder(&arena), "/home/me/.local/share/etwkit/schemas");
    CHECK(unsetenv("XDG_DATA_HOME") == 0);
    CHECK_EQ_STR(ek_user_schema_folder(&arena), "/home/me/.local/share/etwkit/schemas");
    CHECK(set_environment("HOME", ""));
    CHECK(ek_user_schema_folder(&arena) == NULL);
#endif
#else
    CHECK_EQ_INT(ek_path_separator(), ';');
#endif
    CHECK(ek_environment(&arena, "ETWKIT_SURELY_NOT_SET") == NULL);
    ek_arena_free(&arena);
}

TEST_MAIN(CASE(files_are_listed_in_order), CASE(an_empty_folder_has_no_files), CASE(what_is_no_folder_is_told),
          CASE(a_walk_can_be_ended), CASE(listing_ends_cleanly_without_memory),
          CASE(the_environment_and_the_users_folder))
