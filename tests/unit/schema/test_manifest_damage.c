/* SPDX-License-Identifier: MIT */
/* Manifests that are no XML, or are more than that: encodings, repairs, bombs, memory that runs out. */
#include "base/utf.h"
#include "oom.h"
#include "read_manifest.h"
#include "schema/manifest_tree.h"

#define OPENING "<instrumentationManifest><provider name=\"A-B\" guid=\"{11111111-2222-3333-0102-030405060708}\">"
#define CLOSING "</provider></instrumentationManifest>"

/* The name of the only task. */
static const char *task(void) {
    CHECK_EQ_INT(is.status, ETWKIT_OK);
    if (is.providers.count != 1 || is.providers.list[0]->tables[EK_TABLE_TASKS].count != 1)
        return "(not one)";
    return is.providers.list[0]->tables[EK_TABLE_TASKS].values[0].name;
}

TEST(every_encoding_is_read) {
    static const char body[] = OPENING "<task name=\"t\xC3\xA4sk\" value=\"1\"/>" CLOSING;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf text;
    for (int kind = 0; kind < 8; kind++) {
        ek_buf_init(&text, &allocator);
        if (kind == 1)
            ek_buf_text(&text, "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>");
        if (kind == 2 || kind == 3)
            ek_buf_append(&text, "\xFF\xFE", 2);
        if (kind == 6) /* declared as what it is not */
            ek_buf_text(&text, "<?xml version='1.0' encoding='UTF-16'?>");
        if (kind == 7)
            ek_buf_text(&text, "<?xml version='1.0' encoding=\"windows-1252\"?>" OPENING
                               "<task name=\"t\xE4sk\" value=\"1\"/>" CLOSING);
        else if (kind >= 2 && kind <= 5)
            ek_utf8_to_utf16(&text, body, strlen(body));
        else
            ek_buf_text(&text, body);
        for (size_t i = 0; (kind == 3 || kind == 5) && i + 1 < text.size; i += 2) {
            uint8_t byte = text.data[i];
            text.data[i] = text.data[i + 1];
            text.data[i + 1] = byte;
        }
        read_bytes(text.data, text.size);
        CHECK_EQ_STR(task(), "t\xC3\xA4sk");
        CHECK_EQ_UINT(is.reports, 0);
        done();
        ek_buf_free(&text);
    }
}

TEST(what_is_no_xml_is_mended) {
    static const struct {
        const char *name, *becomes;
    } names[] = {
        {"a\001b", "a?b"},
        {"a\x80\xE4z", "a??z"},
        {"a\xEF\xBF\xBFz", "a???z"},
        {"a\"b\"c", "a\"b\"c"},                                               /* GroupPolicy.xml */
        {"run \"X /S\" and \"Y <d:> -S\"", "run \"X /S\" and \"Y <d:> -S\""}, /* Ntfs.xml */
        {"a<b", "a<b"},
        {"a & b", "a & b"},
        {"a&b", "a&b"},
        {"a&no;b", "a&no;b"},
        {"a&#1;b", "a&#1;b"},
        {"&quot;a\" &amp; b", "\"a\" & b"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s\n<task value=\"1\" name=\"%s\"/>%s", OPENING, names[i].name, CLOSING);
        read_text(text);
        CHECK_EQ_STR(task(), names[i].becomes);
        CHECK_EQ_UINT(is.reports, 1);
        CHECK(strncmp(is.first, "a.man: line 2, column ", 22) == 0);
        CHECK(strstr(is.first, ": not well-formed: from here on ") != NULL);
        done();
    }
}

TEST(what_stands_before_a_fault_is_read) {
    static const char *const texts[] = {
        OPENING "<task value=\"1\" name=\"T\"/>\n</wrong>" CLOSING,
        OPENING "<task value=\"1\" name=\"T\"/>\n",
        OPENING "<task value=\"1\" name=\"T\"/>\n<task val",
        OPENING "<task value=\"1\" name=\"T\"/>\n<task value=\"2\" value=\"3\"/>" CLOSING,
        OPENING "<task value=\"1\" name=\"T\"/>" CLOSING "\n<more/>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        read_text(texts[i]);
        CHECK_EQ_STR(task(), "T");
        CHECK_EQ_UINT(is.reports, 1);
        CHECK(strncmp(is.first, "a.man: line 2, column ", 22) == 0);
        done();
    }
}

TEST(every_cut_is_survived) {
    static const char text[] = OPENING "<task value=\"1\" name=\"T\" message=\"$(string.a)\"/><event value=\"1\" "
                                       "template=\"T\"/><template tid=\"T\"><struct name=\"S\"><data name=\"x\" "
                                       "inType=\"win:Int8\"/></struct></template>" CLOSING;
    for (size_t size = 0; size < sizeof text - 1; size++) {
        uint8_t *copy = malloc(size + 1);
        REQUIRE(copy != NULL);
        memcpy(copy, text, size);
        read_bytes(copy, size);
        CHECK(is.status == ETWKIT_OK || is.error.message[0]);
        CHECK_EQ_UINT(is.status == ETWKIT_OK, is.providers.count);
        done();
        free(copy);
    }
}

TEST(what_is_none_is_refused) {
    read_text("no XML at all");
    CHECK_EQ_INT(is.status, ETWKIT_E_DAMAGED);
    CHECK(strncmp(is.error.message, "a.man: line 1, column 0: ", 25) == 0);
    done();
    read_text("");
    CHECK_EQ_INT(is.status, ETWKIT_E_DAMAGED);
    done();
    read_text("<html><provider name=\"x\"/></html>");
    CHECK_EQ_INT(is.status, ETWKIT_E_UNSUPPORTED);
    done();
    read_text("<instrumentationManifest><provider name=\"x\"/></instrumentationManifest>");
    CHECK_EQ_INT(is.status, ETWKIT_E_DAMAGED);
    done();
    read_bytes("<", EK_MANIFEST_SIZE + 1); /* not looked at */
    CHECK_EQ_INT(is.status, ETWKIT_E_LIMIT);
    done();
}

TEST(bombs_are_refused) {
    read_text("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]>" OPENING "&c;" CLOSING);
    CHECK_EQ_INT(is.status, ETWKIT_E_DAMAGED);
    CHECK(strstr(is.error.message, "declarations of entities and the like are refused") != NULL);
    done();
    read_text("<!DOCTYPE a [<!ATTLIST task name CDATA \"long\">]>" OPENING "<task value=\"1\"/>" CLOSING);
    CHECK_EQ_INT(is.status, ETWKIT_E_DAMAGED);
    done();
    read_text("<!DOCTYPE instrumentationManifest SYSTEM \"eventman.dtd\">" OPENING CLOSING); /* never fetched */
    CHECK_EQ_INT(is.status, ETWKIT_OK);
    done();
    char deep[4 * EK_MANIFEST_DEPTH + 256];
    size_t size = (size_t)snprintf(deep, sizeof deep, "%s", OPENING);
    for (int i = 0; i < EK_MANIFEST_DEPTH; i++)
        size += (size_t)snprintf(deep + size, sizeof deep - size, "<a>");
    read_bytes(deep, size);
    CHECK_EQ_INT(is.status, ETWKIT_OK);
    CHECK(strstr(is.first, "elements are nested too deep") != NULL);
    done();
}

TEST(faults_without_end_are_given_up) {
    size_t size = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    REQUIRE(text != NULL);
    size += (size_t)snprintf(text, capacity, "%s<task value=\"1\" name=\"T\"/>", OPENING);
    for (int i = 0; i < EK_MANIFEST_REPAIRS + 1; i++)
        size += (size_t)snprintf(text + size, capacity - size, "<level value=\"1\" name=\"a\"b\"/>");
    read_bytes(text, size);
    CHECK_EQ_STR(task(), "T");
    CHECK_EQ_UINT(is.reports > 1, true);
    done();
    free(text);
}

static bool reads(const etwkit_allocator *allocator, void *context) {
    ek_providers providers;
    ek_providers_init(&providers, allocator);
    etwkit_status status = ek_manifest_read("a.man", context, strlen(context), &providers, NULL, NULL, NULL);
    bool good = status == ETWKIT_OK && providers.count == 1 && providers.list[0]->event_count == 1;
    if (status != ETWKIT_OK)
        CHECK_EQ_INT(status, ETWKIT_E_NO_MEMORY);
    ek_providers_free(&providers);
    return good;
}

TEST(memory_may_run_out) {
    static char text[] =
        OPENING "<events><event value=\"1\" name=\"n\" template=\"T\" keywords=\"K win:SQM\" task=\"A\" opcode=\"O\" "
                "channel=\"C\" message=\"$(string.s)\"/></events><template tid=\"T\"><data name=\"n s\" "
                "inType=\"win:UInt8\" map=\"M\"/><data name=\"b\" inType=\"win:Binary\" length=\"n s\"/></template>"
                "<valueMap name=\"M\"><map value=\"1\" message=\"$(mc.5)\"/></valueMap><channel chid=\"C\" name=\"D\"/>"
                "<task name=\"A\" value=\"0\"><opcode name=\"O\" value=\"9\"/></task><keyword name=\"K\" mask=\"1\"/>"
                "</provider><messageTable><message value=\"5\" message=\"$(string.s)\"/></messageTable><localization>"
                "<resources><stringTable><string id=\"s\" value=\"a\"b\001\"/></stringTable></resources></localization>"
                "</instrumentationManifest>";
    CHECK_OOM(reads, text);
}

TEST_MAIN(CASE(every_encoding_is_read), CASE(what_is_no_xml_is_mended), CASE(what_stands_before_a_fault_is_read),
          CASE(every_cut_is_survived), CASE(what_is_none_is_refused), CASE(bombs_are_refused),
          CASE(faults_without_end_are_given_up), CASE(memory_may_run_out))
