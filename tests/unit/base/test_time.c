/* SPDX-License-Identifier: MIT */
/* FILETIME to text and back, and raw ticks to FILETIME: truncated once, never rounded. */
#include "base/calendar.h"
#include "base/clock.h"
#include "test.h"

#include <etwkit/time.h>

static const char *shown(int64_t filetime) {
    static char text[ETWKIT_TIME_TEXT];
    (void)etwkit_time_format(filetime, text, NULL);
    return text;
}

TEST(formats_known_times) {
    CHECK_EQ_STR(shown(0), "1601-01-01T00:00:00.0000000Z");
    CHECK_EQ_STR(shown(ETWKIT_FILETIME_UNIX_EPOCH), "1970-01-01T00:00:00.0000000Z");
    CHECK_EQ_STR(shown(INT64_C(129402940472257591)), "2011-01-23T22:07:27.2257591Z");
    CHECK_EQ_STR(shown(INT64_C(2650467743999999999)), "9999-12-31T23:59:59.9999999Z");
}

TEST(out_of_range_shows_the_number) {
    char text[ETWKIT_TIME_TEXT];
    CHECK(etwkit_time_format(-1, text, NULL) == ETWKIT_E_RANGE);
    CHECK_EQ_STR(text, "-1");
    CHECK(etwkit_time_format(INT64_C(2650467744000000000), text, NULL) == ETWKIT_E_RANGE);
    CHECK(etwkit_time_format(INT64_MIN, text, NULL) == ETWKIT_E_RANGE);
}

TEST(parses_what_it_formats) {
    for (int64_t time = 0; time < INT64_C(2650467744000000000); time += INT64_C(7777777777777777)) {
        int64_t back = -1;
        CHECK(etwkit_time_parse(&back, shown(time)) == ETWKIT_OK);
        CHECK_EQ_INT(back, time);
    }
}

TEST(parses_shorter_forms) {
    int64_t day, time;
    REQUIRE(etwkit_time_parse(&day, "2011-01-23") == ETWKIT_OK);
    CHECK_EQ_STR(shown(day), "2011-01-23T00:00:00.0000000Z");
    CHECK(etwkit_time_parse(&time, "2011-01-23 01:30+01:30") == ETWKIT_OK);
    CHECK_EQ_INT(time, day);
    CHECK(etwkit_time_parse(&time, "2011-01-23T00:00:00.5Z") == ETWKIT_OK);
    CHECK_EQ_INT(time, day + 5000000);
    CHECK(etwkit_time_parse(&time, "2011-02-29") == ETWKIT_E_INVALID);
    CHECK(etwkit_time_parse(&time, "2011-01-23T24:00") == ETWKIT_E_INVALID);
    CHECK(etwkit_time_parse(&time, "2011-01-23Z") == ETWKIT_E_INVALID);
    CHECK(etwkit_time_parse(&time, "soon") == ETWKIT_E_INVALID);
}

TEST(every_day_of_400_years_goes_there_and_back) {
    for (int64_t day = 0; day < 146097; day++) {
        ek_date date = ek_date_from_days(day);
        CHECK_EQ_INT(ek_days_from_date(date.year, date.month, date.day), day);
    }
}

TEST(unix_nanoseconds) {
    int64_t ns;
    REQUIRE(etwkit_time_unix_ns(ETWKIT_FILETIME_UNIX_EPOCH + 1, &ns) == ETWKIT_OK);
    CHECK_EQ_INT(ns, 100);
    CHECK(etwkit_time_unix_ns(0, &ns) == ETWKIT_E_RANGE);
}

TEST(ticks_are_truncated_once) {
    const ek_clock clock = {1000, 500, 1818300}; /* the frequency that tells right from almost right */
    CHECK_EQ_INT(ek_clock_filetime(&clock, 1000), 500);
    CHECK_EQ_INT(ek_clock_filetime(&clock, 1001), 505); /* 5.4997 */
    CHECK_EQ_INT(ek_clock_filetime(&clock, 1002), 510); /* 10.999 */
    CHECK_EQ_INT(ek_clock_filetime(&clock, 999), 494);  /* -5.4997 rounds down */
    CHECK_EQ_INT(ek_clock_filetime(&clock, 1000 + 1818300), 500 + 10000000);
}

TEST(ticks_that_are_times_stay) {
    const ek_clock system = {5, 7, 0}, ten_mhz = {5, 7, 10000000};
    CHECK_EQ_INT(ek_clock_filetime(&system, 123), 123);
    CHECK_EQ_INT(ek_clock_filetime(&ten_mhz, 6), 8);
}

TEST(hostile_ticks_saturate) {
    const ek_clock slow = {INT64_MIN, INT64_MAX, 1}, fast = {INT64_MAX, INT64_MIN, UINT64_MAX};
    CHECK_EQ_INT(ek_clock_filetime(&slow, INT64_MAX), INT64_MAX);
    (void)ek_clock_filetime(&fast, INT64_MIN);
    const ek_clock back = {INT64_MAX, 0, 3};
    CHECK_EQ_INT(ek_clock_filetime(&back, INT64_MIN), INT64_MIN);
}

/* Where 64 bits no longer hold ticks times 10^7, and next to it. */
TEST(ticks_are_exact_at_every_distance) {
    static const uint64_t frequencies[] = {1, 3, 3579545, 9999999, 10000001, 2400000000};
    const int64_t edge = INT64_MAX / 10000000;
    for (size_t i = 0; i < sizeof frequencies / sizeof frequencies[0]; i++) {
        const ek_clock clock = {-7, 11, frequencies[i]};
        for (int64_t ticks = edge - 3; ticks < edge + 4; ticks++) {
            unsigned __int128 time = (unsigned __int128)(uint64_t)ticks * 10000000 / frequencies[i] + 11;
            CHECK_EQ_INT(ek_clock_filetime(&clock, ticks - 7), time > INT64_MAX ? INT64_MAX : (int64_t)time);
        }
    }
}

TEST(ticks_of_a_time_give_that_time) {
    const ek_clock clock = {123456789, INT64_C(129402940472257591), 3000000000};
    for (int64_t time = clock.start_time - 5000; time < clock.start_time + 5000; time++)
        CHECK_EQ_INT(ek_clock_filetime(&clock, ek_clock_ticks(&clock, time)), time);
}

TEST_MAIN(CASE(formats_known_times), CASE(out_of_range_shows_the_number), CASE(parses_what_it_formats),
          CASE(parses_shorter_forms), CASE(every_day_of_400_years_goes_there_and_back), CASE(unix_nanoseconds),
          CASE(ticks_are_truncated_once), CASE(ticks_that_are_times_stay), CASE(hostile_ticks_saturate),
          CASE(ticks_are_exact_at_every_distance), CASE(ticks_of_a_time_give_that_time))
