/* SPDX-License-Identifier: MIT */
/* Providers: registering them, and writing an event to each session that wants it. */
#include "base/bytes.h"
#include "base/error.h"
#include "session/environment.h"
#include "session/etw_provider.h"
#include "session/process.h"
#include "session/thread_state.h"

#include <etwkit/event_builder.h>

enum {
    DATA_MOST = 128,     /* of one event */
    EVENT_MOST = 0xFFFF, /* bytes: its size is a u16 */
    EVENT_HEAD = 0x50,
    MARK = 0xC0,
    ITEM_HEAD = 8,
    MORE_ITEMS = 1,
    FLAGS = ETWKIT_FLAG_EXTENDED_INFO | ETWKIT_FLAG_NO_CPUTIME
};

void etwkit_provider_guid(const etwkit_provider *provider, etwkit_guid *id) {
    if (provider->id)
        *id = *provider->id;
    else
        etwkit_guid_from_name(id, provider->name);
}

static void put_item_head(uint8_t *item, etwkit_item_type type, size_t size, bool more) {
    ek_store16(item, (uint16_t)ek_align8(ITEM_HEAD + (uint32_t)size));
    ek_store16(item + 2, (uint16_t)type);
    ek_store16(item + 4, more ? MORE_ITEMS : 0);
    ek_store16(item + 6, (uint16_t)size);
}

etwkit_status etwkit_provider_register(etwkit_provider *provider, etwkit_error *error) {
    if (!provider->name || !provider->name[0])
        return ek_fail(error, ETWKIT_E_INVALID, "a provider without a name cannot be registered");
    if (__atomic_load_n(&provider->registration, __ATOMIC_ACQUIRE))
        return ek_fail(error, ETWKIT_E_INVALID, "provider %s is registered already", provider->name);
    if (strlen(provider->name) > EK_PROVIDER_NAME)
        return ek_fail(error, ETWKIT_E_TOO_BIG, "a provider's name may have %d bytes, this one has %zu",
                       EK_PROVIDER_NAME, strlen(provider->name));
    etwkit_guid id;
    uint8_t item[EK_TRAITS_ITEM] = {0};
    size_t size = 0;
    etwkit_provider_guid(provider, &id);
    etwkit_status status =
        etwkit_provider_traits(provider->name, provider->group, item + ITEM_HEAD, sizeof item - ITEM_HEAD, &size);
    if (status)
        return ek_fail(error, status, "provider %s: its name and group make no traits", provider->name);
    put_item_head(item, ETWKIT_ITEM_PROV_TRAITS, size, false);
    ek_process_first(ek_environment_record);
    if (!ek_process_add_provider(provider, &id, item, ek_align8(ITEM_HEAD + (uint32_t)size)))
        return ek_fail_memory(error);
    return ETWKIT_OK;
}

void etwkit_provider_unregister(etwkit_provider *provider) {
    ek_process_remove_provider(provider);
}

/* Enabled (CONTRACT.md). */

static bool wants(ek_slot *slot, uint8_t level, uint64_t keywords) {
    const ek_wish wish = {.level = (uint8_t)ek_load_relaxed(&slot->level),
                          .ignore_keyword_0 = ek_load_relaxed(&slot->ignore_keyword_0) != 0,
                          .any = ek_load_relaxed(&slot->any),
                          .all = ek_load_relaxed(&slot->all)};
    return ek_is_enabled(&wish, level, keywords);
}

bool etwkit_provider_is_enabled(const etwkit_provider *provider, uint8_t level, uint64_t keywords) {
    if (!etwkit_provider_may_want(provider, level))
        return false;
    ek_registration *registration = __atomic_load_n(&provider->registration, __ATOMIC_ACQUIRE);
    uint32_t sessions = registration ? ek_load(&registration->sessions) : 0;
    for (; sessions; sessions &= sessions - 1)
        if (wants(&registration->slots[__builtin_ctz(sessions)], level, keywords))
            return true;
    return false;
}

/* Writing. */

/* One event on its way, the same for each session. */
typedef struct outgoing {
    const ek_registration *registration;
    const etwkit_event *event;
    const etwkit_data *data;
    size_t count;
    uint32_t size; /* of the whole event; 0: too big */
    const etwkit_guid *activity;
    uint32_t process_id, thread_id;
} outgoing;

static uint32_t item_size(uint32_t size) {
    return ek_align8(ITEM_HEAD + size);
}

static void measure(outgoing *out) {
    const etwkit_event *event = out->event;
    uint64_t size = EVENT_HEAD + out->registration->traits_size;
    if (event->metadata_size)
        size += item_size(event->metadata_size);
    if (event->related)
        size += item_size(sizeof *event->related);
    for (size_t i = 0; i < out->count && out->count <= DATA_MOST; i++) {
        const etwkit_data *data = &out->data[i];
        size += (uint64_t)data->size + (data->kind >= ETWKIT_DATA_COUNTED ? 2u : 0u);
        if (data->kind == ETWKIT_DATA_VALUE && data->size > sizeof data->of.value)
            size = UINT32_MAX;
    }
    out->size = size <= EVENT_MOST && out->count <= DATA_MOST ? (uint32_t)size : 0;
}

/* What events are made of is short: calling memcpy() for each piece takes longer than copying it. */
static void copy(uint8_t *to, const void *from, size_t size) {
    const uint8_t *at = from;
    if (size > 256) {
        memcpy(to, at, size);
    } else if (size >= 16) {
        uint8_t *last = to + size - 16;
        const uint8_t *tail = at + size - 16;
        for (; to < last; to += 16, at += 16) {
            memcpy(to, at, 16);
            __asm__("" : "+r"(to)); /* or the compiler would call memcpy() after all */
        }
        memcpy(last, tail, 16);
    } else if (size >= 8) {
        uint64_t tail = ek_load64(at + size - 8);
        memcpy(to, at, 8);
        ek_store64(to + size - 8, tail);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = at[i];
    }
}

static uint8_t *put_value(uint8_t *at, const etwkit_data *data) {
    switch (data->size) { /* copies of known size are one instruction */
    case 1: *at = (uint8_t)data->of.value; break;
    case 2: ek_store16(at, (uint16_t)data->of.value); break;
    case 4: ek_store32(at, (uint32_t)data->of.value); break;
    case 8: ek_store64(at, data->of.value); break;
    default: memcpy(at, &data->of.value, data->size <= 8 ? data->size : 8); break;
    }
    return at + data->size;
}

static uint8_t *put_data(uint8_t *at, const etwkit_data *data) {
    if (data->kind == ETWKIT_DATA_VALUE)
        return put_value(at, data);
    if (data->kind >= ETWKIT_DATA_COUNTED) {
        ek_store16(at, data->kind == ETWKIT_DATA_ARRAY ? data->count : (uint16_t)data->size);
        at += 2;
    }
    if (data->size)
        copy(at, data->of.pointer, data->size);
    return at + data->size;
}

static uint8_t *put_items(uint8_t *at, const outgoing *out) {
    const etwkit_event *event = out->event;
    if (event->related) {
        put_item_head(at, ETWKIT_ITEM_RELATED_ACTIVITY_ID, sizeof *event->related, true);
        memcpy(at + ITEM_HEAD, event->related, sizeof *event->related);
        at += item_size(sizeof *event->related);
    }
    if (event->metadata_size) {
        uint32_t padded = item_size(event->metadata_size);
        ek_store64(at + padded - 8, 0);
        put_item_head(at, ETWKIT_ITEM_EVENT_SCHEMA_TL, event->metadata_size, true);
        copy(at + ITEM_HEAD, event->metadata, event->metadata_size);
        at += padded;
    }
    copy(at, out->registration->traits, out->registration->traits_size);
    return at + out->registration->traits_size;
}

static void put_event(const ek_place *place, const outgoing *out) {
    const etwkit_event *event = out->event;
    uint8_t *bytes = place->bytes;
    ek_store64(bytes + ek_align8(out->size) - 8, 0); /* what rounds it up */
    ek_store16(bytes, (uint16_t)out->size);
    bytes[2] = ETWKIT_HEADER_EVENT64;
    bytes[3] = MARK;
    ek_store16(bytes + 4, FLAGS);
    ek_store16(bytes + 6, 0);
    ek_store32(bytes + 8, out->thread_id);
    ek_store32(bytes + 0x0C, out->process_id);
    ek_store64(bytes + 0x10, (uint64_t)place->time);
    memcpy(bytes + 0x18, &out->registration->id, sizeof out->registration->id);
    ek_store16(bytes + 0x28, event->event_id);
    bytes[0x2A] = event->version;
    bytes[0x2B] = event->channel;
    bytes[0x2C] = event->level;
    bytes[0x2D] = event->opcode;
    ek_store16(bytes + 0x2E, event->task);
    ek_store64(bytes + 0x30, event->keywords);
    ek_store64(bytes + 0x38, 0);
    memcpy(bytes + 0x40, out->activity, sizeof *out->activity);
    uint8_t *at = put_items(bytes + EVENT_HEAD, out);
    for (size_t i = 0; i < out->count; i++)
        at = put_data(at, &out->data[i]);
}

/* The sessions that had a chance at the event: between two slots one may have moved from the first to the second. */
typedef struct served_sessions {
    uint32_t serials[ETWKIT_PROVIDER_SESSIONS], count;
} served_sessions;

static bool serve(served_sessions *served, uint32_t serial) {
    for (uint32_t i = 0; i < served->count; i++)
        if (served->serials[i] == serial)
            return false;
    served->serials[served->count++] = serial;
    return true;
}

static etwkit_status write_to(ek_slot *slot, const outgoing *out, served_sessions *served) {
    ek_ring *ring = ek_load(&slot->ring);
    uint32_t serial = ek_load(&slot->serial), size = ek_align8(out->size);
    if (!serve(served, serial))
        return ETWKIT_OK;
    ek_place place;
    if (size == 0 || size > ek_load_relaxed(&ring->buffer_size) - EK_RING_HEAD) {
        ek_ring_refuse_size(ring, serial);
        return ETWKIT_E_TOO_BIG;
    }
    switch (ek_ring_reserve(ring, serial, size, &place)) {
    case EK_RESERVED: break;
    case EK_REFUSED: return ETWKIT_E_FULL;
    case EK_CLOSED: return ETWKIT_OK; /* it has ended: it does not want the event */
    }
    put_event(&place, out);
    ek_ring_commit(&place);
    return ETWKIT_OK;
}

etwkit_status etwkit_provider_write(const etwkit_provider *provider, const etwkit_event *event, const etwkit_data *data,
                                    size_t count) {
    if (!etwkit_provider_may_want(provider, event->level))
        return ETWKIT_OK;
    ek_registration *registration = __atomic_load_n(&provider->registration, __ATOMIC_ACQUIRE);
    uint32_t sessions = registration ? ek_load(&registration->sessions) : 0;
    etwkit_status status = ETWKIT_OK;
    if (EK_SERVES_ETW && sessions >> EK_SYSTEM_SLOT) {
        sessions &= ~(1u << EK_SYSTEM_SLOT);
        if (wants(&registration->slots[EK_SYSTEM_SLOT], event->level, event->keywords))
            status = ek_etw_write(registration, event, data, count);
    }
    outgoing out = {.registration = NULL};
    served_sessions served;
    served.count = 0;
    for (; sessions; sessions &= sessions - 1) {
        ek_slot *slot = &registration->slots[__builtin_ctz(sessions)];
        if (!wants(slot, event->level, event->keywords))
            continue;
        if (!out.registration) {
            const ek_thread_state *here = ek_thread_state_here();
            out = (outgoing){.registration = registration,
                             .event = event,
                             .data = data,
                             .count = count,
                             .activity = event->activity ? event->activity : &here->activity,
                             .process_id = here->process_id,
                             .thread_id = here->thread_id};
            measure(&out);
        }
        etwkit_status one = write_to(slot, &out, &served);
        status = one ? one : status;
    }
    return status;
}
