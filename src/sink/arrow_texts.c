/* SPDX-License-Identifier: MIT */
/* The texts of a dictionary: each once, numbered as they come. */
#include "sink/arrow_column.h"

typedef struct text_key {
    const ek_arrow_texts *texts;
    const char *text;
    size_t size;
} text_key;

void ek_arrow_texts_init(ek_arrow_texts *texts, const etwkit_allocator *allocator) {
    ek_table_init(&texts->numbers, allocator);
    ek_buf_init(&texts->bytes, allocator);
    ek_buf_init(&texts->offsets, allocator);
}

void ek_arrow_texts_free(ek_arrow_texts *texts) {
    ek_table_free(&texts->numbers);
    ek_buf_free(&texts->bytes);
    ek_buf_free(&texts->offsets);
}

void ek_arrow_texts_clear(ek_arrow_texts *texts) {
    ek_table_clear(&texts->numbers);
    texts->bytes.size = texts->offsets.size = 0;
    texts->bytes.failed = texts->offsets.failed = false;
}

static bool is_text(const void *value, const void *wanted) {
    const text_key *key = wanted;
    const uint8_t *ends = key->texts->offsets.data + 4 * (uintptr_t)value; /* numbers from 1 stand for pointers */
    size_t from = ek_load32(ends - 4), size = ek_load32(ends) - from;
    return size == key->size && (size == 0 || memcmp(key->texts->bytes.data + from, key->text, size) == 0);
}

int32_t ek_arrow_texts_number(ek_arrow_texts *texts, const char *text, size_t size) {
    text_key key = {texts, text, size};
    uint64_t hash = ek_hash(text, size, ek_hash_seed(texts));
    uintptr_t found = (uintptr_t)ek_table_find(&texts->numbers, hash, is_text, &key);
    if (found)
        return (int32_t)(found - 1);
    uint8_t *at = ek_buf_reserve(&texts->offsets, 8);
    uint8_t *copy = ek_buf_reserve(&texts->bytes, size + 1); /* so that even one empty text has an address */
    uintptr_t number = texts->offsets.size ? texts->offsets.size / 4 : 1;
    if (!at || !copy)
        return -1;
    /* Listed only once it can be found: where memory runs out in between, nothing has changed. */
    size_t before = texts->offsets.size;
    if (before == 0) {
        ek_store32(at, 0);
        at += 4;
        texts->offsets.size = 4;
    }
    if (!ek_table_add(&texts->numbers, hash, (void *)number)) { /* NOLINT(performance-no-int-to-ptr) */
        texts->offsets.size = before;
        texts->bytes.failed = true;
        return -1;
    }
    memcpy(copy, text, size);
    texts->bytes.size += size;
    ek_store32(at, (uint32_t)texts->bytes.size);
    texts->offsets.size += 4;
    return (int32_t)(number - 1);
}
