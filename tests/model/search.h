/* SPDX-License-Identifier: MIT */
/* Runs a few threads in every order in which their atomic operations can follow on each other. README.md says how. */
#ifndef EK_TEST_SEARCH_H
#define EK_TEST_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SEARCH_THREADS = 4 /* at most; as many the caller's own code is: outside of any thread */
};

typedef struct search {
    unsigned threads;
    void (*reset)(void *context);                /* puts everything back to the start, before each schedule */
    void (*run)(void *context, unsigned thread); /* a thread; all but atomic operations and search_step() is its own */
    void (*end)(void *context);                  /* after a schedule: the last checks */
    /* Can it matter when this word is used? Words that nobody changes, and counts that nobody asks, do not. */
    bool (*matters)(void *context, const volatile void *word);
    void *context;
    uint64_t limit; /* schedules at most; 0: no limit */
    bool plain;     /* every order whatever, also of steps that have nothing to do with each other */
} search;

typedef struct search_result {
    uint64_t schedules; /* that were run to their end */
    uint64_t cut;       /* that were left when it showed that they equal others */
    unsigned longest;   /* steps */
    bool complete;      /* no other schedule is left */
    char fault[200];    /* what the first one found; empty: nothing */
    char trail[2000];   /* the threads of its steps, one digit each */
} search_result;

/* Until everything was searched, the limit is reached, or a fault was found. */
void search_run(const search *what, search_result *result);
/* The thread that runs; SEARCH_THREADS: none, the caller's code in reset() and end(). */
unsigned search_thread(void);
/* A step that is no atomic operation, but must be seen in every order with what others do with `word`. */
void search_step(const volatile void *word, bool writes);
/* Something is wrong: ends the schedule and the search. Not from reset(). */
_Noreturn void search_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
