/* SPDX-License-Identifier: MIT */
/* Tables of interfaces by place. A trace may name places without end, so both tables have one. */
#include "sink/pcapng_interfaces.h"

#include "base/utf.h"

#include <string.h>

struct named {
    ek_interface_key key;
    const char *name;
};

void ek_pcapng_interfaces_init(ek_pcapng_interfaces *interfaces, const etwkit_allocator *allocator) {
    *interfaces = (ek_pcapng_interfaces){.allocator = *allocator, .seed = ek_hash_seed(interfaces)};
    ek_arena_init(&interfaces->arena, allocator);
    ek_table_init(&interfaces->numbers, allocator);
    ek_table_init(&interfaces->names, allocator);
}

void ek_pcapng_interfaces_free(ek_pcapng_interfaces *interfaces) {
    ek_table_free(&interfaces->numbers);
    ek_table_free(&interfaces->names);
    ek_arena_free(&interfaces->arena);
}

/* Both kinds of entries begin with their key. */
static bool same_key(const void *value, const void *key) {
    return memcmp(value, key, sizeof(ek_interface_key)) == 0;
}

static uint64_t hash_of(const ek_pcapng_interfaces *interfaces, const ek_interface_key *key) {
    return ek_hash(key, sizeof *key, interfaces->seed);
}

ek_pcapng_interface *ek_pcapng_interface_of(ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet) {
    ek_interface_key key = {file, packet->source, packet->link, packet->upper, packet->lower};
    uint64_t hash = hash_of(interfaces, &key);
    ek_pcapng_interface *found = ek_table_find(&interfaces->numbers, hash, same_key, &key);
    bool shared = !found && interfaces->numbers.count >= EK_INTERFACES_MOST;
    if (shared) {
        key = (ek_interface_key){UINT32_MAX, UINT32_MAX, packet->link, 0, 0};
        hash = hash_of(interfaces, &key);
        found = ek_table_find(&interfaces->numbers, hash, same_key, &key);
    }
    if (found)
        return found;
    ek_pcapng_interface *made = ek_arena_new(&interfaces->arena, sizeof *made);
    if (!made)
        return NULL;
    *made = (ek_pcapng_interface){key, EK_NOT_DESCRIBED, shared};
    return ek_table_add(&interfaces->numbers, hash, made) ? made : NULL;
}

/* One interface of a miniport and a switch on it have the same name, whatever the layer and the kind of packets. */
static ek_interface_key name_key(uint32_t file, const ek_packet *packet) {
    uint32_t source = packet->source == EK_PACKET_PKTMON ? EK_PACKET_PKTMON : EK_PACKET_NDIS;
    return (ek_interface_key){file, source, 0, packet->upper, 0};
}

void ek_packet_text_append(ek_buf *out, ek_packet_text text) {
    const size_t most = (size_t)EK_INTERFACE_NAME * 2;
    if (text.size)
        ek_utf16_append(out, text.utf16, text.size < most ? text.size : most);
}

/* "description (name)", or what there is of it. */
static const char *make_name(ek_pcapng_interfaces *interfaces, const ek_packet *packet) {
    ek_buf text;
    ek_buf_init(&text, &interfaces->allocator);
    ek_packet_text_append(&text, packet->description);
    bool both = packet->description.size && packet->name.size;
    if (both)
        ek_buf_text(&text, " (");
    ek_packet_text_append(&text, packet->name);
    if (both)
        ek_buf_text(&text, ")");
    char *made =
        text.failed ? NULL : ek_arena_text(&interfaces->arena, text.size ? (const char *)text.data : "", text.size);
    ek_buf_free(&text);
    return made;
}

bool ek_pcapng_interface_learn(ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet) {
    ek_interface_key key = name_key(file, packet);
    uint64_t hash = hash_of(interfaces, &key);
    if ((packet->name.size == 0 && packet->description.size == 0) || interfaces->names.count >= EK_INTERFACES_MOST ||
        ek_table_find(&interfaces->names, hash, same_key, &key))
        return true;
    struct named *named = ek_arena_new(&interfaces->arena, sizeof *named);
    if (!named)
        return false;
    *named = (struct named){key, make_name(interfaces, packet)};
    return named->name && ek_table_add(&interfaces->names, hash, named);
}

const char *ek_pcapng_interface_name(const ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet) {
    ek_interface_key key = name_key(file, packet);
    const struct named *found = ek_table_find(&interfaces->names, hash_of(interfaces, &key), same_key, &key);
    return found ? found->name : NULL;
}
