/* SPDX-License-Identifier: MIT */
/* The library: who is asked before whom, folders, files that are none of ours, and what is told of them. */
#include "base/error.h"
#include "files.h"
#include "models.h"
#include "oom.h"
#include "schema/bundled.h"
#include "schema/library.h"

#define FOLDER "test_library.tmp"
#define FIRST FOLDER "/first.pack"
#define SECOND FOLDER "/second.pack"
#define INNER FOLDER "/inner"

static const ek_pack_choice any_layout = {0, NULL};

/* A file with the pack of a small provider, whose event 7 has that many fields. */
static bool write_pack(const char *path, const etwkit_guid *id, const char *name, size_t fields) {
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_providers providers;
    ek_pack_builder *builder;
    ek_buf bytes;
    ek_providers_init(&providers, &memory);
    ek_buf_init(&bytes, &memory);
    bool good = ek_pack_builder_new(&builder, NULL, &memory, NULL) == ETWKIT_OK &&
                make_small(&providers, id, name, 7, fields) && add_all(builder, &providers, 0) == ETWKIT_OK &&
                ek_pack_builder_finish(builder, &bytes, NULL) == ETWKIT_OK && write_file(path, bytes.data, bytes.size);
    ek_pack_builder_free(&builder);
    ek_providers_free(&providers);
    ek_buf_free(&bytes);
    return good;
}

/* What was told. */
typedef struct told {
    size_t count;
    etwkit_error last;
} told;

static void take_report(void *context, const etwkit_error *error) {
    told *to = context;
    to->count++;
    to->last = *error;
}

static ek_library *new_library(const char *const *paths, size_t count, told *to) {
    const ek_library_options options = {
        .paths = paths, .path_count = count, .no_bundled = true, .report = to ? take_report : NULL, .context = to};
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_library *library = NULL;
    CHECK_EQ_INT(ek_library_new(&library, &options, &memory, NULL), ETWKIT_OK);
    return library;
}

/* How many fields event 7 has; -1: not known. `name`: the provider must be called so. */
static int fields_of(ek_library *library, const etwkit_guid *id, const char *name) {
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    etwkit_record record = {.provider_id = *id, .event_id = 7};
    ek_description is = {0};
    ek_arena arena;
    ek_arena_init(&arena, &memory);
    etwkit_status status = ek_library_describe(library, &record, &any_layout, &arena, &is, NULL);
    CHECK_EQ_STR(is.provider_name, name);
    int count = status == ETWKIT_OK ? is.layout->field_count : -1;
    if (!status)
        CHECK_EQ_INT(is.source, ETWKIT_SOURCE_MANIFEST);
    ek_arena_free(&arena);
    return count;
}

static bool make_packs(void) {
    return make_folder(FOLDER) && make_folder(INNER) && write_pack(FIRST, &alpha_id, "First", 1) &&
           write_pack(SECOND, &alpha_id, "Second", 2);
}

static void remove_packs(void) {
    CHECK(remove(FIRST) == 0 && remove(SECOND) == 0);
    CHECK(remove_folder(INNER) && remove_folder(FOLDER));
}

TEST(the_first_that_knows_an_event_counts) {
    static const char *const paths[] = {FIRST, SECOND};
    static const char *const turned[] = {SECOND, FIRST};
    CHECK(make_packs());
    ek_library *library = new_library(paths, 2, NULL);
    CHECK_EQ_INT(fields_of(library, &alpha_id, "First"), 1);
    CHECK_EQ_INT(fields_of(library, &beta_id, NULL), -1);
    CHECK(ek_library_pack_at(library, 0) && ek_library_pack_at(library, 1) && !ek_library_pack_at(library, 2));
    ek_library_free(&library);
    CHECK(library == NULL);
    library = new_library(turned, 2, NULL);
    CHECK_EQ_INT(fields_of(library, &alpha_id, "Second"), 2);
    ek_library_free(&library);
    remove_packs();
}

TEST(files_of_a_folder_come_in_order_and_others_are_passed_over) {
    static const char *const paths[] = {FOLDER};
    told to = {0};
    CHECK(make_packs());
    CHECK(write_file(FOLDER "/a.txt", "Read me.", 8));
    CHECK(write_file(FOLDER "/empty", NULL, 0));
    ek_library *library = new_library(paths, 1, &to);
    CHECK_EQ_INT(fields_of(library, &alpha_id, "First"), 1);
    CHECK_EQ_UINT(to.count, 0);
    ek_library_free(&library);
    CHECK(remove(FOLDER "/a.txt") == 0 && remove(FOLDER "/empty") == 0);
    remove_packs();
}

TEST(what_cannot_be_read_is_told_and_costs_nothing_else) {
    static const char *const paths[] = {FOLDER "/missing", FOLDER "/a.txt", FOLDER "/cut.pack", FIRST};
    told to = {0};
    CHECK(make_packs());
    CHECK(write_file(FOLDER "/a.txt", "Read me.", 8));
    CHECK(write_file(FOLDER "/cut.pack", "etwkpack\1\0\0\0", 12));
    ek_library *library = new_library(paths, 1, &to);
    CHECK_EQ_INT(fields_of(library, &alpha_id, NULL), -1);
    CHECK_EQ_UINT(to.count, 1);
    CHECK_EQ_INT(to.last.status, ETWKIT_E_NOT_FOUND);
    CHECK(strstr(to.last.message, FOLDER "/missing") != NULL);
    CHECK_EQ_INT(fields_of(library, &alpha_id, NULL), -1);
    CHECK_EQ_UINT(to.count, 1); /* once */
    ek_library_free(&library);
    library = new_library(paths, 2, &to);
    CHECK_EQ_INT(fields_of(library, &alpha_id, NULL), -1);
    CHECK_EQ_INT(to.last.status, ETWKIT_E_UNSUPPORTED); /* given by name, it is expected to be one */
    CHECK(strstr(to.last.message, FOLDER "/a.txt") != NULL);
    ek_library_free(&library);
    to.count = 0;
    library = new_library(paths, 4, &to);
    CHECK_EQ_INT(fields_of(library, &alpha_id, "First"), 1);
    CHECK_EQ_UINT(to.count, 3);
    CHECK_EQ_INT(to.last.status, ETWKIT_E_DAMAGED);
    CHECK(strstr(to.last.message, FOLDER "/cut.pack") != NULL);
    ek_library_free(&library);
    CHECK(remove(FOLDER "/a.txt") == 0 && remove(FOLDER "/cut.pack") == 0);
    remove_packs();
}

TEST(a_file_is_read_into_providers_that_outlive_it) {
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    etwkit_error error = {0};
    ek_providers providers;
    CHECK(make_packs());
    ek_providers_init(&providers, &memory);
    REQUIRE(ek_library_read_file(SECOND, NULL, &providers, NULL, NULL, NULL) == ETWKIT_OK);
    REQUIRE(providers.count == 1 && providers.list[0]->event_count == 1);
    const ek_template *payload = providers.list[0]->events[0].payload;
    CHECK_EQ_STR(providers.list[0]->name, "Second");
    CHECK_EQ_STR(payload->fields[1].name, "n1");
    CHECK_EQ_STR(ek_map_label(payload->fields[1].map, 4), "four");
    CHECK_EQ_INT(ek_library_read_file(FOLDER "/no", NULL, &providers, NULL, NULL, &error), ETWKIT_E_NOT_FOUND);
    ek_providers_free(&providers);
    remove_packs();
}

TEST(what_looks_like_schemas_is_taken) {
    static const struct {
        const char *bytes;
        size_t size;
        bool taken;
    } cases[] = {
        {"etwkpack", 8, true},
        {"etwkpac", 7, false},
        {"MZ", 2, true},
        {"M", 1, false},
        {"<x", 2, true},
        {" \r\n\t<", 5, true},
        {"\xEF\xBB\xBF<", 4, true},
        {"\xFF\xFE<", 4, true},
        {"\xFE\xFF\0<", 4, true},
        {"x<", 2, false},
        {"\0<", 2, false},
        {"", 0, false},
    };
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    CHECK(make_folder(FOLDER));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(write_file(FIRST, cases[i].bytes, cases[i].size));
        if (ek_library_takes(FIRST, &memory) != cases[i].taken)
            test_fail(__FILE__, __LINE__, "case %zu", i);
    }
    CHECK(ek_library_takes(FOLDER, &memory));
    CHECK(!ek_library_takes(FOLDER "/no", &memory));
    CHECK_EQ_INT(remove(FIRST), 0);
    CHECK(remove_folder(FOLDER));
}

/* A provider of the bundled pack, if there is one, described otherwise by the user. */
TEST(the_users_comes_before_the_bundled_one) {
    size_t size;
    const void *bytes = ek_bundled_pack(&size);
    if (!bytes)
        SKIP("no bundled pack");
    static const char *const paths[] = {FIRST};
    const ek_library_options options = {.paths = paths, .path_count = 1};
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_library *library;
    ek_pack pack;
    ek_pack_provider provider;
    REQUIRE(ek_pack_open(&pack, bytes, size, NULL) == ETWKIT_OK);
    REQUIRE(ek_pack_provider_at(&pack, ek_pack_provider_count(&pack) / 2, &provider));
    CHECK(make_packs());
    CHECK(write_pack(FIRST, &provider.id, "Mine", 3));
    REQUIRE(ek_library_new(&library, &options, &memory, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(fields_of(library, &provider.id, "Mine"), 3);
    CHECK(ek_library_pack_at(library, 1) != NULL);
    CHECK_EQ_INT(ek_library_pack_at(library, 1)->source, ETWKIT_SOURCE_PACK);
    ek_library_free(&library);
    remove_packs();
}

static bool looks_up(const etwkit_allocator *allocator, void *context) {
    static const char *const paths[] = {FOLDER, SECOND};
    const ek_library_options options = {.paths = paths, .path_count = 2, .no_bundled = true};
    etwkit_record record = {.provider_id = alpha_id, .event_id = 7};
    etwkit_status status = ETWKIT_E_NO_MEMORY;
    ek_library *library;
    (void)context;
    if (ek_library_new(&library, &options, allocator, NULL) == ETWKIT_OK)
        for (int i = 0; status == ETWKIT_E_NO_MEMORY && i < 2; i++) { /* a second try finds memory again, mostly */
            ek_description is = {0};
            ek_arena arena;
            ek_arena_init(&arena, allocator);
            status = ek_library_describe(library, &record, &any_layout, &arena, &is, NULL);
            CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
            CHECK(status || is.layout->field_count == 1);
            ek_arena_free(&arena);
        }
    ek_library_free(&library);
    return status == ETWKIT_OK;
}

TEST(looking_up_ends_cleanly_without_memory) {
    CHECK(make_packs());
    CHECK_OOM(looks_up, NULL);
    remove_packs();
}

/* A TMF file among others: one message, whose second try after lost memory finds all of it again. */
static bool looks_up_message(const etwkit_allocator *allocator, void *context) {
    static const char *const paths[] = {FOLDER};
    const ek_library_options options = {.paths = paths, .path_count = 1, .no_bundled = true};
    etwkit_record record = {.event_id = 10, .flags = ETWKIT_FLAG_TRACE_MESSAGE};
    etwkit_status status = ETWKIT_E_NO_MEMORY;
    ek_library *library;
    (void)context;
    CHECK_EQ_INT(etwkit_guid_parse(&record.provider_id, "01020304-0506-0708-090a-0b0c0d0e0f10"), ETWKIT_OK);
    if (ek_library_new(&library, &options, allocator, NULL) == ETWKIT_OK)
        for (int i = 0; status == ETWKIT_E_NO_MEMORY && i < 2; i++) {
            ek_description is = {0};
            ek_arena arena;
            ek_arena_init(&arena, allocator);
            status = ek_library_describe_message(library, &record, &arena, &is, NULL);
            CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
            CHECK(status || (is.layout->field_count == 1 && is.layout->fields[0].map && is.tmf));
            ek_arena_free(&arena);
        }
    ek_library_free(&library);
    return status == ETWKIT_OK;
}

TEST(messages_are_found_among_other_files) {
    static const char text[] = "// PDB: a.pdb\n01020304-0506-0708-090a-0b0c0d0e0f10 driver // SRC=q.c\n"
                               "#enumv E\n{\nOne, 1\n}\n#typev q_c5 10 \"%0%10!s!\" // FUNC=Go\n"
                               "{\na, ItemEnum(E) -- 10\n}\n";
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    CHECK(make_packs());
    CHECK(write_file(FOLDER "/q.tmf", text, sizeof text - 1));
    CHECK(ek_library_takes(FOLDER "/q.tmf", &memory));
    CHECK_OOM(looks_up_message, NULL);
    (void)remove(FOLDER "/q.tmf");
    remove_packs();
}

TEST_MAIN(CASE(the_first_that_knows_an_event_counts), CASE(files_of_a_folder_come_in_order_and_others_are_passed_over),
          CASE(what_cannot_be_read_is_told_and_costs_nothing_else), CASE(a_file_is_read_into_providers_that_outlive_it),
          CASE(what_looks_like_schemas_is_taken), CASE(the_users_comes_before_the_bundled_one),
          CASE(looking_up_ends_cleanly_without_memory), CASE(messages_are_found_among_other_files))
