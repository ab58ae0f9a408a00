/* SPDX-License-Identifier: MIT */
/* Sessions of the kernel's events against the double: the order of the calls, the rundown, and whose logger is stopped.
 */
#include "live_user.h"

static live it;

enum {
    PROCESS = 0x1,
    PROFILE = 0x01000000
};

static bool kernel_new(etwkit_system_kind kind, uint32_t flags, etwkit_existing existing) {
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = kind;
    system.existing = existing;
    system.kernel_groups[0] = flags;
    return live_new(&it, NULL, &system);
}

/* The number of the line of the log that has the words; 0: none has. */
static unsigned line_of(const char *words) {
    char path[512], line[4096];
    unsigned number = 0, found = 0;
    (void)snprintf(path, sizeof path, "%s/log", getenv("ETWSIM_FOLDER"));
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        number++;
        found = strstr(line, words) ? number : 0;
    }
    if (file)
        (void)fclose(file);
    return found;
}

TEST(a_system_logger_of_its_own_name) {
    script("flush-ms 20\nrundown-start 30\nrundown-end 40\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_KERNEL, PROCESS, ETWKIT_EXISTING_FAIL));
    REQUIRE(live_start(&it));
    live_await(&it, 31);
    live_end(&it);
    CHECK(
        logged("StartTraceW name=\"etwkit-test\" guid=00000000-0000-0000-0000-000000000000 mode=0x0a000100 flags=0x1"));
    CHECK_EQ_UINT(it.others, 71); /* the header, and both rundowns: the second comes after the stop */
    CHECK(!logged("TraceSetInformation"));
}

TEST(the_nt_kernel_logger) {
    script("flush-ms 20\nrundown-start 3\nrundown-end 4\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_NT_KERNEL_LOGGER, PROCESS, ETWKIT_EXISTING_FAIL));
    REQUIRE(live_start(&it));
    live_await(&it, 4);
    live_end(&it);
    CHECK(logged("StartTraceW name=\"NT Kernel Logger\" guid=9e814aad-3204-11d2-9a82-006008a86939 mode=0x08000100"));
    CHECK_EQ_UINT(it.others, 8);
}

TEST(somebody_elses_logger_is_left_alone) {
    script("session \"NT Kernel Logger\" flags 1\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_NT_KERNEL_LOGGER, PROCESS, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_EXISTS);
    CHECK_EQ_INT(it.error.system_error, ERROR_ALREADY_EXISTS);
    etwkit_session_free(&it.session);
    CHECK(!logged("ControlTraceW stop"));
}

TEST(somebody_elses_logger_is_replaced_when_asked) {
    script("session \"NT Kernel Logger\" flags 1\nrundown-end 4\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_NT_KERNEL_LOGGER, PROCESS, ETWKIT_EXISTING_REPLACE));
    REQUIRE(live_start(&it));
    CHECK(live_notes(&it, "was stopped"));
    live_end(&it);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 2);
    CHECK_EQ_UINT(times_logged("StartTraceW"), 2);
}

TEST(start_then_masks_then_stacks_then_interval) {
    script("");
    static const etwkit_classic_event stacks[] = {
        {ETWKIT_GUID_INIT(0x3d6fa8d1, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c), 36}};
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = ETWKIT_SYSTEM_KERNEL;
    system.kernel_groups[0] = PROCESS | PROFILE;
    system.kernel_groups[1] = 0x40;
    system.stacks = stacks;
    system.stack_count = 1;
    system.profile_interval = 1221;
    REQUIRE(live_new(&it, NULL, &system));
    REQUIRE(live_start(&it));
    const unsigned start = line_of("StartTraceW"), masks = line_of("TraceSetInformation group-masks"),
                   stack = line_of("TraceSetInformation stacks"), asked = line_of("TraceQueryInformation"),
                   interval = line_of("TraceSetInformation profile-interval"), opened = line_of("OpenTraceW");
    CHECK(start && start < masks && masks < stack && stack < asked && asked < interval && interval < opened);
    CHECK_EQ_UINT(times_logged("TraceSetInformation profile-interval"), 1);
    live_end(&it);
    CHECK_EQ_UINT(times_logged("TraceSetInformation profile-interval"), 2); /* as it was */
}

TEST(what_fails_in_between_leaves_nothing) {
    script("fail TraceSetInformation.stacks 1 87\n");
    static const etwkit_classic_event stacks[] = {{{{0}}, 36}};
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = ETWKIT_SYSTEM_KERNEL;
    system.kernel_groups[0] = PROCESS;
    system.stacks = stacks;
    system.stack_count = 1;
    REQUIRE(live_new(&it, NULL, &system));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_INVALID);
    CHECK(strstr(it.error.message, "TraceSetInformation: error 87") != NULL);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_OK); /* and may be tried again */
    etwkit_session_free(&it.session);
}

TEST(samples_need_their_privilege) {
    script("profile-privilege yes\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_KERNEL, PROFILE, ETWKIT_EXISTING_FAIL));
    REQUIRE(live_start(&it)); /* Wine's user holds it; it is enabled here */
    live_end(&it);
}

TEST(the_kernel_needs_an_administrator) {
    script("rights log-users\n");
    REQUIRE(kernel_new(ETWKIT_SYSTEM_KERNEL, PROCESS, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK(strstr(it.error.message, "StartTraceW: error 5") && strstr(it.error.message, "Administrator"));
    etwkit_session_free(&it.session);
}

TEST(a_system_provider) {
    script("build 20348\n");
    static const etwkit_guid process_provider =
        ETWKIT_GUID_INIT(0x151f55dc, 0x467d, 0x471f, 0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66);
    REQUIRE(kernel_new(ETWKIT_SYSTEM_KERNEL, 0, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &process_provider, NULL, NULL), ETWKIT_OK);
    REQUIRE(live_start(&it));
    live_end(&it);
    CHECK(logged("provider=151f55dc-467d-471f-83b5-5f889d46ff66"));
}

TEST(what_only_the_kernel_has_is_refused_elsewhere) {
    script("");
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.profile_interval = 1000;
    CHECK(!live_new(&it, NULL, &system));
    CHECK_EQ_INT(it.error.status, ETWKIT_E_INVALID);
    system = (etwkit_system_options)ETWKIT_SYSTEM_OPTIONS;
    system.kind = ETWKIT_SYSTEM_KERNEL;
    system.paged_memory = true;
    CHECK(!live_new(&it, NULL, &system));
    system.paged_memory = false;
    system.stack_count = 257;
    CHECK(!live_new(&it, NULL, &system));
    CHECK_EQ_INT(it.error.status, ETWKIT_E_LIMIT);
    system.stack_count = 0;
    system.kind = (etwkit_system_kind)9;
    CHECK(!live_new(&it, NULL, &system));
}

TEST_MAIN(CASE(a_system_logger_of_its_own_name), CASE(the_nt_kernel_logger), CASE(somebody_elses_logger_is_left_alone),
          CASE(somebody_elses_logger_is_replaced_when_asked), CASE(start_then_masks_then_stacks_then_interval),
          CASE(what_fails_in_between_leaves_nothing), CASE(samples_need_their_privilege),
          CASE(the_kernel_needs_an_administrator), CASE(a_system_provider),
          CASE(what_only_the_kernel_has_is_refused_elsewhere))
