/* SPDX-License-Identifier: MIT */
/* Paths in activity ids: those that an encoder like .NET's makes come back, all else is none. */
#include "base/bytes.h"
#include "decode/activity_path.h"
#include "test.h"

#include <stdlib.h>

/* An id being made: as .NET adds number after number, a half byte at a time. */
typedef struct id_writer {
    uint8_t id[16];
    size_t at;
    bool overflown;
} id_writer;

static void put_half(id_writer *to, unsigned half) {
    if (to->at >= 12) {
        to->overflown = true;
    } else if (to->id[to->at]) {
        to->id[to->at] = (uint8_t)(to->id[to->at] | half);
        to->at++;
    } else
        to->id[to->at] = (uint8_t)(half << 4);
}

static void put_number(id_writer *to, uint32_t number, bool instead) {
    if (number > 0 && number <= 10 && !instead) {
        put_half(to, number);
        return;
    }
    unsigned size = number <= 0xFF ? 1 : number <= 0xFFFF ? 2 : number <= 0xFFFFFF ? 3 : 4;
    if (instead)
        put_half(to, 11);
    put_half(to, 11 + size);
    if (to->at < 12 && to->id[to->at]) {
        if (number < 4096) {
            to->id[to->at] = (uint8_t)(0xC0 | number >> 8);
            number &= 0xFF;
        }
        to->at++;
    }
    for (; size; size--, number >>= 8) {
        if (to->at >= 12)
            to->overflown = true;
        else
            to->id[to->at++] = (uint8_t)number;
    }
}

static void sum_up(uint8_t *id, uint32_t process_id) {
    ek_store32(id + 12, (ek_load32(id) + ek_load32(id + 4) + ek_load32(id + 8) + 0x599D99ADu) ^ process_id);
}

/* The path, or "" where there is none; in a block of just the room. */
static const char *path_of(const uint8_t *id, uint32_t process_id) {
    static char text[EK_ACTIVITY_PATH_ROOM + 1];
    uint8_t *room = malloc(EK_ACTIVITY_PATH_ROOM);
    const uint8_t *end = room ? ek_write_activity_path(room, id, process_id) : NULL;
    text[0] = 0;
    if (end) {
        CHECK(end <= room + EK_ACTIVITY_PATH_ROOM);
        memcpy(text, room, (size_t)(end - room));
        text[end - room] = 0;
    }
    free(room);
    return text;
}

TEST(paths_come_back) {
    static const struct {
        uint32_t numbers[14];
        size_t count;
        const char *path;
    } cases[] = {
        {{1}, 1, "//1/"},
        {{1, 1, 2}, 3, "//1/1/2/"},
        {{10, 10}, 2, "//10/10/"},
        {{11, 1}, 2, "//11/1/"},
        {{1, 11, 2}, 3, "//1/11/2/"},
        {{0, 3}, 2, "//0/3/"},
        {{255, 256, 1}, 3, "//255/256/1/"},
        {{1, 256, 5}, 3, "//1/256/5/"},
        {{4095, 7}, 2, "//4095/7/"},
        {{1, 4095, 7}, 3, "//1/4095/7/"},
        {{4096, 65535}, 2, "//4096/65535/"},
        {{3, 65536, 16777215, 1}, 4, "//3/65536/16777215/1/"},
        {{16777216, 4294967295u}, 2, "//16777216/4294967295/"},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4}, 14, "//1/2/3/4/5/6/7/8/9/10/1/2/3/4/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        id_writer to = {{0}, 0, false};
        for (size_t k = 0; k < cases[i].count; k++)
            put_number(&to, cases[i].numbers[k], false);
        CHECK(!to.overflown);
        sum_up(to.id, 0);
        CHECK_EQ_STR(path_of(to.id, 0), cases[i].path);
        CHECK_EQ_STR(path_of(to.id, 4312), cases[i].path); /* .NET Framework leaves the process out */
        sum_up(to.id, 4312);
        CHECK_EQ_STR(path_of(to.id, 4312), cases[i].path);
        CHECK_EQ_STR(path_of(to.id, 4313), "");
    }
}

TEST(a_path_that_found_no_room) {
    id_writer to = {{0}, 0, false};
    put_number(&to, 1, false);
    put_number(&to, 300, true);
    put_number(&to, 2, false);
    sum_up(to.id, 9);
    CHECK_EQ_STR(path_of(to.id, 9), "//1$300/2/");
    to = (id_writer){{0}, 0, false};
    put_number(&to, 5, true);
    sum_up(to.id, 9);
    CHECK_EQ_STR(path_of(to.id, 9), "/$5/");
}

TEST(what_holds_no_path) {
    static const uint8_t cases[][12] = {
        {0},                                                                      /* no number */
        {0xB1},                                                                   /* 11 and no long number */
        {0x1B},                                                                   /* the same in the lower half */
        {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1C}, /* a number past the end */
        {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0xF0, 0x11, 0x11},
        {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1B},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t id[16] = {0};
        memcpy(id, cases[i], sizeof cases[i]);
        sum_up(id, 0);
        CHECK_EQ_STR(path_of(id, 0), "");
    }
    /* Any other id: the sum does not fit. */
    static const uint8_t random[16] = {0x11, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    CHECK_EQ_STR(path_of(random, 7), "");
}

/* 24 half bytes of 10 are the longest text; all others must fit, too. */
TEST(any_bytes_fit_the_room) {
    uint64_t state = 1;
    uint8_t id[16];
    memset(id, 0xAA, sizeof id);
    sum_up(id, 0);
    CHECK_EQ_UINT(strlen(path_of(id, 0)), 24 * 3 + 2);
    for (size_t i = 0; i < 200000; i++) {
        for (size_t k = 0; k < 12; k++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            id[k] = (uint8_t)(state >> 56);
        }
        sum_up(id, 0);
        (void)path_of(id, 0);
    }
}

TEST_MAIN(CASE(paths_come_back), CASE(a_path_that_found_no_room), CASE(what_holds_no_path),
          CASE(any_bytes_fit_the_room))
