/* SPDX-License-Identifier: MIT */
/* Programs of processes, as the filter of programs asks for them: of those that run, of those that are gone, and of a
 * number that had another owner before. */
#include "base/machine.h"
#include "session/system_windows.h"
#include "test.h"

static ek_system it;

static void begin(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    memset(&it, 0, sizeof it);
    ek_arena_init(&it.arena, &allocator);
}

static void end(void) {
    ek_programs_free(&it);
    ek_arena_free(&it.arena);
}

static ek_verdict asked(uint32_t process_id, int64_t time, const char *program) {
    const etwkit_record record = {.process_id = process_id, .timestamp = time};
    const ek_wanted wanted = {.enable = {.programs = &program, .program_count = 1}};
    return ek_process_runs(&it, &record, &wanted);
}

static const char *own_name(void) {
    static char path[MAX_PATH];
    (void)GetModuleFileNameA(NULL, path, sizeof path);
    const char *last = strrchr(path, '\\');
    CHECK(last != NULL);
    return last ? last + 1 : path;
}

TEST(of_a_process_that_runs) {
    begin();
    CHECK_EQ_INT(asked(GetCurrentProcessId(), ek_filetime_now(), own_name()), EK_YES);
    CHECK_EQ_INT(asked(GetCurrentProcessId(), ek_filetime_now(), "other.exe"), EK_NO);
    end();
}

/* What was written before the process began is of another one, which had its number. */
TEST(of_one_that_had_the_number_before) {
    begin();
    CHECK_EQ_INT(asked(GetCurrentProcessId(), ek_filetime_now() - INT64_C(36000000000), own_name()), EK_UNKNOWN);
    CHECK_EQ_INT(asked(GetCurrentProcessId(), ek_filetime_now(), own_name()), EK_YES);
    end();
}

/* Not for each of its events, but again after a while. */
TEST(of_one_that_is_gone) {
    begin();
    const ek_program *slot = &it.programs[80000 / 4 % EK_PROGRAM_SLOTS];
    const uint64_t before = GetTickCount64();
    CHECK_EQ_INT(asked(80000, ek_filetime_now(), "app.exe"), EK_UNKNOWN);
    const uint64_t first = slot->ask_again;
    CHECK(first > before && slot->process_id == 80000);
    it.programs[80000 / 4 % EK_PROGRAM_SLOTS].ask_again = UINT64_MAX;
    CHECK_EQ_INT(asked(80000, ek_filetime_now(), "app.exe"), EK_UNKNOWN);
    CHECK(slot->ask_again == UINT64_MAX); /* it was not asked */
    it.programs[80000 / 4 % EK_PROGRAM_SLOTS].ask_again = 1;
    CHECK_EQ_INT(asked(80000, ek_filetime_now(), "app.exe"), EK_UNKNOWN);
    CHECK(slot->ask_again >= first);
    end();
}

/* The slot of a number is another's, too. */
TEST(of_two_that_share_a_place) {
    begin();
    const uint32_t own = GetCurrentProcessId(), other = own + 4 * EK_PROGRAM_SLOTS * 1000;
    CHECK_EQ_INT(asked(own, ek_filetime_now(), own_name()), EK_YES);
    CHECK_EQ_INT(asked(other, ek_filetime_now(), own_name()), EK_UNKNOWN);
    CHECK_EQ_INT(asked(own, ek_filetime_now(), own_name()), EK_YES);
    end();
}

TEST_MAIN(CASE(of_a_process_that_runs), CASE(of_one_that_had_the_number_before), CASE(of_one_that_is_gone),
          CASE(of_two_that_share_a_place))
