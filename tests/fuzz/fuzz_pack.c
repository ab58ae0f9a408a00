/* SPDX-License-Identifier: MIT */
/* Fuzz target: packs. Everything is asked of a hostile one; what can be read is made into a pack again, and that pack
 * must say the same of every event.
 *
 * Input: u8 (bit 0: 8-byte pointers, bit 1: layouts are chosen by the payload), u8 size of a payload, the payload, then
 * the pack. The mutator makes up providers to begin with; it knows sections, changes parts of elements, moves
 * references, and mends nothing.
 */
#include "base/bytes.h"
#include "decode/walk.h"
#include "fuzz.h"
#include "fuzz_pack_model.h"
#include "fuzz_show.h"
#include "fuzz_text.h"
#include "schema/names.h"
#include "schema/pack_builder.h"
#include "schema/pack_inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_PROVIDERS = 24,
    MOST_EVENTS = 64,
    MOST_SHOWN_FIELDS = 256
};

/* A record of an event, whose names are all asked for. */
typedef struct asked {
    etwkit_record record;
    ek_pack_choice choice;
    etwkit_allocator allocator;
} asked;

static void check_text(const char *text) {
    FUZZ_CHECK(!text || (strlen(text) <= EK_PACK_MAX_TEXT && fuzz_is_utf8(text, strlen(text))));
}

static void show(const asked *about, const ek_description *is, ek_arena *arena) {
    etwkit_schema schema = {.is = *is,
                            .known = is->layout != NULL,
                            .provider_id = about->record.provider_id,
                            .event_id = about->record.event_id,
                            .version = about->record.version,
                            .keywords = about->record.keywords};
    check_text(is->provider_name);
    check_text(is->event_name);
    check_text(is->task_name);
    check_text(is->opcode_name);
    check_text(is->level_name);
    check_text(is->channel_name);
    for (size_t i = 0; is->keyword_names && is->keyword_names[i]; i++)
        check_text(is->keyword_names[i]);
    schema.is.event_name = ek_event_name(arena, is, &about->record);
    FUZZ_CHECK(schema.is.event_name && ek_schema_write_head(arena, &schema));
    if (!schema.known || is->layout->field_count > MOST_SHOWN_FIELDS)
        return;
    fuzz_show_schema(&schema);
    fuzz_show_values(&about->record, &schema);
}

/* Fields of an event's layout, -1: it is not known. */
static int describe(const ek_pack *pack, const asked *about) {
    ek_arena arena;
    ek_description is = {0};
    etwkit_error error = {0};
    ek_arena_init(&arena, &about->allocator);
    etwkit_status status = ek_pack_describe(pack, &about->record, &about->choice, &arena, &is, &error);
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_ABSENT || (status == ETWKIT_E_DAMAGED && error.message[0]));
    FUZZ_CHECK((status == ETWKIT_OK) == (is.layout != NULL));
    show(about, &is, &arena);
    int count = is.layout ? is.layout->field_count : -1;
    ek_arena_free(&arena);
    return count;
}

static void set_event(asked *about, const ek_provider *provider, const ek_provider_event *event) {
    etwkit_record *record = &about->record;
    record->provider_id = provider->id;
    record->event_id = event->id;
    record->version = event->version;
    record->channel = event->channel;
    record->level = event->level;
    record->opcode = event->opcode;
    record->task = event->task;
    record->keywords = event->keywords;
}

static void ask_all(const ek_pack *pack, const ek_providers *providers, asked *about) {
    for (size_t i = 0; i < providers->count; i++) {
        const ek_provider *provider = providers->list[i];
        for (size_t e = 0; e < provider->event_count && e < MOST_EVENTS; e++) {
            set_event(about, provider, &provider->events[e]);
            describe(pack, about);
            about->record.version++;
            describe(pack, about);
        }
    }
}

/* A pack of what was read, which finds each provider, and reads as it was read. */
static void make_again(const ek_providers *providers, asked *about) {
    const ek_pack_builder_options options = {.with_messages = true};
    ek_pack_builder *builder;
    ek_pack pack;
    ek_buf bytes;
    ek_buf_init(&bytes, &about->allocator);
    FUZZ_CHECK(ek_pack_builder_new(&builder, &options, &about->allocator, NULL) == ETWKIT_OK);
    for (size_t i = 0; i < providers->count; i++)
        FUZZ_CHECK(ek_pack_builder_add(builder, providers->list[i], (uint32_t)i % 4 * 1000, NULL) == ETWKIT_OK);
    etwkit_status status = ek_pack_builder_finish(builder, &bytes, NULL);
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_E_LIMIT);
    if (!status) {
        FUZZ_CHECK(ek_pack_open(&pack, bytes.data, bytes.size, NULL) == ETWKIT_OK);
        for (uint32_t i = 0; i < ek_pack_provider_count(&pack); i++) {
            ek_pack_provider at, found;
            ek_providers again;
            ek_providers_init(&again, &about->allocator);
            FUZZ_CHECK(ek_pack_provider_at(&pack, i, &at) && ek_pack_find_provider(&pack, &at.id, &found));
            FUZZ_CHECK(found.index == i);
            FUZZ_CHECK(ek_pack_read_provider(&pack, i, &again, NULL, NULL) == ETWKIT_OK);
            FUZZ_CHECK(again.list[0]->event_count == at.event_count);
            ek_providers_free(&again);
        }
        ask_all(&pack, providers, about);
    }
    ek_pack_builder_free(&builder);
    ek_buf_free(&bytes);
}

static void use(const ek_pack *pack, asked *about) {
    ek_providers providers;
    ek_providers_init(&providers, &about->allocator);
    for (uint32_t i = 0; i < ek_pack_provider_count(pack) && i < MOST_PROVIDERS; i++) {
        const uint32_t *builds = NULL;
        etwkit_error error = {0};
        ek_pack_provider at;
        FUZZ_CHECK(ek_pack_provider_at(pack, i, &at));
        check_text(at.name);
        ek_pack_find_provider(pack, &at.id, &at);
        etwkit_status status = ek_pack_read_provider(pack, i, &providers, &builds, &error);
        FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_E_LIMIT || status == ETWKIT_E_DAMAGED);
        FUZZ_CHECK(!status || error.message[0]);
    }
    for (uint32_t i = 0; ek_pack_build_at(pack, i); i++)
        about->choice.os_build = ek_pack_build_at(pack, i);
    ask_all(pack, &providers, about);
    make_again(&providers, about);
    ek_providers_free(&providers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    unsigned how = fuzz_u8(&input);
    size_t payload_size = fuzz_u8(&input);
    const uint8_t *payload_at = fuzz_bytes(&input, &payload_size);
    uint8_t *payload = fuzz_copy(payload_at, payload_size), *bytes = fuzz_copy(input.at, input.left);
    asked about = {.record = {.header_kind = ETWKIT_HEADER_EVENT64,
                              .pointer_size = how & 1 ? 8 : 4,
                              .payload = payload,
                              .payload_size = (uint32_t)payload_size,
                              .data = payload,
                              .data_size = (uint32_t)payload_size},
                   .choice = {.fits = how & 2 ? ek_layout_fits : NULL},
                   .allocator = fuzz_allocator(&memory)};
    ek_pack pack;
    etwkit_error error = {0};
    etwkit_status status = ek_pack_open(&pack, bytes, input.left, &error);
    FUZZ_CHECK(status == ETWKIT_OK ||
               ((status == ETWKIT_E_DAMAGED || status == ETWKIT_E_UNSUPPORTED) && error.message[0]));
    if (!status)
        use(&pack, &about);
    FUZZ_CHECK(memory.live == 0);
    free(payload);
    free(bytes);
    return 0;
}

/* One number somewhere in an element of some section becomes another one that may mean something there. */
static void change_element(uint8_t *pack, size_t size, uint32_t *dice) {
    uint32_t which = fuzz_dice(dice, EK_PACK_SECTIONS), offset, count, value;
    memcpy(&offset, pack + EK_PACK_AT_SECTIONS + 8 * (size_t)which, 4);
    memcpy(&count, pack + EK_PACK_AT_SECTIONS + 8 * (size_t)which + 4, 4);
    uint64_t bytes = (uint64_t)count * ek_pack_element_size[which];
    if (!bytes || offset > size || bytes > size - offset)
        return;
    uint8_t *at = pack + offset + fuzz_dice(dice, (uint32_t)bytes);
    switch (fuzz_dice(dice, 4)) {
    case 0: *at = (uint8_t)fuzz_dice(dice, 256); return;
    case 1: *at ^= (uint8_t)(1u << fuzz_dice(dice, 8)); return;
    case 2: { /* of one element the part of another */
        size_t element = ek_pack_element_size[which], other = fuzz_dice(dice, count) * element;
        memmove(pack + offset + fuzz_dice(dice, count) * element, pack + offset + other, element);
        return;
    }
    default:
        at -= (size_t)(at - (pack + offset)) % 4;
        if (at + 4 > pack + size)
            return;
        memcpy(&value, at, 4);
        value = fuzz_dice(dice, 2) ? value + fuzz_dice(dice, 5) - 2 : fuzz_dice(dice, count + 2);
        memcpy(at, &value, 4);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    size_t head = size > 2 ? 2 + (size_t)data[1] : size;
    if (size < head + EK_PACK_HEAD_SIZE || fuzz_dice(&dice, 64) == 0) {
        size_t made = capacity > 66 ? fuzz_make_pack(data + 66, capacity - 66, &dice) : 0;
        if (made) {
            data[0] = (uint8_t)fuzz_dice(&dice, 4);
            data[1] = 64;
            for (size_t i = 2; i < 66; i++)
                data[i] = (uint8_t)(i % 4 ? 0 : fuzz_dice(&dice, 5));
            return 66 + made;
        }
    }
    if (size < head + EK_PACK_HEAD_SIZE || fuzz_dice(&dice, 5) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    for (uint32_t i = 0; i <= fuzz_dice(&dice, 3); i++)
        change_element(data + head, size - head, &dice);
    return size;
}
