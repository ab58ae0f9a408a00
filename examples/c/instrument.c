/* SPDX-License-Identifier: MIT */
/* A program that tells what it does: each of its jobs is an activity, with a start, some steps and an end. */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>

ETWKIT_PROVIDER_DEFINE(app, "MyCompany.Jobs");

/* What a session can choose. */
enum {
    KW_JOBS = 0x1,
    KW_STEPS = 0x2
};

/* The work, about 20 ms of it: which of 150,000 numbers takes longest to become 1 (halve it, or treble it and add 1)?
 */
static uint32_t search(uint32_t first) {
    uint32_t best = first, longest = 0;
    for (uint32_t number = first; number < first + 150000; number++) {
        uint32_t length = 0;
        for (uint64_t n = number; n > 1; length++)
            n = n % 2 ? 3 * n + 1 : n / 2;
        if (length > longest) {
            longest = length;
            best = number;
        }
    }
    return best;
}

static bool run_job(uint32_t number) {
    const bool good = number % 4 != 3; /* so that there is something to find */
    etwkit_guid job, before;
    etwkit_activity_create(&job);
    etwkit_activity_set(&job, &before); /* from here on the events of this thread belong to the job */
    ETWKIT_WRITE(app, "Job", ETWKIT_LEVEL_INFO, KW_JOBS, ETWKIT_OPCODE(ETWKIT_OPCODE_START),
                 ETWKIT_U32("number", number), ETWKIT_STR("input", good ? "orders.csv" : "missing.csv"));
    for (uint32_t step = 0; step < 5; step++) {
        uint32_t found =
            search(1 + step * 150000); /* not in the event: fields of events that nobody wants do not run */
        ETWKIT_WRITE(app, "Step", ETWKIT_LEVEL_VERBOSE, KW_STEPS, ETWKIT_U32("step", step), ETWKIT_U32("found", found));
    }
    if (!good)
        ETWKIT_WRITE(app, "Failed", ETWKIT_LEVEL_ERROR, KW_JOBS, ETWKIT_WIN32_ERROR("error", 2),
                     ETWKIT_STR("message", "missing.csv: not found"));
    ETWKIT_WRITE(app, "Job", ETWKIT_LEVEL_INFO, KW_JOBS, ETWKIT_OPCODE(ETWKIT_OPCODE_STOP),
                 ETWKIT_U32("number", number), ETWKIT_BOOL("good", good));
    etwkit_activity_set(&before, NULL);
    return good;
}

int main(int argc, char **argv) {
    uint32_t jobs = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10, failed = 0;
    etwkit_error err = {0};
    if (etwkit_provider_register(&app, &err))
        return fprintf(stderr, "%s\n", err.message), 1;
    for (uint32_t number = 1; number <= jobs; number++)
        failed += !run_job(number);
    etwkit_provider_unregister(&app);
    printf("%u jobs, %u failed\n", (unsigned)jobs, (unsigned)failed);
    return 0;
}
