/* SPDX-License-Identifier: MIT */
/* Event groups and their class GUIDs, both ways. */
#include "etl/group.h"
#include "test.h"

static const char *text_of(uint8_t group, uint8_t opcode) {
    static char text[ETWKIT_GUID_TEXT];
    etwkit_guid_format(ek_group_guid(group, opcode), text);
    return text;
}

TEST(groups_have_their_classes) {
    CHECK_EQ_STR(text_of(0x00, 0), "68fdd900-4a3e-11d1-84f4-0000f80464e3");
    CHECK_EQ_STR(text_of(0x03, 1), "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c");
    CHECK_EQ_STR(text_of(0x18, 32), "def2fe46-7bd6-4b80-bd94-f57fe20d0ce3");
    CHECK_EQ_STR(text_of(0x1E, 0), "2ce9a149-effe-42f0-a635-a1d39e26c8f2");
    CHECK_EQ_STR(text_of(0x1F, 0), "00000000-0000-0000-0000-000000000000");
    CHECK_EQ_STR(text_of(0xFF, 0), "00000000-0000-0000-0000-000000000000");
}

TEST(an_image_load_of_the_process_group_is_an_image_event) {
    CHECK_EQ_STR(text_of(0x03, 10), "2cb15d1d-5fc1-11d2-abe1-00a0c911f518");
    CHECK_EQ_STR(text_of(0x14, 10), "2cb15d1d-5fc1-11d2-abe1-00a0c911f518");
}

TEST(classes_have_their_groups) {
    for (int group = 0; group < 0x1F; group++)
        CHECK_EQ_INT(ek_group_of(ek_group_guid((uint8_t)group, 0)), group);
    const etwkit_guid other = {{1}};
    CHECK_EQ_INT(ek_group_of(&other), -1);
}

TEST_MAIN(CASE(groups_have_their_classes), CASE(an_image_load_of_the_process_group_is_an_image_event),
          CASE(classes_have_their_groups))
