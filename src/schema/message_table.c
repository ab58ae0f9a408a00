/* SPDX-License-Identifier: MIT */
/* Reads message tables. Knows their bytes (docs/format/wevt.md), not which numbers mean what. */
#include "schema/message_table.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/sort.h"
#include "base/utf.h"

enum {
    HEAD_SIZE = 4,   /* number of blocks */
    BLOCK_SIZE = 12, /* lowest and highest number, offset of its entries */
    ENTRY_HEAD = 4,  /* length of all, flags */
    FLAG_UTF16 = 1
};

void ek_message_table_init(ek_message_table *table, const etwkit_allocator *allocator) {
    *table = (ek_message_table){0};
    ek_arena_init(&table->arena, allocator);
}

void ek_message_table_free(ek_message_table *table) {
    etwkit_allocator allocator = table->arena.allocator;
    ek_release(&allocator, table->list);
    ek_release(&allocator, table->order);
    ek_arena_free(&table->arena);
    ek_message_table_init(table, &allocator);
}

static bool add(ek_message_table *table, const ek_message *message) {
    void *list = table->list;
    if (!ek_grow(&table->arena.allocator, &list, &table->capacity, table->count + 1, sizeof *table->list))
        return false;
    table->list = list;
    table->list[table->count++] = *message;
    table->bytes += message->size;
    return true;
}

/* A resource being added. `left`: bytes that its entries may still take, so that blocks that share entries do not
 * multiply them. */
typedef struct addition {
    const uint8_t *data;
    size_t size;
    size_t left;
} addition;

static etwkit_status damaged(etwkit_error *error, const char *what) {
    return ek_fail(error, ETWKIT_E_DAMAGED, "message table: %s", what);
}

static etwkit_status add_block(ek_message_table *table, addition *from, const uint8_t *block, etwkit_error *error) {
    uint32_t low = ek_load32(block), high = ek_load32(block + 4);
    size_t at = ek_load32(block + 8);
    if (high < low)
        return damaged(error, "a block ends before it begins");
    for (uint64_t id = low; id <= high; id++) {
        if (at > from->size || from->size - at < ENTRY_HEAD)
            return damaged(error, "a text lies outside of it");
        size_t size = ek_load16(from->data + at);
        if (size < ENTRY_HEAD || size > from->size - at)
            return damaged(error, "a text lies outside of it");
        if (size > from->left)
            return damaged(error, "its texts overlap");
        if (table->count == EK_MAX_MESSAGES)
            return damaged(error, "there are too many texts");
        from->left -= size;
        ek_message message = {.text = from->data + at + ENTRY_HEAD,
                              .id = (uint32_t)id,
                              .size = (uint16_t)(size - ENTRY_HEAD),
                              .is_utf16 = ek_load16(from->data + at + 2) == FLAG_UTF16};
        if (!add(table, &message))
            return ek_fail_memory(error);
        at += size;
    }
    return ETWKIT_OK;
}

etwkit_status ek_message_table_add(ek_message_table *table, const void *data, size_t size, etwkit_error *error) {
    addition from = {data, size, size};
    etwkit_status result = ETWKIT_OK;
    ek_release(&table->arena.allocator, table->order);
    table->order = NULL;
    size_t count = size < HEAD_SIZE ? 0 : ek_load32(from.data);
    if (size < HEAD_SIZE || count > (size - HEAD_SIZE) / BLOCK_SIZE)
        return damaged(error, "it announces more blocks than it holds");
    for (size_t i = 0; i < count; i++) {
        /* One error tells of all. */
        etwkit_status status = add_block(table, &from, from.data + HEAD_SIZE + i * BLOCK_SIZE, result ? NULL : error);
        if (status == ETWKIT_E_NO_MEMORY)
            return ek_fail_memory(error);
        result = result ? result : status;
    }
    return result;
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_message *list = context;
    return list[a].id != list[b].id ? list[a].id < list[b].id : a < b;
}

static bool make_order(ek_message_table *table) {
    if (table->order)
        return true;
    table->order = ek_alloc(&table->arena.allocator, table->count * sizeof *table->order);
    if (!table->order)
        return false;
    for (uint32_t i = 0; i < table->count; i++)
        table->order[i] = i;
    ek_sort_indexes(table->order, table->count, is_before, table->list);
    return true;
}

/* The text without NULs, line ends and blanks behind it. */
static bool decode(ek_message_table *table, ek_message *message) {
    ek_buf out;
    bool terminated;
    ek_buf_init(&out, &table->arena.allocator);
    if (message->is_utf16)
        ek_utf16_append(&out, message->text, ek_utf16_length(message->text, message->size, &terminated));
    else {
        const uint8_t *nul = memchr(message->text, 0, message->size);
        ek_ansi_append(&out, message->text, nul ? (size_t)(nul - message->text) : message->size, false);
    }
    while (out.size && strchr(" \t\r\n", out.data[out.size - 1]))
        out.size--;
    if (!out.failed)
        message->utf8 = ek_arena_text(&table->arena, out.size ? (const char *)out.data : "", out.size);
    ek_buf_free(&out);
    return message->utf8 != NULL;
}

etwkit_status ek_message_table_find(ek_message_table *table, uint32_t id, const char **text, etwkit_error *error) {
    size_t low = 0, high = table->count;
    *text = NULL;
    if (id == EK_NO_MESSAGE || !high)
        return ETWKIT_OK;
    if (!make_order(table))
        return ek_fail_memory(error);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->list[table->order[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == table->count || table->list[table->order[low]].id != id)
        return ETWKIT_OK;
    ek_message *message = &table->list[table->order[low]];
    if (!message->utf8 && !decode(table, message))
        return ek_fail_memory(error);
    *text = message->utf8;
    return ETWKIT_OK;
}
