/* SPDX-License-Identifier: MIT */
/* Growing byte buffers with a sticky failure. */
#include "base/memory.h"

#include <string.h>

void ek_buf_init(ek_buf *buf, const etwkit_allocator *allocator) {
    *buf = (ek_buf){.allocator = *allocator};
}

void ek_buf_free(ek_buf *buf) {
    ek_release(&buf->allocator, buf->data);
    buf->data = NULL;
    buf->size = buf->capacity = 0;
    buf->failed = false;
}

bool ek_buf_grow(ek_buf *buf, size_t more) {
    void *data = buf->data;
    more += more == 0; /* so that there is a block, and a pointer into it */
    if (buf->failed || more > SIZE_MAX - buf->size ||
        !ek_grow(&buf->allocator, &data, &buf->capacity, buf->size + more, 1)) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    return true;
}

void ek_buf_append(ek_buf *buf, const void *data, size_t size) {
    uint8_t *at = ek_buf_reserve(buf, size);
    if (!at || !size)
        return;
    memcpy(at, data, size);
    buf->size += size;
}

void ek_buf_text(ek_buf *buf, const char *text) {
    ek_buf_append(buf, text, strlen(text));
}

void ek_buf_byte(ek_buf *buf, uint8_t byte) {
    uint8_t *at = ek_buf_reserve(buf, 1);
    if (!at)
        return;
    *at = byte;
    buf->size++;
}
