/* SPDX-License-Identifier: MIT */
/* GUIDs: text both ways, and the GUID of a provider's name (the examples of CONTRACT.md). */
#include "base/guid.h"
#include "test.h"

TEST(formats_in_windows_order) {
    const etwkit_guid logger = EK_GUID(0x9e814aad, 0x3204, 0x11d2, 0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39);
    char text[ETWKIT_GUID_TEXT];
    etwkit_guid_format(&logger, text);
    CHECK_EQ_STR(text, "9e814aad-3204-11d2-9a82-006008a86939");
}

TEST(parses_what_it_formats) {
    etwkit_guid guid;
    char text[ETWKIT_GUID_TEXT];
    REQUIRE(etwkit_guid_parse(&guid, "{DD5EF90A-6398-47A4-AD34-4DCECDEF795F}") == ETWKIT_OK);
    etwkit_guid_format(&guid, text);
    CHECK_EQ_STR(text, "dd5ef90a-6398-47a4-ad34-4dcecdef795f");
    CHECK(!etwkit_guid_is_zero(&guid));
    CHECK(etwkit_guid_equal(&guid, &guid));
}

TEST(refuses_other_text) {
    static const char *const wrong[] = {"",
                                        "dd5ef90a",
                                        "dd5ef90a-6398-47a4-ad34-4dcecdef795",
                                        "{dd5ef90a-6398-47a4-ad34-4dcecdef795f",
                                        "dd5ef90a-6398-47a4-ad34-4dcecdef795g",
                                        "dd5ef90a-6398-47a4-ad34-4dcecdef795f0",
                                        "dd5ef90a63986398-47a4-ad34-4dcecdef795f"};
    etwkit_guid guid;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(etwkit_guid_parse(&guid, wrong[i]) == ETWKIT_E_INVALID);
}

TEST(names_give_the_guids_of_eventsource) {
    etwkit_guid guid;
    char text[ETWKIT_GUID_TEXT];
    etwkit_guid_from_name(&guid, "MyCompany.MyComponent");
    etwkit_guid_format(&guid, text);
    CHECK_EQ_STR(text, "ce5fa4ea-ab00-5402-8b76-9f76ac858fb5");
    etwkit_guid_from_name(&guid, "system.runtime");
    etwkit_guid_format(&guid, text);
    CHECK_EQ_STR(text, "49592c0f-5a05-516d-aa4b-a64e02026c89");
}

TEST_MAIN(CASE(formats_in_windows_order), CASE(parses_what_it_formats), CASE(refuses_other_text),
          CASE(names_give_the_guids_of_eventsource))
