/* SPDX-License-Identifier: MIT */
/* A stateless search: depth first over schedules, each run from the start, with dynamic partial-order reduction
 * (Flanagan and Godefroid, 2005) and sleep sets. */
#include "search.h"

#include "base/atomic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

enum {
    DEPTH = 1900, /* steps of a schedule: more are a loop that does not end */
    STACK = 64 << 10
};

typedef struct step {
    const volatile void *word; /* NULL: the thread has ended */
    bool writes;
} step;

/* A state of the current schedule, and the step that was taken from it. */
typedef struct node {
    step next[SEARCH_THREADS];      /* of each thread */
    unsigned thread;                /* whose step was taken */
    unsigned wanted;                /* threads to be tried here, a bit each */
    unsigned done;                  /* that were tried */
    unsigned asleep;                /* whose step was tried before, with nothing since that it depends on */
    uint16_t clock[SEARCH_THREADS]; /* of the step: depth + 1 of the last step of each thread that it depends on */
} node;

static struct {
    const search *what;
    search_result *result;
    node nodes[DEPTH + 1];
    unsigned depth;
    step next[SEARCH_THREADS];
    uint16_t clocks[SEARCH_THREADS][SEARCH_THREADS];
    unsigned thread;
    bool failed;
    jmp_buf scheduler, threads[SEARCH_THREADS];
    ucontext_t contexts[SEARCH_THREADS], unused;
    _Alignas(16) char stacks[SEARCH_THREADS][STACK];
} now = {.thread = SEARCH_THREADS};

/* Threads: each has a stack; a jump goes to where it stands, a context only to its begin. */

static void leave_thread(void) {
    if (_setjmp(now.threads[now.thread]) == 0)
        _longjmp(now.scheduler, 1);
}

static void begin_thread(void) {
    now.what->run(now.what->context, now.thread);
    now.next[now.thread] = (step){NULL, false};
    _longjmp(now.scheduler, 1);
}

static void resume(unsigned thread, bool first) {
    now.thread = thread;
    if (_setjmp(now.scheduler) == 0) {
        if (!first)
            _longjmp(now.threads[thread], 1);
        ucontext_t *context = &now.contexts[thread];
        getcontext(context);
        context->uc_stack.ss_sp = now.stacks[thread];
        context->uc_stack.ss_size = STACK;
        context->uc_link = NULL;
        makecontext(context, begin_thread, 0);
        setcontext(context);
    }
    now.thread = SEARCH_THREADS;
}

unsigned search_thread(void) {
    return now.thread;
}

void search_step(const volatile void *word, bool writes) {
    if (now.thread == SEARCH_THREADS)
        return;
    now.next[now.thread] = (step){word, writes};
    leave_thread();
}

void ek_model_step(const volatile void *word, bool writes) {
    if (now.thread != SEARCH_THREADS && now.what->matters(now.what->context, word))
        search_step(word, writes);
}

void search_fault(const char *format, ...) {
    va_list arguments;
    if (!now.failed) {
        va_start(arguments, format);
        vsnprintf(now.result->fault, sizeof now.result->fault, format, arguments);
        va_end(arguments);
        unsigned at = 0;
        for (; at < now.depth && at < sizeof now.result->trail - 1; at++)
            now.result->trail[at] = (char)('0' + now.nodes[at].thread);
        now.result->trail[at] = 0;
    }
    now.failed = true;
    _longjmp(now.scheduler, 1);
}

/* Schedules. */

static bool depend(step a, step b) {
    return a.word == b.word && (a.writes || b.writes);
}

/* Where the thread's next step could have come before one that it depends on, that is to be tried, too. */
static void look_back(unsigned thread, unsigned from, unsigned to) {
    step next = now.next[thread];
    for (unsigned i = from; next.word && i-- > to;) {
        node *then = &now.nodes[i];
        if (then->thread == thread || !depend(then->next[then->thread], next))
            continue;
        if (i + 1 > now.clocks[thread][then->thread])
            then->wanted |= 1u << thread;
        return;
    }
}

static void look_for_races(void) {
    unsigned depth = now.depth;
    unsigned last = depth ? now.nodes[depth - 1].thread : SEARCH_THREADS;
    for (unsigned thread = 0; thread < now.what->threads; thread++)
        look_back(thread, depth, thread == last || depth == 0 ? 0 : depth - 1);
}

/* The new node's sleepers: those of the state before that the step since then has not woken. */
static unsigned find_sleepers(void) {
    if (now.depth == 0 || now.what->plain)
        return 0;
    const node *before = &now.nodes[now.depth - 1];
    unsigned asleep = (before->asleep | before->done) & ~(1u << before->thread);
    for (unsigned thread = 0; thread < now.what->threads; thread++)
        if (depend(before->next[thread], before->next[before->thread]))
            asleep &= ~(1u << thread);
    return asleep;
}

/* The thread to go on with: the same as before if it can. SEARCH_THREADS: all that can be done equals what was. */
static unsigned choose(unsigned asleep) {
    unsigned last = now.depth ? now.nodes[now.depth - 1].thread : 0;
    for (unsigned i = 0; i < now.what->threads; i++) {
        unsigned thread = (last + i) % now.what->threads;
        if (now.next[thread].word && (asleep >> thread & 1) == 0)
            return thread;
    }
    return SEARCH_THREADS;
}

static bool all_ended(void) {
    for (unsigned thread = 0; thread < now.what->threads; thread++)
        if (now.next[thread].word)
            return false;
    return true;
}

/* What the step depends on is known to its thread from now on. */
static void keep_clock(node *here) {
    uint16_t *clock = now.clocks[here->thread];
    for (unsigned i = 0; i < now.depth; i++) {
        const node *then = &now.nodes[i];
        if (i + 1 > clock[then->thread] && depend(then->next[then->thread], here->next[here->thread]))
            for (unsigned k = 0; k < SEARCH_THREADS; k++)
                clock[k] = then->clock[k] > clock[k] ? then->clock[k] : clock[k];
    }
    clock[here->thread] = (uint16_t)(now.depth + 1);
    memcpy(here->clock, clock, sizeof here->clock);
}

/* Runs one schedule, whose first `given` steps are those of the nodes. true: to its end. */
static bool run_schedule(unsigned given) {
    memset(now.clocks, 0, sizeof now.clocks);
    now.depth = 0;
    now.failed = false;
    now.what->reset(now.what->context);
    for (unsigned thread = 0; thread < now.what->threads; thread++)
        resume(thread, true);
    while (!now.failed && !all_ended()) {
        node *here = &now.nodes[now.depth];
        if (now.depth >= given) {
            look_for_races();
            *here = (node){.asleep = find_sleepers()};
            memcpy(here->next, now.next, sizeof here->next);
            here->thread = choose(here->asleep);
            if (here->thread == SEARCH_THREADS)
                return false;
            here->wanted = now.what->plain ? ~0u : 1u << here->thread;
        }
        keep_clock(here);
        now.depth++;
        if (now.depth == DEPTH && _setjmp(now.scheduler) == 0)
            search_fault("it does not end");
        if (now.failed)
            break;
        resume(here->thread, false);
    }
    if (!now.failed && _setjmp(now.scheduler) == 0)
        now.what->end(now.what->context);
    return true;
}

/* The next schedule: the deepest state from which another thread is to go on. false: there is none. */
static bool choose_next(unsigned *given) {
    for (unsigned depth = now.depth; depth-- > 0;) {
        node *here = &now.nodes[depth];
        here->done |= 1u << here->thread;
        unsigned left = here->wanted & ~here->done & ~here->asleep;
        for (unsigned thread = 0; thread < SEARCH_THREADS; thread++)
            if ((left >> thread & 1) && here->next[thread].word) {
                here->thread = thread;
                *given = depth + 1;
                return true;
            }
    }
    return false;
}

void search_run(const search *what, search_result *result) {
    unsigned given = 0;
    *result = (search_result){0};
    now.what = what;
    now.result = result;
    do {
        if (run_schedule(given))
            result->schedules++;
        else
            result->cut++;
        result->longest = now.depth > result->longest ? now.depth : result->longest;
        if (now.failed || (what->limit && result->schedules >= what->limit))
            return;
    } while (choose_next(&given));
    result->complete = true;
}
