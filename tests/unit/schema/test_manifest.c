/* SPDX-License-Identifier: MIT */
/* Instrumentation manifests: names, templates, maps and texts in any order, and what is told of wrong ones. */
#include "oom.h"
#include "read_manifest.h"
#include "schema/manifest_types.h"

#define HEAD                                                                                               \
    "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\"><instrumentation>" \
    "<events>"
#define PROVIDER "<provider name=\"A-B\" guid=\"{11111111-2222-3333-0102-030405060708}\" symbol=\"AB\">"
#define TAIL "</provider></events></instrumentation></instrumentationManifest>"
#define MANIFEST(inside) HEAD PROVIDER inside TAIL

/* The only provider of a manifest about which nothing is told. */
static ek_provider *read_good(const char *text) {
    static ek_provider none;
    read_text(text);
    CHECK_EQ_INT(is.status, ETWKIT_OK);
    CHECK_EQ_UINT(is.providers.count, 1);
    CHECK_EQ_UINT(is.reports, 0);
    CHECK_EQ_STR(is.first, "");
    return is.providers.count ? is.providers.list[0] : &none;
}

static const ek_named_value *named(const ek_provider *provider, ek_table_kind kind, const char *name) {
    static const ek_named_value none = {UINT64_MAX, "(none)", NULL};
    const ek_name_table *table = &provider->tables[kind];
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->values[i].name, name) == 0)
            return &table->values[i];
    return &none;
}

/* Events before what they refer to, strings last, as no one writes it. */
static const char backwards[] = MANIFEST(
    "<events>"
    "<event value=\"02050\" version=\"0x3\" level=\"win:Warning\" task=\"Work\" opcode=\"Half\" keywords=\"K1  K3\""
    " template=\"T\" channel=\"C1\" symbol=\"WorkHalf\" name=\"Half.Work\" message=\"$(string.m)\"/>"
    "<event value=\"7\" task=\"Rest\" opcode=\"Half\" level=\"Loud\" channel=\"A-B/Admin\"/>"
    "<event value=\"8\" opcode=\"win:DC_Stop\" level=\"5\" keywords=\"win:AuditSuccess\" template=\"\"/>"
    "</events>"
    "<templates><template tid=\"T\"><data name=\"x\" inType=\"win:UInt32\" map=\"M\"/></template></templates>"
    "<maps><valueMap name=\"M\"><map value=\"1\" message=\"$(string.one)\"/></valueMap></maps>"
    "<keywords><keyword name=\"K1\" mask=\"0x1\"/><keyword name=\"K3\" mask=\"0x8000000000000000\"/></keywords>"
    "<opcodes><opcode name=\"Half\" value=\"11\" message=\"plain\"/></opcodes>"
    "<tasks><task name=\"Work\" value=\"3\"><opcodes><opcode name=\"Half\" value=\"12\"/></opcodes></task>"
    "<task name=\"Rest\" value=\"4\"/></tasks>"
    "<levels><level name=\"Loud\" value=\"17\"/></levels>"
    "<channels><channel chid=\"C1\" name=\"A-B/Operational\" type=\"Operational\"/>"
    "<channel chid=\"C2\" name=\"A-B/Debug\" type=\"Debug\" value=\"17\"/><importChannel chid=\"S\" name=\"System\"/>"
    "<channel name=\"A-B/Admin\" type=\"Admin\"/></channels>") "<x:localization xmlns:x=\"y\"><resources "
                                                               "culture=\"de-DE\"><stringTable><string id=\"m\" "
                                                               "value=\"halb\"/>"
                                                               "<string id=\"one\" "
                                                               "value=\"eins\"/></stringTable></resources>"
                                                               "<resources culture=\"en-US\"><stringTable><string "
                                                               "id=\"m\" value=\"half "
                                                               "%1%n\"/></stringTable></resources>"
                                                               "</x:localization>";

/* The localization belongs inside the root. */
static const char *whole(void) {
    static char text[sizeof backwards + 32];
    const char *end = "</instrumentationManifest>";
    const char *at = strstr(backwards, end);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - backwards), backwards, at + strlen(end), end);
    return text;
}

TEST(everything_is_found_in_any_order) {
    ek_provider *p = read_good(whole());
    CHECK_EQ_STR(p->name, "A-B");
    CHECK_EQ_UINT(p->id.bytes[0], 0x11);
    REQUIRE(p->event_count == 3);
    ek_provider_event *e = p->events;
    CHECK_EQ_UINT(e[0].id, 2050);
    CHECK_EQ_UINT(e[0].version, 3);
    CHECK_EQ_UINT(e[0].level, 3);
    CHECK_EQ_UINT(e[0].task, 3);
    CHECK_EQ_UINT(e[0].opcode, 12); /* that of its task */
    CHECK_EQ_UINT(e[0].keywords, 0x8000000000000001);
    CHECK_EQ_UINT(e[0].channel, 16);
    CHECK_EQ_STR(e[0].symbol, "WorkHalf");
    CHECK_EQ_STR(e[0].name, "Half.Work");
    CHECK_EQ_STR(e[0].message, "half %1%n"); /* en-US before the first */
    REQUIRE(e[0].payload != NULL);
    REQUIRE(e[0].payload->fields[0].map != NULL);
    CHECK_EQ_STR(ek_map_label(e[0].payload->fields[0].map, 1), "eins"); /* any culture before none */
    CHECK_EQ_UINT(e[1].opcode, 11);
    CHECK_EQ_UINT(e[1].level, 17);
    CHECK_EQ_UINT(e[1].channel, 18);
    CHECK(e[1].payload == NULL && e[1].name == NULL && e[1].symbol == NULL && e[1].message == NULL);
    CHECK_EQ_UINT(e[2].opcode, 4);
    CHECK_EQ_UINT(e[2].level, 5);
    CHECK_EQ_UINT(e[2].keywords, 0x0020000000000000);
    CHECK(e[2].payload == NULL);
    done();
}

TEST(names_stand_in_tables) {
    ek_provider *p = read_good(whole());
    CHECK_EQ_UINT(p->tables[EK_TABLE_OPCODES].count, 2);
    CHECK_EQ_UINT(p->tables[EK_TABLE_OPCODES].values[0].value, 11);
    CHECK_EQ_STR(p->tables[EK_TABLE_OPCODES].values[0].message, "plain");
    CHECK_EQ_UINT(p->tables[EK_TABLE_OPCODES].values[1].value, 3 << 16 | 12);
    CHECK_EQ_UINT(named(p, EK_TABLE_TASKS, "Rest")->value, 4);
    CHECK_EQ_UINT(named(p, EK_TABLE_LEVELS, "Loud")->value, 17);
    CHECK_EQ_UINT(named(p, EK_TABLE_KEYWORDS, "win:AuditSuccess")->value, 0x0020000000000000);
    CHECK_EQ_UINT(named(p, EK_TABLE_CHANNELS, "A-B/Operational")->value, 16); /* mc.exe numbers from 16 on, */
    CHECK_EQ_UINT(named(p, EK_TABLE_CHANNELS, "A-B/Debug")->value, 17);
    CHECK_EQ_UINT(named(p, EK_TABLE_CHANNELS, "A-B/Admin")->value, 18); /* around what is taken, */
    CHECK_EQ_UINT(named(p, EK_TABLE_CHANNELS, "System")->value, 8);     /* but knows Windows' own */
    CHECK_EQ_UINT(p->map_count, 1);
    done();
}

TEST(messages_are_found_by_name_and_number) {
    static const char text[] = HEAD PROVIDER
        "<events><event value=\"1\" message=\"$(mc.hello)\"/><event value=\"2\" message=\"$(mc.0x12C)\"/></events>"
        "</provider><messageTable><message mid=\"hello\" message=\"$(string.h)\"/>"
        "<message value=\"300\" message=\"three\"/></messageTable></events></instrumentation>"
        "<localization><resources culture=\"fr-FR\"><stringTable><string id=\"h\" value=\"salut\"/></stringTable>"
        "</resources></localization></instrumentationManifest>";
    ek_provider *p = read_good(text);
    REQUIRE(p->event_count == 2);
    CHECK_EQ_STR(p->events[0].message, "salut");
    CHECK_EQ_STR(p->events[1].message, "three");
    done();
}

TEST(fields_refer_to_earlier_ones) {
    ek_provider *p = read_good(MANIFEST(
        "<templates><template tid=\"T\"><data name=\"n\" inType=\"win:UInt16\"/>"
        "<struct name=\"S\" count=\"n\"><data name=\"n\" inType=\"win:UInt8\"/>"
        "<data name=\"b\" inType=\"win:Binary\" length=\"n\"/><data name=\"Top Size\" inType=\"win:UInt8\"/></struct>"
        "<data name=\"s\" inType=\"win:UnicodeString\" length=\"012\" outType=\"xs:string\"/>"
        "<data name=\"a\" inType=\"win:Int8\" count=\"2\"/><data name=\"BlobSize\" inType=\"win:UInt32\"/>"
        "<data name=\"Blob\" inType=\"win:Binary\" length=\"Blob Size\"/>"
        "<struct name=\"R\"><data name=\"q\" inType=\"win:UInt8\" count=\"n\"/></struct>"
        "<UserData><E><data name=\"no\" inType=\"no\"/></E></UserData></template></templates>"
        "<events><event value=\"1\" template=\"T\"/></events>"));
    REQUIRE(p->event_count == 1 && p->events[0].payload != NULL);
    const ek_template *t = p->events[0].payload;
    const ek_field_spec *f = t->fields;
    REQUIRE(t->top_count == 7 && t->field_count == 11);
    CHECK_EQ_UINT(f[1].flags, EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(f[1].count, 0);
    CHECK_EQ_UINT(f[1].first_member, 7);
    CHECK_EQ_UINT(f[1].member_count, 3);
    CHECK_EQ_UINT(f[2].flags, EK_FIELD_FIXED_LENGTH);
    CHECK_EQ_UINT(f[2].length, 12);
    CHECK_EQ_UINT(f[3].flags, EK_FIELD_FIXED_COUNT);
    CHECK_EQ_UINT(f[3].count, 2);
    CHECK_EQ_UINT(f[5].length, 4); /* blanks do not count */
    CHECK_EQ_UINT(f[6].first_member, 10);
    CHECK_EQ_STR(f[8].name, "b");
    CHECK_EQ_UINT(f[8].flags, EK_FIELD_PARAM_LENGTH);
    CHECK_EQ_UINT(f[8].length, 7); /* the struct's own n */
    CHECK_EQ_UINT(f[10].count, 0); /* the template's */
    const ek_layout *layout = NULL;
    CHECK_EQ_INT(ek_layout_build(&layout, &is.providers.arena, f, t->field_count, t->top_count, &is.error), ETWKIT_OK);
    done();
}

TEST(maps_keep_their_kind) {
    ek_provider *p = read_good(MANIFEST(
        "<maps><bitMap name=\"B\"><map value=\"0x1\" message=\"a \"/><map value=\"0x80000000\" message=\"b\"/></bitMap>"
        "<valueMap name=\"V\"><map value=\"007\" message=\"seven\"/></valueMap><valueMap name=\"Empty\"/></maps>"));
    REQUIRE(p->map_count == 3);
    CHECK(etwkit_map_is_bitmap(p->maps[0]) && !etwkit_map_is_bitmap(p->maps[1]));
    CHECK_EQ_UINT(p->maps[0]->entries[1].value, 0x80000000);
    CHECK_EQ_STR(p->maps[0]->entries[0].label, "a");
    CHECK_EQ_STR(ek_map_label(p->maps[1], 7), "seven");
    CHECK_EQ_UINT(etwkit_map_count(p->maps[2]), 0);
    done();
}

TEST(several_providers_of_one_file_are_apart) {
    read_text(HEAD PROVIDER
              "<tasks><task name=\"T\" value=\"1\"/></tasks><events><event value=\"1\" task=\"T\"/></events>"
              "</provider><provider name=\"C\" guid=\"{21111111-2222-3333-0102-030405060708}\">"
              "<tasks><task name=\"T\" value=\"2\"/></tasks><events><event value=\"1\" task=\"T\"/>"
              "</events></provider><provider name=\"D\"/><counters><provider name=\"E\"/></counters>"
              "</events></instrumentation></instrumentationManifest>");
    CHECK_EQ_INT(is.status, ETWKIT_OK);
    REQUIRE(is.providers.count == 2);
    CHECK_EQ_UINT(is.providers.list[0]->events[0].task, 1);
    CHECK_EQ_UINT(is.providers.list[1]->events[0].task, 2);
    CHECK_EQ_UINT(is.reports, 1);
    CHECK(strstr(is.first, "this provider has no GUID; it is left out: \"D\"") != NULL);
    done();
}

TEST(types_have_their_numbers) {
    static const struct {
        const char *name;
        uint16_t type;
    } in[] = {{"win:UnicodeString", 1},
              {"win:AnsiString", 2},
              {"win:Int8", 3},
              {"win:UInt8", 4},
              {"win:Int16", 5},
              {"win:UInt16", 6},
              {"win:Int32", 7},
              {"win:UInt32", 8},
              {"win:Int64", 9},
              {"win:UInt64", 10},
              {"win:Float", 11},
              {"win:Double", 12},
              {"win:Boolean", 13},
              {"win:Binary", 14},
              {"win:GUID", 15},
              {"win:Pointer", 16},
              {"win:FILETIME", 17},
              {"win:SYSTEMTIME", 18},
              {"win:SID", 19},
              {"win:HexInt32", 20},
              {"win:HexInt64", 21},
              {"CountedUtf16String", 22},
              {"win:CountedUnicodeString", 22},
              {"win:CountedAnsiString", 23},
              {"CountedMbcsString", 23},
              {"win:Struct", 24},
              {"win:CountedBinary", 25},
              {"win:29", 29},
              {"win:Guid", 15},
              {"UInt32", 8}},
      out[] = {{"xs:string", 1},
               {"xs:dateTime", 2},
               {"xs:byte", 3},
               {"xs:unsignedByte", 4},
               {"xs:short", 5},
               {"xs:unsignedShort", 6},
               {"xs:int", 7},
               {"xs:unsignedInt", 8},
               {"xs:long", 9},
               {"xs:unsignedLong", 10},
               {"xs:float", 11},
               {"xs:double", 12},
               {"xs:boolean", 13},
               {"xs:GUID", 14},
               {"xs:hexBinary", 15},
               {"win:HexInt8", 16},
               {"win:HexInt16", 17},
               {"xs:HexInt32", 18},
               {"win:HexInt64", 19},
               {"win:PID", 20},
               {"win:TID", 21},
               {"win:Port", 22},
               {"win:IPv4", 23},
               {"win:IPv6", 24},
               {"win:SocketAddress", 25},
               {"win:CIMDateTime", 26},
               {"win:ETWTIME", 27},
               {"win:Xml", 28},
               {"win:ErrorCode", 29},
               {"win:Win32Error", 30},
               {"win:NTSTATUS", 31},
               {"win:HResult", 32},
               {"win:DateTimeCultureInsensitive", 33},
               {"win:Json", 34},
               {"win:Utf8", 35},
               {"win:Pkcs7WithTypeInfo", 36},
               {"win:CodePointer", 37},
               {"win:DateTimeUtc", 38},
               {"win:ReducedString", 300},
               {"win:NoPrint", 301}};
    uint16_t type;
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        CHECK(ek_manifest_in_type(in[i].name, &type));
        CHECK_EQ_UINT(type, in[i].type);
    }
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        CHECK(ek_manifest_out_type(out[i].name, &type));
        CHECK_EQ_UINT(type, out[i].type);
    }
    CHECK(!ek_manifest_in_type("win:Nothing", &type) && !ek_manifest_in_type("", &type));
    CHECK(!ek_manifest_in_type("win:65536", &type) && !ek_manifest_out_type("xs:UInt32", &type));
}

TEST(numbers_are_decimal_or_hexadecimal) {
    uint64_t value = 1;
    CHECK(ek_manifest_number("02050", &value) && value == 2050);
    CHECK(ek_manifest_number(" 0XfF\n", &value) && value == 255);
    CHECK(ek_manifest_number("18446744073709551615", &value) && value == UINT64_MAX);
    CHECK(ek_manifest_number("0xffffffffffffffff", &value) && value == UINT64_MAX);
    CHECK(!ek_manifest_number("18446744073709551616", &value) && !ek_manifest_number("0x10000000000000000", &value));
    CHECK(!ek_manifest_number("", &value) && !ek_manifest_number("0x", &value) && !ek_manifest_number("-1", &value));
    CHECK(!ek_manifest_number("1a", &value) && !ek_manifest_number("1 2", &value) && !ek_manifest_number("x", &value));
}

/* What is wrong is told with its place, and the rest is read. */
TEST(what_is_wrong_is_told) {
    static const struct {
        const char *inside, *message;
    } wrong[] = {
        {"<event value=\"1\" task=\"Nix\"/>", "this is declared nowhere: \"Nix\""},
        {"<event value=\"1\" task=\"Nix\"/><event value=\"2\" task=\"Nix\"/>", "this is declared nowhere: \"Nix\""},
        {"<event value=\"1\" keywords=\"win:Nix\"/>", "this keyword is declared nowhere: \"win:Nix\""},
        {"<event value=\"1\" template=\"T\"/>", "there is no such template: \"T\""},
        {"<event value=\"65536\"/>", "this event has no id or version that can be; it is left out: \"65536\""},
        {"<event/>", "this event has no id or version that can be; it is left out"},
        {"<event value=\"1\" version=\"256\"/>",
         "this event has no id or version that can be; it is left out: \"256\""},
        {"<event value=\"1\" message=\"$(string.x)\"/>", "there is no such string: \"x\""},
        {"<event value=\"1\" message=\"$(mc.9)\"/>", "there is no such message: \"9\""},
        {"<task name=\"T\"/>", "this element needs a name and a value"},
        {"<task name=\"T\" value=\"70000\"/>", "this value is no number that can be: \"70000\""},
        {"<keyword name=\"T\" mask=\"x\"/>", "this value is no number that can be: \"x\""},
        {"<task name=\"T\" value=\"1\"/><task name=\"T\" value=\"2\"/>", "this name is there already: \"T\""},
        {"<channel name=\"T\" value=\"256\"/>", "this channel has no number that can be: \"T\""},
        {"<valueMap/>", "this map has no name"},
        {"<valueMap name=\"M\"><map value=\"y\" message=\"z\"/></valueMap>",
         "the value of this map's entry is no number: \"y\""},
        {"<template/>", "this template has no tid"},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Nix\"/></template>",
         "there is no such in-type: \"win:Nix\""},
        {"<template tid=\"T\"><data name=\"x\"/></template>", "there is no such in-type: \"\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:29\"/></template>",
         "what this struct holds is not told: \"win:29\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Int8\" outType=\"q\"/></template>",
         "there is no such out-type: \"q\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Int8\" map=\"M\"/></template>",
         "there is no such map: \"M\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Int8\" count=\"x\"/></template>",
         "there is no such field to hold a count or length: \"x\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Int8\" count=\"65536\"/></template>",
         "this number is too large: \"65536\""},
        {"<template tid=\"T\"><data name=\"x\" inType=\"win:Int8\" count=\"y\"/>"
         "<data name=\"y\" inType=\"win:Int8\"/></template>",
         "field 0 refers to a field that does not come before it"},
        {"<template tid=\"T\"><struct name=\"x\"><struct name=\"y\"/></struct></template>",
         "structs in structs are not allowed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s\n %s%s", HEAD PROVIDER, wrong[i].inside, TAIL);
        read_text(text);
        CHECK_EQ_INT(is.status, ETWKIT_OK);
        CHECK_EQ_UINT(is.reports, 1);
        CHECK(strncmp(is.first, "a.man: line 2, column ", 22) == 0);
        const char *what = strstr(is.first + 22, ": ");
        CHECK_EQ_STR(what ? what + 2 : is.first, wrong[i].message);
        done();
    }
}

TEST(events_of_unknown_templates_have_names_alone) {
    read_text(MANIFEST("<templates><template tid=\"T\"><data name=\"x\" inType=\"win:Nix\"/></template></templates>"
                       "<events><event value=\"1\" template=\"T\"/><event value=\"2\"/></events>"));
    REQUIRE(is.providers.count == 1 && is.providers.list[0]->event_count == 2);
    CHECK(is.providers.list[0]->events[0].payload_unknown);
    CHECK(!is.providers.list[0]->events[1].payload_unknown);
    CHECK_EQ_UINT(is.reports, 1);
    done();
}

TEST(dumps_are_known_as_such) {
    ek_provider *p =
        read_good(HEAD "<provider name=\"A\" guid=\"{11111111-2222-3333-0102-030405060708}\" source=\"Xml\">"
                       "<templates><template tid=\"T\"><data name=\"x\" inType=\"win:29\"/></template>"
                       "</templates><events><event value=\"1\" template=\"T\" task=\"task_0\" opcode=\"win:Stop_8_2\"/>"
                       "</events>" TAIL);
    CHECK(p->is_dump);
    REQUIRE(p->event_count == 1 && p->events[0].payload != NULL);
    CHECK_EQ_UINT(p->events[0].opcode, 2);
    CHECK_EQ_UINT(p->events[0].payload->fields[0].in_type, 29); /* as it stands: see tidy.h */
    done();
}

TEST(many_faults_are_summed_up) {
    char text[8192];
    size_t size = (size_t)snprintf(text, sizeof text, "%s", HEAD PROVIDER);
    for (int i = 0; i < 30; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "<event value=\"x\"/>\n");
    snprintf(text + size, sizeof text - size, "%s", TAIL);
    read_text(text);
    CHECK_EQ_UINT(is.reports, EK_MANIFEST_REPORTS + 1);
    CHECK_EQ_STR(is.last, "a.man: 10 more faults of these kinds");
    done();
}

TEST_MAIN(CASE(everything_is_found_in_any_order), CASE(names_stand_in_tables),
          CASE(messages_are_found_by_name_and_number), CASE(fields_refer_to_earlier_ones), CASE(maps_keep_their_kind),
          CASE(several_providers_of_one_file_are_apart), CASE(types_have_their_numbers),
          CASE(numbers_are_decimal_or_hexadecimal), CASE(what_is_wrong_is_told),
          CASE(events_of_unknown_templates_have_names_alone), CASE(dumps_are_known_as_such),
          CASE(many_faults_are_summed_up))
