/* SPDX-License-Identifier: MIT */
/* Fuzz target: MS-XCA plain LZ77 in both directions, held against a decoder of one token at a time.
 *
 * Input: u16 room for what comes out, then the stream; the same bytes are then compressed and inflated again.
 */
#include "base/bytes.h"
#include "etl/inflate.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The reference: reads one token after another, each byte checked. */
typedef struct reference {
    const uint8_t *in, *end;
    const uint8_t *half; /* the byte whose high nibble is still to be used */
    uint8_t *out;
    size_t done, capacity;
    bool ended;
} reference;

static uint32_t number(reference *r, size_t size) {
    uint32_t value = 0;
    if ((size_t)(r->end - r->in) < size) {
        r->ended = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)r->in[i] << 8 * i;
    r->in += size;
    return value;
}

static uint32_t nibble(reference *r) {
    uint32_t value;
    if (r->half) {
        value = *r->half >> 4;
        r->half = NULL;
        return value;
    }
    r->half = r->in;
    value = number(r, 1) & 15;
    return value;
}

/* The length of a match whose three bits said 7. */
static uint64_t long_length(reference *r) {
    uint64_t length = nibble(r);
    if (length < 15)
        return length + 7 + 3;
    length = number(r, 1);
    if (length < 255)
        return length + 15 + 7 + 3;
    length = number(r, 2);
    if (length == 0)
        length = number(r, 4);
    if (length < 15 + 7)
        r->ended = true;
    return length + 3;
}

static void match(reference *r) {
    uint32_t token = number(r, 2);
    size_t distance = (token >> 3) + 1;
    uint64_t length = (token & 7) == 7 ? long_length(r) : (token & 7) + 3;
    if (r->ended || distance > r->done) {
        r->ended = true;
        return;
    }
    for (; length && r->done < r->capacity; length--, r->done++)
        r->out[r->done] = r->out[r->done - distance];
}

static size_t inflate_slowly(const uint8_t *stream, size_t size, uint8_t *out, size_t capacity) {
    reference r = {.in = stream, .end = stream + size, .out = out, .capacity = capacity};
    while (!r.ended && r.done < capacity) {
        uint32_t flags = number(&r, 4);
        for (int bit = 31; bit >= 0 && !r.ended && r.done < capacity; bit--) {
            if (flags >> bit & 1) {
                match(&r);
            } else {
                uint32_t literal = number(&r, 1);
                if (!r.ended)
                    out[r.done++] = (uint8_t)literal;
            }
        }
    }
    return r.done;
}

static void check_inflate(const uint8_t *stream, size_t size, size_t capacity) {
    uint8_t *out = fuzz_block(capacity), *expected = fuzz_block(capacity);
    memset(out, 0xA5, capacity);
    size_t got = ek_inflate(stream, size, out, capacity);
    FUZZ_CHECK(got <= capacity);
    size_t wanted = inflate_slowly(stream, size, expected, capacity);
    FUZZ_CHECK(got == wanted);
    FUZZ_CHECK(memcmp(out, expected, got) == 0);
    free(out);
    free(expected);
}

static void check_round_trip(const uint8_t *data, size_t size) {
    uint32_t *table = (uint32_t *)(void *)fuzz_block(EK_DEFLATE_TABLE * sizeof *table);
    size_t capacity = size + size / 8 + 16;
    uint8_t *stream = fuzz_block(capacity);
    size_t packed = ek_deflate(data, size, stream, capacity, table);
    FUZZ_CHECK(packed <= capacity && (packed != 0 || size == 0));
    if (packed) {
        uint8_t *exact = fuzz_copy(stream, packed), *out = fuzz_block(size), *less = fuzz_block(packed - 1);
        FUZZ_CHECK(ek_inflate(exact, packed, out, size) == size);
        FUZZ_CHECK(memcmp(out, data, size) == 0);
        FUZZ_CHECK(ek_deflate(data, size, exact, packed, table) == packed);
        FUZZ_CHECK(ek_deflate(data, size, less, packed - 1, table) == 0);
        free(exact);
        free(out);
        free(less);
    }
    free(stream);
    free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    size_t capacity = fuzz_u16(&input);
    uint8_t *stream = fuzz_copy(input.at, input.left);
    check_inflate(stream, input.left, capacity);
    check_round_trip(stream, input.left);
    free(stream);
    return 0;
}
