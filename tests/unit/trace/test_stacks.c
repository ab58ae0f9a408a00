/* SPDX-License-Identifier: MIT */
/* Stacks joined to their events, on traces made for it. */
#include "made_stacks.h"
#include "oom.h"
#include "trace/stack_keys.h"
#include "trace/stacks.h"

TEST(both_halves_belong_to_one_event) {
    etwkit_stack_stats stats;
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_sample(&to, 6, 10); /* the same time, another thread */
    write_stack(&to, 10, 5, KERNEL, 2, 11);
    write_stack(&to, 10, 6, KERNEL + 0x1000, 1, 12);
    write_sample(&to, 5, 20);
    write_stack(&to, 10, 5, 0x7000, 2, 90); /* when the thread is back from the kernel */
    check_told(&to, NULL, "46@10:fffff80000000000,fffff80000000010,7000,7010;46@10:fffff80000001000;46@20;", &stats);
    CHECK(stats.events == 2 && stats.joined == 3 && stats.joined_by_key == 0 && stats.unmatched == 0);
}

TEST(the_users_half_alone_and_first) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, 0x7000, 1, 11);
    write_stack(&to, 10, 5, KERNEL, 1, 12);
    write_sample(&to, 5, 20);
    write_stack(&to, 20, 5, 0x8000, 1, 21);
    check_told(&to, NULL, "46@10:fffff80000000000,7000;46@20:8000;", NULL);
}

TEST(a_stack_in_another_buffer_of_another_processor) {
    made to = begin_made(8, 1024, NULL);
    write_sample(&to, 5, 10);
    for (int i = 0; i < 60; i++)
        write_sample(&to, 9, 100 + i);
    to.processor = 1;
    for (int i = 0; i < 60; i++)
        write_sample(&to, 9, 200 + i);
    write_stack(&to, 10, 5, 0x7000, 1, 300);
    etwkit_trace *trace = read_made(&to, NULL);
    REQUIRE(trace != NULL);
    const etwkit_batch *batch;
    const uint64_t *frames;
    size_t count, records = 0;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++, records++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            bool owner = record->raw_timestamp == START + 10;
            CHECK(etwkit_trace_stack(trace, record, &frames, &count) == (owner ? ETWKIT_OK : ETWKIT_ABSENT));
            CHECK(!owner || (count == 1 && frames[0] == 0x7000));
        }
    CHECK_EQ_UINT(records, 122); /* with the header */
    etwkit_trace_close(&trace);
    etwkit_writer_close(&to.writer);
}

TEST(keys_are_explained_later_and_mean_another_stack_then) {
    etwkit_stack_stats stats;
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_key(&to, true, 10, 5, 0xA0, 11);
    write_key(&to, false, 10, 5, 0xB0, 12);
    write_definition(&to, 35, 0xB0, 0x100, 2, 15); /* its place is given to another stack */
    write_sample(&to, 5, 20);
    write_key(&to, false, 20, 5, 0xB0, 21);
    write_definition(&to, 36, 0xA0, KERNEL, 1, 30);
    write_definition(&to, 36, 0xB0, 0x200, 1, 30);
    write_sample(&to, 5, 40);
    write_key(&to, false, 40, 5, 0xB0, 41); /* the rundown is not over yet */
    check_told(&to, NULL, "46@10:fffff80000000000,100,110;46@20:200;46@40:200;", &stats);
    CHECK(stats.joined == 4 && stats.joined_by_key == 4 && stats.definitions == 3 && stats.unmatched == 0);
}

TEST(keys_that_are_explained_when_they_are_made) {
    made to = begin_made(8, 0, NULL);
    write_definition(&to, 34, 0xA0, 0x100, 1, 5);
    write_sample(&to, 5, 10);
    write_key(&to, false, 10, 5, 0xA0, 11);
    write_definition(&to, 34, 0xA0, 0x200, 1, 15);
    write_sample(&to, 5, 20);
    write_key(&to, false, 20, 5, 0xA0, 21);
    write_definition(&to, 35, 0xA0, 0x200, 1, 25);
    write_sample(&to, 5, 30);
    write_key(&to, false, 30, 5, 0xA0, 31);
    write_definition(&to, 34, 0xA0, 0x300, 1, 32); /* told a little late */
    check_told(&to, NULL, "46@10:100;46@20:200;46@30:300;", NULL);
}

TEST(what_finds_no_event_or_no_frames_stays_an_event) {
    etwkit_stack_stats stats;
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 6, 0x100, 1, 11);  /* another thread's */
    write_stack(&to, 9, 5, 0x100, 1, 12);   /* of an event that was lost */
    write_key(&to, false, 10, 5, 0xA0, 13); /* explained by nothing */
    write_key(&to, true, 9, 5, 0xB0, 14);
    write_definition(&to, 36, 0xB0, 0x100, 1, 15);
    to.processor = 1;
    put_u32(&to, 1);
    write_event(&to, &stack_class, 32, 2, 16); /* too short to be one */
    write_event(&to, &stack_class, 36, 2, 17);
    check_told(&to, NULL, "46@10;32@11;32@12;38@13;37@14;32@16;36@17;", &stats);
    CHECK(stats.joined == 0 && stats.events == 0 && stats.unmatched == 5);
    CHECK(stats.keys_unknown == 1 && stats.definitions == 1 && stats.refused == 0);
}

TEST(two_events_of_one_thread_at_one_time_get_their_stacks_in_order) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, KERNEL, 1, 11);
    write_stack(&to, 10, 5, KERNEL + 1, 1, 12);
    write_stack(&to, 10, 5, KERNEL + 2, 1, 13); /* one too many */
    check_told(&to, NULL, "46@10:fffff80000000000;46@10:fffff80000000001;32@13;", NULL);
}

TEST(idle_threads_are_told_apart_by_their_processors) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 0, 10);
    to.processor = 1;
    write_sample(&to, 0, 10);
    write_stack(&to, 10, 0, KERNEL + 1, 1, 11);
    to.processor = 0;
    write_stack(&to, 10, 0, KERNEL, 1, 12);
    check_told(&to, NULL, "46@10:fffff80000000000;46@10:fffff80000000001;", NULL);
}

TEST(a_32_bit_system) {
    made to = begin_made(4, 0, NULL);
    write_image(&to, 3, 0, 0x81000000, 0x1000, "ntoskrnl.exe", 1);
    write_image(&to, 3, 77, 0x400000, 0x1000, "\\Device\\a.exe", 2);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, 0x400020, 1, 11);
    write_stack(&to, 10, 5, 0x81000010, 1, 12);
    check_told(&to, NULL, "3@1;3@2;46@10:ntoskrnl.exe+10,a.exe+20;", NULL);
}

TEST(modules_come_and_go) {
    made to = begin_made(8, 0, NULL);
    write_image(&to, 10, 77, 0x10000, 0x1000, "\\Device\\HarddiskVolume1\\one.dll", 10);
    for (int time = 5; time <= 45; time += 10) {
        to.processor = 1;
        write_sample(&to, 5, time);
        write_stack(&to, time, 5, 0x10010, 1, time + 1);
    }
    to.processor = 0;
    write_image(&to, 2, 77, 0x10000, 0x1000, "\\Device\\HarddiskVolume1\\one.dll", 20);
    write_image(&to, 10, 77, 0xF000, 0x2000, "two.dll", 30); /* elsewhere, and over the same addresses */
    write_image(&to, 4, 77, 0xF000, 0x2000, "two.dll", 40);
    write_image(&to, 4, 0, KERNEL, 0x100, "ntoskrnl.exe", 41);
    write_image(&to, 4, 4, KERNEL + 0x100, 0x100, "\\SystemRoot\\x.sys", 42);
    to.processor = 1;
    write_sample(&to, 5, 50);
    write_stack(&to, 50, 5, KERNEL + 0xF0, 3, 51);
    check_told(&to, NULL,
               "46@5:10010;10@10;46@15:one.dll+10;2@20;46@25:10010;10@30;46@35:two.dll+1010;4@40;4@41;4@42;"
               "46@45:two.dll+1010;46@50:ntoskrnl.exe+f0,x.sys+0,x.sys+10;",
               NULL);
}

TEST(a_process_id_that_is_used_again_has_other_modules) {
    made to = begin_made(8, 0, NULL);
    write_image(&to, 10, 77, 0x10000, 0x1000, "one.dll", 10);
    write_image(&to, 10, 77, 0x20000, 0x1000, "gone.dll", 11);
    write_process_start(&to, 77, 20); /* no end was told, and no unload */
    write_image(&to, 4, 77, 0x10000, 0x1000, "two.dll", 40);
    to.processor = 1;
    for (int time = 15; time <= 25; time += 10) {
        write_sample(&to, 5, time);
        write_stack(&to, time, 5, 0x10000, 1, time + 1);
        write_stack(&to, time, 5, KERNEL, 1, time + 2);
    }
    write_sample(&to, 5, 35);
    write_stack(&to, 35, 5, 0x20000, 1, 36);
    check_told(&to, NULL,
               "10@10;10@11;46@15:fffff80000000000,one.dll+0;1@20;46@25:fffff80000000000,two.dll+0;46@35:20000;4@40;",
               NULL);
}

TEST(the_filter_is_for_the_event_not_for_its_stack) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_image(&to, 4, 77, 0x10000, 0x1000, "one.dll", 11);
    write_stack(&to, 10, 5, 0x10000, 1, 12);
    write_stack(&to, 9, 5, 0x10000, 1, 13);
    const uint8_t sample = 46;
    uint8_t opcodes[] = {sample};
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_filter *filter = etwkit_filter_opcodes(NULL, opcodes, 1);
    options.filter = filter;
    check_told(&to, &options, "46@10:one.dll+0;", NULL);
    etwkit_filter_free(filter);
}

TEST(what_is_asked_without_the_option) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, 0x10000, 1, 11);
    etwkit_trace *trace = read_made(&to, NULL), *plain = NULL;
    REQUIRE(trace != NULL);
    size_t size, count;
    const void *file = etwkit_writer_memory(to.writer, &size);
    const etwkit_batch *batch;
    const uint64_t *frames;
    const char *module;
    uint64_t offset;
    CHECK(etwkit_trace_open_memory(&plain, file, size, "made", NULL, NULL) == ETWKIT_OK);
    CHECK(etwkit_trace_next(plain, &batch, NULL) == ETWKIT_OK && etwkit_batch_count(batch) == 3);
    CHECK(etwkit_trace_stack(plain, etwkit_batch_record(batch, 1), &frames, &count) == ETWKIT_ABSENT);
    CHECK(etwkit_trace_frame(plain, etwkit_batch_record(batch, 1), 0x10000, &module, &offset) == ETWKIT_ABSENT);
    CHECK_EQ_UINT(etwkit_trace_get_stack_stats(plain).unmatched, 0);
    etwkit_record copy = *etwkit_batch_record(batch, 1);
    CHECK(etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK && etwkit_batch_count(batch) == 2);
    CHECK(etwkit_trace_stack(trace, etwkit_batch_record(batch, 1), &frames, &count) == ETWKIT_OK && count == 1);
    CHECK(etwkit_trace_stack(trace, &copy, &frames, &count) == ETWKIT_ABSENT); /* not the batch's own */
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).events_joined, 1);
    const etwkit_record *gone = etwkit_batch_record(batch, 1);
    etwkit_trace_end(trace);
    CHECK_EQ_UINT(etwkit_trace_get_stack_stats(trace).joined, 1);
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).events_joined, 1);
    CHECK(etwkit_trace_frame(trace, gone, 0x10000, &module, &offset) == ETWKIT_ABSENT);
    etwkit_trace_close(&plain);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&to.writer);
}

TEST(stacks_in_the_events_own_items) {
    const etwkit_guid provider = EK_GUID(0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);
    const uint64_t stored[] = {0, KERNEL, 0x10000}, key[] = {0, 0xA0};
    const etwkit_item items[] = {{ETWKIT_ITEM_STACK_TRACE64, sizeof stored, stored},
                                 {ETWKIT_ITEM_STACK_KEY64, sizeof key, key}};
    made to = begin_made(8, 0, NULL);
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                            .provider_id = provider,
                            .opcode = 200,
                            .raw_timestamp = START + 10,
                            .process_id = 77,
                            .thread_id = 5};
    CHECK(etwkit_writer_record(to.writer, &record, items, 1, NULL) == ETWKIT_OK);
    record.raw_timestamp += 10;
    CHECK(etwkit_writer_record(to.writer, &record, items, 2, NULL) == ETWKIT_OK);
    write_image(&to, 4, 77, 0x10000, 0x1000, "one.dll", 30);
    write_definition(&to, 36, 0xA0, 0x10010, 1, 31);
    record.raw_timestamp = START + 40; /* and an event of this kind that StackWalk tells of */
    CHECK(etwkit_writer_record(to.writer, &record, NULL, 0, NULL) == ETWKIT_OK);
    write_stack(&to, 40, 5, 0x10020, 1, 41);
    check_told(&to, NULL,
               "200@10:fffff80000000000,one.dll+0;200@20:fffff80000000000,one.dll+0,one.dll+10;4@30;"
               "200@40:one.dll+20;",
               NULL);
}

TEST(events_that_programs_made_are_not_mistaken_for_the_kernels) {
    made to = begin_made(8, 0, NULL);
    etwkit_record record = {.header_kind = ETWKIT_HEADER_FULL64,
                            .provider_id = perf_class,
                            .opcode = 200,
                            .raw_timestamp = START + 10,
                            .process_id = 77,
                            .thread_id = 5};
    CHECK(etwkit_writer_record(to.writer, &record, NULL, 0, NULL) == ETWKIT_OK);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, 0x10020, 1, 11);
    check_told(&to, NULL, "200@10;46@10:10020;", NULL);
}

/* Stacks of more bytes than may wait, and a trace of many small buffers. */
static void write_many(made *to, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        to->processor = i % 2;
        write_sample(to, i, 10 + i * 4);
        write_stack(to, 10 + i * 4, i, KERNEL + i, 200, 11 + i * 4);
        write_stack(to, 10 + i * 4, i, 0x10000 + i, 200, 12 + i * 4);
    }
}

static size_t count_joined(etwkit_trace *trace) {
    const etwkit_batch *batch;
    size_t good = 0;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            const uint64_t *frames;
            size_t count;
            uint64_t number = (uint64_t)(record->raw_timestamp - START - 10) / 4;
            if (etwkit_trace_stack(trace, record, &frames, &count) == ETWKIT_OK)
                good += count == 400 && frames[0] == KERNEL + number && frames[200] == 0x10000 + number;
        }
    return good;
}

/* An allocator that knows how much was out at most. */
typedef struct measured {
    size_t now, most;
} measured;

static void *measured_resize(void *context, void *block, size_t size) {
    measured *memory = context;
    size_t *whole = block ? (size_t *)block - 2 : NULL, before = whole ? *whole : 0;
    if (!(whole = realloc(whole, size + 2 * sizeof *whole)))
        return NULL;
    *whole = size;
    memory->now += size - before;
    memory->most = memory->now > memory->most ? memory->now : memory->most;
    return whole + 2;
}

static void measured_release(void *context, void *block) {
    measured *memory = context;
    if (!block)
        return;
    memory->now -= ((size_t *)block)[-2];
    free((size_t *)block - 2);
}

TEST(more_than_fits_into_memory_is_read_ahead_in_parts) {
    enum {
        EVENTS = 2 * (int)(EK_STACKS_MEMORY / 2 / 1664), /* twice what may wait */
        BESIDE = 4 << 20                                 /* buffers, index, slots */
    };
    made to = begin_made(8, 0, NULL);
    write_many(&to, EVENTS);
    for (int unordered = 0; unordered < 2; unordered++) {
        etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
        measured memory = {0, 0};
        const etwkit_allocator allocator = {measured_resize, measured_release, &memory};
        options.allocator = &allocator;
        options.unordered = unordered;
        etwkit_trace *trace = read_made(&to, &options);
        REQUIRE(trace != NULL);
        for (int reading = 0; reading < 2; reading++) {
            CHECK_EQ_UINT(count_joined(trace), EVENTS);
            CHECK_EQ_UINT(etwkit_trace_get_stack_stats(trace).joined, 2 * EVENTS);
            CHECK_EQ_UINT(etwkit_trace_get_stack_stats(trace).unmatched, 0);
            CHECK(etwkit_trace_rewind(trace, NULL) == ETWKIT_OK);
        }
        etwkit_trace_close(&trace);
        CHECK(memory.most <= EK_STACKS_MEMORY + BESIDE && memory.now == 0);
    }
    etwkit_writer_close(&to.writer);
}

TEST(too_many_stacks_for_one_time_stay_events) {
    etwkit_stack_stats stats;
    made to = begin_made(8, 0, NULL);
    for (int i = 0; i < 300; i++)
        write_stack(&to, 5, 1, KERNEL, 1, 10 + i);
    etwkit_trace *trace = read_made(&to, NULL);
    REQUIRE(trace != NULL);
    CHECK_EQ_UINT(count_joined(trace), 0);
    stats = etwkit_trace_get_stack_stats(trace);
    CHECK(stats.unmatched == 300 && stats.refused == 300 - 256 && etwkit_trace_get_stats(trace).events == 301);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&to.writer);
}

TEST(damage_between_an_event_and_its_stack) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_sample(&to, 6, 15);
    CHECK(etwkit_writer_flush(to.writer, 0, NULL) == ETWKIT_OK);
    write_stack(&to, 10, 5, 0x10000, 1, 20);
    CHECK(etwkit_writer_flush(to.writer, 0, NULL) == ETWKIT_OK);
    write_stack(&to, 15, 6, 0x20000, 1, 30);
    CHECK(etwkit_writer_finish(to.writer, START + 100, NULL) == ETWKIT_OK);
    size_t size;
    const uint8_t *file = etwkit_writer_memory(to.writer, &size);
    static uint8_t damaged[1 << 20];
    REQUIRE(size <= sizeof damaged);
    memcpy(damaged, file, size);
    for (size_t at = 0x20000 + 0x48; at < 0x20000 + 0x80; at++) /* the first stack's buffer is the third one */
        damaged[at] = 0x5A;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    char text[256];
    options.stacks = true;
    CHECK(etwkit_trace_open_memory(&trace, damaged, size, "damaged", &options, NULL) == ETWKIT_OK);
    REQUIRE(trace != NULL);
    tell(trace, text, sizeof text);
    CHECK_EQ_STR(text, "46@10;46@15:20000;");
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).damage, 1); /* told once, however often it was read */
    etwkit_trace_close(&trace);
    etwkit_writer_close(&to.writer);
}

static bool read_without_memory(const etwkit_allocator *allocator, void *context) {
    char text[1024] = "";
    made *from = context;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.allocator = allocator;
    options.stacks = true;
    etwkit_trace *trace = NULL;
    size_t size;
    const void *file = etwkit_writer_memory(from->writer, &size);
    if (etwkit_trace_open_memory(&trace, file, size, "made", &options, NULL) == ETWKIT_OK)
        tell(trace, text, sizeof text);
    etwkit_trace_close(&trace);
    return strstr(text, "46@20:fffff80000000000,one.dll+0;") && strstr(text, "46@10:one.dll+0;");
}

TEST(without_memory) {
    made to = begin_made(8, 0, NULL);
    write_sample(&to, 5, 10);
    write_stack(&to, 10, 5, 0x10000, 1, 11);
    write_sample(&to, 5, 20);
    write_key(&to, true, 20, 5, 0xA0, 21);
    write_stack(&to, 20, 5, 0x10000, 1, 22);
    write_definition(&to, 36, 0xA0, KERNEL, 1, 30);
    write_image(&to, 4, 77, 0x10000, 0x1000, "one.dll", 40);
    REQUIRE(!to.failed && etwkit_writer_finish(to.writer, START + 100, NULL) == ETWKIT_OK);
    CHECK_OOM(read_without_memory, &to);
    etwkit_writer_close(&to.writer);
}

TEST_MAIN(CASE(both_halves_belong_to_one_event), CASE(the_users_half_alone_and_first),
          CASE(a_stack_in_another_buffer_of_another_processor),
          CASE(keys_are_explained_later_and_mean_another_stack_then), CASE(keys_that_are_explained_when_they_are_made),
          CASE(what_finds_no_event_or_no_frames_stays_an_event),
          CASE(two_events_of_one_thread_at_one_time_get_their_stacks_in_order),
          CASE(idle_threads_are_told_apart_by_their_processors), CASE(a_32_bit_system), CASE(modules_come_and_go),
          CASE(a_process_id_that_is_used_again_has_other_modules), CASE(the_filter_is_for_the_event_not_for_its_stack),
          CASE(what_is_asked_without_the_option), CASE(stacks_in_the_events_own_items),
          CASE(events_that_programs_made_are_not_mistaken_for_the_kernels),
          CASE(more_than_fits_into_memory_is_read_ahead_in_parts), CASE(too_many_stacks_for_one_time_stay_events),
          CASE(damage_between_an_event_and_its_stack), CASE(without_memory))
