/* SPDX-License-Identifier: MIT */
/* The ring, the gather and the merge as they are, in every order of their atomic operations that can make a difference,
 * for a few writers with a few events and buffers of a few events. README.md says what is assumed. */
#include "base/bytes.h"
#include "base/machine.h"
#include "search.h"
#include "session/deliver.h"
#include "test.h"

#include <stdlib.h>

enum {
    WRITERS = 3,
    EVENTS = 3,
    BUFFERS = 4,
    SIZE = EK_RING_EVENT_MIN,
    ARENA = 1 << 20,
    ALL_WRITERS = WRITERS + 1 /* and the drain, which writes to the second session */
};

typedef struct scenario {
    const char *name;
    unsigned lanes, buffers, per_buffer;
    unsigned writers, events[WRITERS];
    const char *drain; /* its passes: (f)illed buffers, (s) the same by somebody else, (a)ll, (c)lose, (r)euse, and
                        * then its own (w)rites */
    bool dies;         /* the first writer does not commit its first event */
    uint64_t limit;    /* schedules in CI; 0: all */
} scenario;

typedef enum fate {
    NOT_WRITTEN,
    STARTED,
    RESERVED,
    DEAD, /* will not be committed */
    REFUSED,
    TOO_LATE,
    DELIVERED
} fate;

/* Everything that a schedule changes, but for the ring itself. */
typedef struct state {
    int64_t clock;
    uint32_t serial;
    size_t arena_used;
    fate events[ALL_WRITERS][EVENTS];
    unsigned count[ALL_WRITERS]; /* started so far */
    int64_t last_time;
    int last_event[ALL_WRITERS];
    uint64_t accounted; /* by sessions before */
    uint64_t given_up;
    ek_place dead;
    ek_delivery delivery;
    ek_gather gather;
    ek_parcel parcel;
} state;

/* What is copied back before each schedule. */
typedef struct piece {
    void *bytes;
    size_t size, at; /* in the copy */
} piece;

static const scenario *now;
static unsigned lane_of; /* of all events: a bit each, in their order */
static ek_ring *ring;
static state model;
static _Alignas(64) char arena[ARENA];
static piece pieces[6];
static size_t piece_count, copy_size;
static size_t buffers_at; /* in the arena */
static char copy[64 << 10];
static uint8_t parcel_bytes[4096];
static const ek_event_ids no_ids;

/* The machine, as the library asks for it. */

int64_t ek_ticks_now(void) {
    search_step(&model.clock, true);
    if (model.clock == 2000)
        search_fault("time passes, and it does not end");
    return ++model.clock;
}

uint64_t ek_ticks_frequency(void) {
    return 1000;
}

uint32_t ek_processor_count(void) {
    return 2;
}

uint32_t ek_processor_now(void) {
    unsigned thread = search_thread(), at = 0;
    for (unsigned i = 0; i < thread; i++)
        at += i < WRITERS ? now->events[i] : 0;
    at += model.count[thread < ALL_WRITERS ? thread : 0] - 1;
    return lane_of >> at & 1;
}

/* Memory that is the same in each schedule. */

static void *arena_resize(void *context, void *block, size_t size) {
    (void)context;
    if (block)
        return NULL;
    void *result = arena + model.arena_used;
    model.arena_used += (size + 63) / 64 * 64;
    return model.arena_used <= ARENA ? result : NULL;
}

static void arena_release(void *context, void *block) {
    (void)context;
    (void)block;
}

static const etwkit_allocator allocator = {arena_resize, arena_release, NULL};

/* Events: which, in two places, so that a half of one and a half of another differ; and the session. */

static uint32_t name_of(unsigned thread, unsigned event) {
    return thread << 8 | event;
}

static void put_event(const ek_place *place, unsigned thread, unsigned event, uint32_t serial) {
    search_step(place->mark, true); /* the drain's plain reading of the bytes goes with its reading of the mark */
    ek_store16(place->bytes, SIZE);
    ek_store32(place->bytes + 8, name_of(thread, event));
    search_step(place->mark, true);
    ek_store64(place->bytes + 0x10, (uint64_t)place->time);
    ek_store32(place->bytes + 0x40, name_of(thread, event));
    ek_store32(place->bytes + 0x44, serial);
    ek_store64(place->bytes + 0x48, (uint64_t)place->time);
}

static void write_event(unsigned thread, uint32_t serial) {
    ek_place place;
    unsigned event = model.count[thread]++;
    fate *it = &model.events[thread][event];
    *it = STARTED;
    switch (ek_ring_reserve(ring, serial, SIZE, &place)) {
    case EK_CLOSED: *it = TOO_LATE; return;
    case EK_REFUSED: *it = REFUSED; return;
    case EK_RESERVED: break;
    }
    if (now->dies && thread == 0 && event == 0) {
        *it = DEAD;
        model.dead = place;
        return;
    }
    *it = RESERVED;
    put_event(&place, thread, event, serial);
    ek_ring_commit(&place);
}

/* The channel, which the merge sends to. */

ek_parcel *ek_channel_new_parcel(ek_channel *channel, uint32_t size) {
    (void)channel;
    (void)size;
    model.parcel = (ek_parcel){.capacity = sizeof parcel_bytes, .bytes = parcel_bytes};
    return &model.parcel;
}

static void see_event(const uint8_t *bytes) {
    uint32_t name = ek_load32(bytes + 8);
    unsigned thread = name >> 8, event = name & 0xFF;
    int64_t time = ek_load_i64(bytes + 0x10);
    if (thread >= ALL_WRITERS || event >= EVENTS || ek_load16(bytes) != SIZE || ek_load32(bytes + 0x40) != name ||
        ek_load_i64(bytes + 0x48) != time) {
        search_fault("a torn event");
    }
    if (ek_load32(bytes + 0x44) != model.serial)
        search_fault("an event of another session: writer %u, %u", thread, event);
    if (model.events[thread][event] != RESERVED)
        search_fault("writer %u, event %u: delivered, though it is %d", thread, event, model.events[thread][event]);
    if (time < model.last_time)
        search_fault("writer %u, event %u: its time %d is below the %d of the event before", thread, event, (int)time,
                     (int)model.last_time);
    if ((int)event <= model.last_event[thread])
        search_fault("writer %u: event %u after %d", thread, event, model.last_event[thread]);
    model.events[thread][event] = DELIVERED;
    model.last_time = time;
    model.last_event[thread] = (int)event;
}

bool ek_channel_send(ek_channel *channel, ek_parcel *parcel) {
    (void)channel;
    for (uint32_t at = 0; at < parcel->used;) {
        const ek_piece *head = (const ek_piece *)(const void *)(parcel->bytes + at);
        at += (uint32_t)sizeof *head;
        for (uint32_t end = at + head->size; at < end; at += SIZE)
            see_event(parcel->bytes + at);
    }
    return true;
}

bool ek_event_ids_want(const ek_event_ids *ids, const uint8_t *event) {
    (void)ids;
    (void)event;
    return true;
}

/* The drain. */

static unsigned count_events(fate from, fate to) {
    unsigned count = 0;
    for (unsigned thread = 0; thread < ALL_WRITERS; thread++)
        for (unsigned event = 0; event < EVENTS; event++)
            count += model.events[thread][event] >= from && model.events[thread][event] <= to;
    return count;
}

static unsigned count_reserved(void) {
    return count_events(RESERVED, DEAD) + count_events(DELIVERED, DELIVERED);
}

/* The sweep, whose sum must tell all events that were reserved before it, and none that was not. */
static void sweep(ek_sweep how, void (*by)(ek_gather *gather, ek_sweep sweep)) {
    unsigned least = count_reserved();
    by(&model.gather, how);
    unsigned most = count_reserved() + count_events(STARTED, STARTED);
    uint64_t sum = model.accounted + model.gather.events + model.gather.pending;
    if (sum < least || sum > most)
        search_fault("the sum of events is %u, not from %u to %u", (unsigned)sum, least, most);
}

/* How many buffers the list of free ones has. Holds at any moment: none twice, and none that a lane fills. */
static unsigned count_free(void) {
    unsigned seen = 0, count = 0;
    for (unsigned lane = 0; lane < now->lanes; lane++) {
        unsigned index = ring->lanes[lane].word >> 32 & 0xFFF; /* as ring.c packs it */
        seen |= index < BUFFERS ? 2u << index : 0;
    }
    for (uint32_t next = (uint32_t)ring->free; next; next = ring->buffers[next - 1].next, count++) {
        if (next > now->buffers || (seen >> next & 1)) {
            search_fault("the list of free buffers has buffer %u twice, or while it is in use, or none of ours", next);
        }
        seen |= 1u << next;
    }
    return count;
}

static void pass(ek_sweep how) {
    (void)count_free();
    sweep(how, ek_gather_receive);
    ek_deliver(&model.delivery);
    (void)ek_gather_free_stuck(&model.gather);
}

static void reset_gather(void) {
    ek_lane_queue *lanes = model.gather.lanes;
    ek_taken *taken = model.gather.taken;
    model.gather =
        (ek_gather){.allocator = allocator, .ring = ring, .lanes = lanes, .taken = taken, .patience = INT64_MAX};
    memset(lanes, 0, 2 * sizeof *lanes);
}

static uint32_t buffer_size(unsigned events) {
    return EK_RING_HEAD + events * SIZE;
}

static void prepare(uint32_t serial, unsigned per_buffer) {
    const ek_ring_settings settings = {buffer_size(per_buffer), ETWKIT_CLOCK_QPC, 0, 0};
    ek_ring_prepare(ring, &settings, serial);
    (void)ek_ring_add_buffers(ring, &allocator, now->buffers);
    model.serial = serial;
    ek_ring_open(ring);
}

/* The ring for another session, with larger buffers, if all are back. */
static bool reuse(void) {
    (void)count_free();
    if (!ek_gather_is_empty(&model.gather) || !ek_ring_release_buffers(ring, &allocator))
        return false;
    model.accounted += model.gather.events;
    reset_gather();
    prepare(model.serial + 1, now->per_buffer + 1);
    return true;
}

static void run_drain(unsigned thread) {
    for (const char *at = now->drain; *at; at++)
        switch (*at) {
        case 'f': pass(EK_SWEEP_FULL); break;
        case 's': sweep(EK_SWEEP_FULL, ek_gather_sweep); break;
        case 'a': pass(EK_SWEEP_ALL); break;
        case 'c': pass(EK_SWEEP_CLOSE); break;
        case 'r':
            if (!reuse())
                return;
            break;
        default: write_event(thread, model.serial); break;
        }
}

/* What search_run() asks for. */

static void run_thread(void *context, unsigned thread) {
    (void)context;
    if (thread == now->writers) {
        run_drain(ALL_WRITERS - 1);
        return;
    }
    for (unsigned event = 0; event < now->events[thread]; event++)
        write_event(thread, 1);
}

static bool matters(void *context, const volatile void *word) {
    (void)context;
    if (word == &ring->free_count || word == &ring->filetimes || word == &ring->start_ticks ||
        word == &ring->start_time)
        return false;
    bool reused = strchr(now->drain, 'r') != NULL;
    if (word == &ring->buffer_size || word == &ring->serial)
        return reused;
    for (unsigned lane = 0; lane < now->lanes; lane++)
        if (word == &ring->lanes[lane].refused || word == &ring->lanes[lane].too_big)
            return reused;
    return true;
}

static void check_free_list(unsigned held) {
    unsigned free = count_free();
    if (free + held + ring->released_count != now->buffers || ring->free_count != free)
        search_fault("%u buffers are free and %u held of %u; the count says %u", free, held, now->buffers,
                     (unsigned)ring->free_count);
}

static void check_end(void *context) {
    (void)context;
    for (int i = 0; i < 3; i++) {
        pass(EK_SWEEP_CLOSE);
        model.gather.patience = 0; /* what is not committed now never is */
    }
    unsigned dead = count_events(DEAD, DEAD);
    if (!ek_gather_is_empty(&model.gather))
        search_fault("events are left");
    if (count_events(RESERVED, RESERVED) || count_events(STARTED, STARTED))
        search_fault("%u reserved events are lost", count_events(RESERVED, RESERVED));
    if (model.gather.abandoned != dead)
        search_fault("%u abandoned, not %u", (unsigned)model.gather.abandoned, dead);
    if (model.accounted + model.gather.events != count_reserved())
        search_fault("%u events are counted, not %u", (unsigned)(model.accounted + model.gather.events),
                     count_reserved());
    uint64_t refused = 0;
    for (unsigned lane = 0; lane < now->lanes; lane++)
        refused += ek_loss_count(&ring->lanes[lane].refused);
    unsigned expected = 0;
    for (unsigned thread = 0; thread < ALL_WRITERS; thread++)
        for (unsigned event = 0; event < EVENTS; event++)
            expected += model.events[thread][event] == REFUSED && (model.serial == 1 || thread == ALL_WRITERS - 1);
    if (refused != expected)
        search_fault("%u refused are counted, not %u", (unsigned)refused, expected);
    check_free_list(dead);
    if (dead) { /* it comes back after all */
        ek_ring_commit(&model.dead);
        if (ek_gather_free_stuck(&model.gather))
            search_fault("the buffer of a late writer is not given back");
        check_free_list(0);
    }
    if (!ek_ring_release_buffers(ring, &allocator))
        search_fault("not all buffers are back");
}

static void reset(void *context) {
    (void)context;
    for (size_t i = 0; i < piece_count; i++)
        memcpy(pieces[i].bytes, copy + pieces[i].at, pieces[i].size);
}

/* Setting up. */

static void keep(void *bytes, size_t size) {
    pieces[piece_count++] = (piece){bytes, size, copy_size};
    memcpy(copy + copy_size, bytes, size);
    copy_size += size;
}

static bool set_up(const scenario *it) {
    now = it;
    piece_count = copy_size = 0;
    memset(&model, 0, sizeof model);
    memset(ring, 0, offsetof(ek_ring, lane_count));
    ring->lane_count = it->lanes;
    ring->buffer_count = ring->released_count = 0;
    ring->free = 0;
    ring->free_count = 0;
    if (!ek_gather_init(&model.gather, ring, &allocator, INT64_MAX))
        return false;
    buffers_at = model.arena_used;
    reset_gather();
    prepare(1, it->per_buffer);
    model.last_time = -1;
    for (unsigned i = 0; i < ALL_WRITERS; i++)
        model.last_event[i] = -1;
    model.delivery = (ek_delivery){.gather = &model.gather, .ids = &no_ids, .parcel_events = 100};
    keep(ring, offsetof(ek_ring, buffers) + BUFFERS * sizeof(ek_ring_buffer));
    keep(ring->lanes, 2 * sizeof *ring->lanes);
    keep(model.gather.lanes, 2 * sizeof *model.gather.lanes);
    keep(model.gather.taken, BUFFERS * sizeof *model.gather.taken);
    keep(arena + buffers_at, 4096);
    keep(&model, sizeof model);
    return ring->buffer_count == it->buffers;
}

static const search whole = {.reset = reset, .run = run_thread, .end = check_end, .matters = matters};

static void search_scenario(const scenario *it, uint64_t limit) {
    unsigned events = 0, longest = 0, limited = 0;
    uint64_t schedules = 0, cut = 0;
    for (unsigned i = 0; i < it->writers; i++)
        events += it->events[i];
    for (const char *at = it->drain; *at; at++)
        events += *at == 'w';
    if (!test_check(set_up(it), __FILE__, __LINE__, "set_up"))
        return;
    /* Each event in each lane: a thread may move between any two, and in the middle of one. */
    for (lane_of = 0; lane_of < (it->lanes > 1 ? 1u << events : 1u); lane_of++) {
        search_result result;
        search what = whole;
        what.threads = it->writers + (it->drain[0] != 0);
        what.limit = limit;
        search_run(&what, &result);
        schedules += result.schedules;
        cut += result.cut;
        limited += !result.complete;
        longest = result.longest > longest ? result.longest : longest;
        if (result.fault[0]) {
            test_fail(__FILE__, __LINE__, "%s, lanes %x: %s, after %s", it->name, lane_of, result.fault, result.trail);
            return;
        }
    }
    printf("# %s: %" PRIu64 " schedules, %" PRIu64 " cut, up to %u steps, %s\n", it->name, schedules, cut, longest,
           limited ? "not all" : "all");
}

/* The search itself: what the schedules that it takes for different come to is what all schedules come to. */

enum {
    OUTCOMES = 4096
};
static uint64_t outcomes[2][OUTCOMES];
static size_t outcome_count[2];
static bool is_plain;

static void see_outcome(void *context) {
    (void)context;
    uint64_t hash = ring->lanes[0].word ^ (uint64_t)model.clock << 1;
    for (unsigned thread = 0; thread < ALL_WRITERS; thread++)
        for (unsigned event = 0; event < EVENTS; event++)
            hash = hash * UINT64_C(0x9E3779B97F4A7C15) + model.events[thread][event];
    for (size_t i = 0; i < 512; i++)
        hash = (hash ^ (uint8_t)arena[buffers_at + i]) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < outcome_count[is_plain]; i++)
        if (outcomes[is_plain][i] == hash)
            return;
    if (outcome_count[is_plain] < OUTCOMES)
        outcomes[is_plain][outcome_count[is_plain]++] = hash;
}

static void compare_searches(void) {
    static const scenario small = {"small", 1, 2, 1, 2, {1, 1}, "", false, 0};
    uint64_t schedules[2];
    test_check(set_up(&small), __FILE__, __LINE__, "set_up");
    lane_of = 0;
    for (unsigned i = 0; i < 2; i++) {
        search_result result;
        search what = whole;
        what.threads = 2;
        what.end = see_outcome;
        what.plain = is_plain = i;
        search_run(&what, &result);
        CHECK(result.complete);
        schedules[i] = result.schedules;
    }
    printf("# %" PRIu64 " schedules of %" PRIu64 " come to the same %zu outcomes\n", schedules[0], schedules[1],
           outcome_count[1]);
    CHECK(schedules[0] < schedules[1]);
    CHECK_EQ_UINT(outcome_count[0], outcome_count[1]);
    for (size_t i = 0; i < outcome_count[1]; i++) {
        bool found = false;
        for (size_t k = 0; k < outcome_count[0]; k++)
            found |= outcomes[0][k] == outcomes[1][i];
        CHECK(found);
    }
}

enum {
    FEW = 20000
}; /* schedules in CI */

static const scenario scenarios[] = {
    {"two writers fill buffers", 1, 2, 1, 2, {2, 1}, "", false, 0},
    {"two writers and a switch", 1, 2, 2, 2, {1, 1}, "a", false, 0},
    {"two writers and two switches", 1, 2, 2, 2, {2, 1}, "aa", false, FEW},
    {"filled buffers are taken and used again", 1, 2, 1, 2, {2, 2}, "f", false, 0},
    {"the statistics are asked", 1, 3, 1, 2, {2, 1}, "sf", false, 0},
    {"two lanes are merged", 2, 3, 2, 2, {2, 1}, "a", false, FEW},
    {"a writer stays away", 1, 3, 1, 2, {1, 2}, "aa", true, FEW},
    {"a close among writers", 1, 2, 1, 2, {2, 1}, "c", false, 0},
    {"a writer too late for its session", 1, 2, 1, 1, {2}, "crw", false, 0},
    {"two writers too late for their session", 1, 2, 1, 2, {1, 1}, "crw", false, FEW},
    {"a refusal too late for its session", 1, 1, 1, 1, {2}, "crw", false, 0},
    {"three writers for two buffers", 1, 2, 1, 3, {1, 1, 1}, "f", false, 0},
    {"three writers move between lanes", 2, 3, 2, 3, {1, 1, 1}, "a", false, FEW},
};

int main(int argc, char **argv) {
    size_t number = 1;
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    ring = ek_ring_new();
    if (!ring)
        return 1;
    compare_searches();
    unsigned failed = test_failures != 0;
    printf("%sok 1 - the search leaves nothing out\n", failed ? "not " : "");
    for (const scenario *it = scenarios; it < scenarios + sizeof scenarios / sizeof *scenarios; it++) {
        if (argc > 1 && !all && strcmp(argv[1], it->name) != 0)
            continue;
        test_failures = 0;
        search_scenario(it, argc > 2 ? strtoull(argv[2], NULL, 10) : all ? 0 : it->limit);
        failed += test_failures != 0;
        printf("%sok %zu - %s\n", test_failures ? "not " : "", ++number, it->name);
        fflush(stdout);
    }
    printf("1..%zu\n", number);
    return failed != 0;
}
